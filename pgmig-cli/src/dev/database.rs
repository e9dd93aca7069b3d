//! The database commands of an app, run from its folder: the same commands, the same runner, the
//! same answers and exit codes. Only the migrations are read now instead of when the app was built.

use pgmig_cli::Command;
use pgmig_core::{Folder, Severity};
use pgmig_runtime::Migrator;
use std::process::ExitCode;

use super::embed::{embed, embed_whole};
use super::host::elsewhere;
use super::place::Place;

/// What an app says to its migrator in code.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "As the app's Migrator is set")]
pub(super) struct Settings {
    /// The ledger's schema
    #[arg(long, value_name = "SCHEMA", default_value = "pgmig")]
    ledger_schema: String,

    /// The query that lists the tenants by their UUID [default: the active ones of public.tenants]
    #[arg(long, value_name = "SQL")]
    tenants_query: Option<String>,

    /// The name of a tenant's schema; {id} stands for the 32 digits of its UUID, {uuid} for all of it
    #[arg(long, value_name = "NAME", default_value = "tenant_{id}", value_parser = name)]
    tenant_schema: String,

    /// Run drafts although the database is not on this machine
    #[arg(long)]
    allow_drafts: bool,
}

fn name(pattern: &str) -> Result<String, String> {
    match pattern.contains("{id}") || pattern.contains("{uuid}") {
        true => Ok(pattern.to_owned()),
        false => Err("all tenants would share it: {id} or {uuid} has to be in it".to_owned()),
    }
}

/// The command line, with the settings on each command of an app, and its examples as they are
/// typed here.
pub(super) fn with_settings(cli: clap::Command) -> clap::Command {
    use clap::{Args as _, Subcommand as _};
    let app = Command::augment_subcommands(clap::Command::new("app"));
    let names = app.get_subcommands().map(clap::Command::get_name);
    names.fold(cli, |cli, name| {
        cli.mut_subcommand(name, |command| {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let about = command.get_about().cloned().unwrap_or_default();
            // What is said of the settings would take the place of what the command is.
            Settings::augment_args(command)
                .about(about)
                .long_about(None)
                .after_help(help.replace("\n  app ", "\n  cargo pgmig "))
        })
    })
}

/// Runs a command. A folder with mistakes is no list of migrations.
pub(super) fn run(command: &Command, settings: &Settings, place: &Place) -> ExitCode {
    let loaded = place.load();
    let problems = loaded.problems.iter();
    let wrong: Vec<String> = problems
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.render())
        .collect();
    if !wrong.is_empty() {
        return command.tell(Err(pgmig_cli::Error::Folder(wrong))).into();
    }
    let drafts = drafts(&loaded.folder, &place.shown);
    let common = command.common();
    let url = common.and_then(|common| common.database_url.as_deref());
    let default = std::env::var("PGHOST").ok();
    let host = url.and_then(|url| elsewhere(url, default.as_deref()));
    if let Some(host) = host.filter(|_| writes(command) && !settings.allow_drafts)
        && !drafts.is_empty()
    {
        let refused = pgmig_cli::Error::Drafts { drafts, host };
        return command.tell(Err(refused)).into();
    }
    let migrations = match command {
        Command::Export(_) => embed_whole(&loaded.folder, &place.shown),
        _ => Ok(embed(&loaded.folder, &place.shown)),
    };
    match migrations {
        Ok(migrations) => command.run_blocking(&settings.migrator(migrations)).into(),
        Err(error) => command
            .tell(Err(pgmig_cli::Error::Folder(vec![error.to_string()])))
            .into(),
    }
}

impl Settings {
    fn migrator(&self, migrations: &'static pgmig_runtime::Migrations) -> Migrator {
        let mut migrator = Migrator::new(migrations).ledger_schema(&self.ledger_schema);
        if let Some(query) = &self.tenants_query {
            migrator = migrator.tenants(query);
        }
        if self.tenant_schema != "tenant_{id}" {
            let pattern = self.tenant_schema.clone();
            migrator = migrator.tenant_schema(move |tenant| {
                let digits = tenant.simple().to_string();
                pattern
                    .replace("{id}", &digits)
                    .replace("{uuid}", &tenant.to_string())
            });
        }
        migrator
    }
}

/// The files of the drafts. `shown` is the folder as it is told.
fn drafts(folder: &Folder, shown: &str) -> Vec<String> {
    let all = folder
        .public
        .iter()
        .chain(&folder.drizzle)
        .chain(&folder.tenant);
    let drafts = all.filter(|migration| !migration.locked);
    drafts
        .map(|migration| format!("{shown}/{}", migration.up.path))
        .collect()
}

/// Whether a command applies migrations of the folder, or records them.
fn writes(command: &Command) -> bool {
    !matches!(
        command,
        Command::Status(_)
            | Command::Plan(_)
            | Command::Verify(_)
            | Command::Rollback(_)
            | Command::Export(_)
    )
}
