//! `cargo pgmig diff`: what lies between two versions, by what PostgreSQL makes of the migrations.

use pgmig_core::{Folder, Migration, Version};
use pgmig_runtime::{
    Change, Description, Difference, Drift, FingerprintOptions, Migrator, Uuid, describe,
};
use serde::Serialize;
use sqlx::PgPool;

use super::embed::embed;
use super::error::Error;
use super::place::Place;
use super::server::{ServerArgs, block_on};
use super::{Outcome, say};

/// Show what the migrations change between two versions
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig diff 3 7              what the migrations after 3, up to 7, change in public
  cargo pgmig diff 0 7 --tenant     all that a tenant has at version 7
  cargo pgmig diff 7 3              the way back
  cargo pgmig diff 3 --sql          up to the newest, as statements where there is one way
  cargo pgmig diff 3 7 --json

Both are made by running the migrations in a database of its own, and compared by PostgreSQL's
catalog: what is told is what there is, whatever the statements were. Rows are not looked at.")]
pub(super) struct Diff {
    /// The version to begin at; 0 is before all
    #[arg(value_name = "FROM")]
    from: String,

    /// The version to end at [default: the newest]
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// The schema of a tenant, instead of public
    #[arg(long)]
    tenant: bool,

    /// Write the statements that lead from the one to the other, and the rest as comments
    #[arg(long, conflicts_with = "json")]
    sql: bool,

    /// One JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerArgs,
}

/// What a tenant's schema is called where it is tried out.
const TENANT: &str = "tenant";

impl Diff {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let Some(folder) = place.sound() else {
            return Ok(Outcome::Wrong);
        };
        let list = self.list(&folder);
        let from = self.count(list, &self.from)?;
        let to = match &self.to {
            Some(to) => self.count(list, to)?,
            None => list.len(),
        };
        let name = |count: usize| match count.checked_sub(1).and_then(|last| list.get(last)) {
            Some(migration) => migration.version.to_string(),
            None => "0".to_owned(),
        };
        let (told_from, told_to) = (name(from), name(to));
        let drift = block_on(self.compare(place, &folder, [from, to]))?;
        let differences = drift.iter().flat_map(|drift| &drift.differences);
        if self.json {
            let answer = Answer {
                scope: self.scope(),
                from: told_from,
                to: told_to,
                changes: differences.map(Told::new).collect(),
                statements: drift.as_ref().map(Drift::repair).unwrap_or_default(),
            };
            say::json(&answer)?;
        } else if self.sql {
            self.tell_statements(drift.as_ref(), &told_from, &told_to);
        } else {
            let scope = self.scope();
            say::line(&format!("{scope}: from version {told_from} to {told_to}"));
            differences.for_each(|difference| say::line(&line(difference)));
            if drift.is_none() {
                say::line("  nothing changes");
            }
        }
        Ok(Outcome::Done)
    }

    fn scope(&self) -> &'static str {
        if self.tenant { "tenant" } else { "public" }
    }

    fn list<'f>(&self, folder: &'f Folder) -> &'f [Migration] {
        if self.tenant {
            &folder.tenant
        } else {
            &folder.public
        }
    }

    /// How many migrations a version stands for.
    fn count(&self, list: &[Migration], version: &str) -> Result<usize, Error> {
        let wanted = Version::parse(version);
        let found = list
            .iter()
            .position(|one| Some(&one.version) == wanted.as_ref());
        if let Some(found) = found {
            return Ok(found + 1);
        }
        if version.chars().all(|digit| digit == '0') {
            return Ok(0);
        }
        let help = match (list.first(), list.last()) {
            (Some(first), Some(last)) => {
                format!(
                    "its versions go from {} to {}; 0 is before all",
                    first.version, last.version
                )
            }
            _ => "it has no migrations".to_owned(),
        };
        let (version, scope) = (version.to_owned(), self.scope());
        Err(Error::NoVersion {
            version,
            scope,
            help,
        })
    }

    /// Runs the migrations up to the lower version, looks, and goes on to the higher one.
    async fn compare(
        &self,
        place: &Place,
        folder: &Folder,
        [from, to]: [usize; 2],
    ) -> Result<Option<Drift>, Error> {
        let database = self.server.database().await?;
        let pool = database.pool();
        let low = self.at(place, folder, &pool, from.min(to)).await?;
        let high = self.at(place, folder, &pool, from.max(to)).await?;
        let (from, to) = if from <= to { (low, high) } else { (high, low) };
        Ok(Drift::between(&to, &from))
    }

    /// What there is after so many migrations.
    async fn at(
        &self,
        place: &Place,
        folder: &Folder,
        pool: &PgPool,
        count: usize,
    ) -> Result<Description, Error> {
        let mut folder = folder.clone();
        // A baseline would take a schema past the version, and what is repeatable belongs to none.
        folder.baselines.clear();
        folder.repeatable.clear();
        match self.tenant {
            true => folder.tenant.truncate(count),
            false => {
                folder.public.truncate(count);
                folder.drizzle.clear();
            }
        }
        let migrator = Migrator::new(embed(&folder, &place.shown));
        let migrator = migrator.tenant_schema(|_| TENANT.to_owned());
        migrator.run_public(pool).await?;
        if self.tenant {
            migrator.run_tenant(pool, Uuid::nil()).await?;
        }
        let schema = if self.tenant { TENANT } else { "public" };
        Ok(describe(pool, schema, &FingerprintOptions::new().exact(true)).await?)
    }

    fn tell_statements(&self, drift: Option<&Drift>, from: &str, to: &str) {
        say::line(&format!("-- {}: from version {from} to {to}", self.scope()));
        let Some(drift) = drift else {
            return say::line("-- nothing changes");
        };
        let open = drift.differences.iter().filter(|one| one.repair.is_empty());
        for difference in open {
            let told = line(difference).replace('\n', "\n-- ");
            say::line(&format!("-- by hand: {}", told.trim_start()));
        }
        for statement in drift.repair() {
            say::line(&format!("{statement};"));
        }
    }
}

