//! `cargo pgmig baseline`: the locked migrations become one script that makes the same at once.
//!
//! They are replayed on a real server, twice, so that what is another each time can be told (the
//! time, a random key); one replay is dumped; and a third database begins with the baseline that
//! came of it. Only where that has the same objects and the same rows is anything written.

mod contents;
mod replay;

use super::embed::embed;
use pgmig_core::baseline::{Anew, Dump, once_a_server};
use pgmig_core::{Baseline as Script, Folder, Migration, Problem, Scope, edit};

use self::contents::shown;
use self::replay::{Kind, Replay};
use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;
use super::server::{ServerArgs, block_on};
use super::{Outcome, say};

/// Flatten the locked migrations into one script, with which new schemas begin
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig baseline            of public
  cargo pgmig baseline --tenant   of every tenant

The migrations are replayed in databases that are made for it, and pg_dump tells what they made,
rows included. The baseline is written once it is proved to make the same, and locked with all that
it flattens. Schemas that exist never see it; their migrations have to stay where they are.")]
pub(super) struct Baseline {
    /// Of the tenant scope; otherwise of public
    #[arg(long)]
    tenant: bool,

    #[command(flatten)]
    server: ServerArgs,
}

impl Baseline {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let loaded = place.load();
        let scope = if self.tenant {
            Scope::Tenant
        } else {
            Scope::Public
        };
        let flattened = match edit::flattened(&loaded, scope) {
            Ok(flattened) => flattened,
            Err(error) => return carry_out(Err(error)),
        };
        let making = Making {
            folder: &loaded.folder,
            shown: &place.shown,
            scope,
            flattened,
        };
        let (text, anew) = match block_on(making.script(&self.server)) {
            Ok(made) => made,
            Err(Error::Edit(error)) => return carry_out(Err(error)),
            Err(error) => return Err(error),
        };
        let mut plan = edit::baseline(&loaded, scope, &text);
        if let Ok(plan) = &mut plan {
            let what = say::count(flattened.len(), "migration");
            plan.notes.push(format!("a new schema gets {what} at once"));
            plan.notes.extend(anew.iter().map(told));
        }
        carry_out(plan)
    }
}

fn told(anew: &Anew) -> String {
    let Anew {
        schema,
        table,
        column,
        rows,
    } = anew;
    let table = shown(schema, table);
    let rows = say::count(rows.len(), "row");
    format!("{table}.{column} is another each time: in {rows} it becomes the column's default")
}

/// What is made.
struct Making<'a> {
    folder: &'a Folder,
    shown: &'a str,
    scope: Scope,
    flattened: &'a [Migration],
}

impl Making<'_> {
    /// The text of the baseline, proved, and the values in it that each schema makes anew.
    async fn script(&self, server: &ServerArgs) -> Result<(String, Vec<Anew>), Error> {
        let Some(newest) = self.flattened.last() else {
            let scope = self.scope;
            return Err(pgmig_core::Error::NothingLocked { scope }.into());
        };
        let mut folder = self.locked();
        let migrations = embed(&folder, self.shown);
        let name = replay::schema(self.scope);
        let of = |kind, migrations| Replay::of(server, migrations, self.scope, &name, kind);
        let replayed = of(Kind::Migrations, migrations).await?;
        let again = of(Kind::Migrations, migrations).await?;
        let anew = replayed.anew(&again).await?;
        let dumped = replayed.dump()?;
        let dump = Dump {
            text: &dumped.text,
            scope: self.scope,
            schema: &name,
            owner: &dumped.owner,
            anew: &anew,
        };
        let script = dump.script().map_err(pgmig_core::Error::Problems)?;
        let head = self.head(newest, &dumped.program);
        let text = head + &once_a_server(self.flattened) + script.trim_start();
        folder.baselines = vec![Script::new(newest, &text)];
        let begun = of(Kind::Baseline, embed(&folder, self.shown)).await;
        let begun = begun.map_err(|error| self.not_made(error, &text))?;
        let differences = replayed.differences(&begun, &anew).await?;
        match differences.is_empty() {
            true => Ok((text, anew)),
            false => Err(Error::NotTheSame {
                scope: self.scope,
                differences,
            }),
        }
    }

    /// The folder without what a baseline does not come of: drafts, and what comes after.
    fn locked(&self) -> Folder {
        let mut folder = self.folder.clone();
        folder.baselines.clear();
        for migrations in [&mut folder.public, &mut folder.drizzle, &mut folder.tenant] {
            migrations.retain(|migration| migration.locked);
        }
        // Repeatable migrations come after all others, after a baseline too. A tenant's may use what
        // those of public make.
        folder.repeatable.retain(|one| one.scope != self.scope);
        if self.scope == Scope::Public {
            folder.drizzle.clear();
            folder.tenant.clear();
            folder.repeatable.clear();
        }
        folder
    }

    fn head(&self, newest: &Migration, program: &str) -> String {
        let (scope, version) = (self.scope, &newest.version);
        let tenant = match scope {
            Scope::Tenant => " --tenant",
            Scope::Public | Scope::Drizzle => "",
        };
        format!(
            "-- Baseline of {scope}: what its migrations up to version {version} make, at once.\n\
             -- Made by `cargo pgmig baseline{tenant}` with {program}.\n\
             -- Do not edit it: what it makes was compared with what they make, and the lock file has it.\n\n"
        )
    }

    /// A baseline that cannot be run is told with the text that the error points into, which is
    /// nowhere on disk.
    fn not_made(&self, error: Error, text: &str) -> Error {
        let Error::Migrate(pgmig_runtime::Error::Statement(error)) = &error else {
            return error;
        };
        let lines = text.split_inclusive('\n').take(error.line.unwrap_or(1) - 1);
        let start: usize = lines.map(str::len).sum();
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let path = self
            .folder
            .shown(self.shown, &format!("baseline/{}.sql", self.scope));
        let title = "what pg_dump wrote cannot be run again";
        let problem = Problem::error("unfit-for-baseline", path, title)
            .at(text, start..end)
            .note(format!("{} (sqlstate {})", error.message, error.sqlstate))
            .note("nothing was written");
        pgmig_core::Error::Problems(vec![problem]).into()
    }
}
