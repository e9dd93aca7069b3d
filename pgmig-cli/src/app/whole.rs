//! The commands as a whole program: an app's migrator in one line.

use std::process::ExitCode;

use clap::Parser;
use pgmig_runtime::{Migrations, Migrator};

use super::{Command, Error};

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
    command: Command,
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
    let Whole { command } = Whole::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let answer = match runtime {
        Ok(runtime) => runtime.block_on(async {
            tokio::select! {
                answer = command.answer(migrator) => answer,
                Ok(()) = tokio::signal::ctrl_c() => Err(Error::Interrupted),
            }
        }),
        Err(error) => Err(Error::Start(error)),
    };
    command.tell(answer).into()
}