/// A change as a line: `+` is new, `-` is gone, `~` is another.
fn line(difference: &Difference) -> String {
    let (kind, object) = (&difference.kind, &difference.object);
    let space = if object.is_empty() { "" } else { " " };
    match &difference.change {
        Change::Missing => format!("  + {kind}{space}{object}"),
        Change::Unexpected => format!("  - {kind}{space}{object}"),
        Change::Different {
            attribute,
            expected,
            actual,
        } => {
            let value = |value: &Option<String>| match value {
                Some(value) => value.clone(),
                None => "none".to_owned(),
            };
            let (was, is) = (value(actual), value(expected));
            match was.contains('\n') || is.contains('\n') {
                true => format!("  ~ {kind}{space}{object}: {attribute} is another"),
                false => format!("  ~ {kind}{space}{object}: {attribute} {was} -> {is}"),
            }
        }
    }
}

/// The JSON document.
#[derive(Serialize)]
struct Answer<'a> {
    scope: &'static str,
    from: String,
    to: String,
    changes: Vec<Told<'a>>,
    /// All statements, in an order that works.
    statements: Vec<&'a str>,
}

/// A change in it.
#[derive(Serialize)]
struct Told<'a> {
    change: &'static str,
    kind: &'a str,
    object: &'a str,
    attribute: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    /// Its own statements; none where there is more than one way, or data would be lost.
    statements: &'a [String],
}

impl<'a> Told<'a> {
    fn new(difference: &'a Difference) -> Self {
        let (change, attribute, from, to) = match &difference.change {
            Change::Missing => ("added", None, None, None),
            Change::Unexpected => ("removed", None, None, None),
            Change::Different {
                attribute,
                expected,
                actual,
            } => (
                "changed",
                Some(attribute.as_str()),
                actual.as_deref(),
                expected.as_deref(),
            ),
        };
        Told {
            change,
            kind: &difference.kind,
            object: &difference.object,
            attribute,
            from,
            to,
            statements: &difference.repair,
        }
    }
}
