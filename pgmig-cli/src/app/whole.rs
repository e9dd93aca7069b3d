//! The commands as a whole program: an app's migrator in one line.

use std::process::ExitCode;

use clap::Parser;
use pgmig_runtime::{Migrations, Migrator};

use super::completions::{Completions, completions};
use super::{Command, Exit};

/// Apply the migrations that this binary carries
#[derive(Parser)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Exit codes: 0 done, 1 a migration failed, 2 usage, 3 the database cannot be reached, 4 the database
and the binary disagree, 5 a lock was held for too long, 6 some tenants failed, 10 (status --check)
something is left to apply, 11 (verify) a schema is not what its migrations make, 130 interrupted."
)]
struct Whole {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    #[command(flatten)]
    Migrate(Command),
    Completions(Completions),
}

/// A whole program: reads the command line, runs the command, prints. For a binary that only
/// migrates; an app with commands of its own flattens [`Command`] into them.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// // In an app: `fn main() -> ExitCode { pgmig::cli::run(&MIGRATIONS) }`
/// fn main_of(migrations: &'static pgmig_runtime::Migrations) -> ExitCode {
///     pgmig_cli::run(migrations)
/// }
/// ```
///
/// Ctrl-C stops between two statements and leaves each schema at a migration boundary.
pub fn run(migrations: &'static Migrations) -> ExitCode {
    run_with(&Migrator::new(migrations))
}

/// [`run`] with a [`Migrator`] that has settings.
pub fn run_with(migrator: &Migrator) -> ExitCode {
    let command = match Whole::parse().task {
        Task::Migrate(command) => command,
        Task::Completions(Completions { shell }) => {
            // Whoever reads it may have seen enough; else the exit code says it.
            return match completions::<Whole>(shell, &mut std::io::stdout()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => Exit::Failed.into(),
            };
        }
    };
    command.run_blocking(migrator).into()
}
