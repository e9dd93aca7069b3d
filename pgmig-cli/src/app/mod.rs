//! The database commands, one a file.

mod adopt;
mod among;
mod answer;
mod common;
mod completions;
mod error;
mod exit;
mod export;
mod fleet;
mod human;
mod page;
mod paint;
mod plan;
mod progress;
mod public;
mod repair;
mod rollback;
mod setup;
mod status;
mod tenant;
mod verify;
mod whole;

use std::io::{ErrorKind, Write as _};

use pgmig_runtime::Migrator;

pub use adopt::Adopt;
pub use among::Among;
pub use answer::Answer;
pub use common::Common;
pub use completions::{Shell, completions};
pub use error::Error;
pub use exit::Exit;
pub use export::{Export, Exported};
pub use plan::Plan;
pub use public::Public;
pub use repair::Repair;
pub use rollback::Rollback;
pub use setup::Setup;
pub use status::Status;
pub use tenant::Tenant;
pub use verify::Verify;
pub use whole::{run, run_with};

/// The database commands, as subcommands of clap: to be flattened into an app's own, or put under
/// a subcommand of it.
///
/// ```
/// # use clap::Parser as _;
/// #[derive(clap::Parser)]
/// enum Cli {
///     /// Serve HTTP
///     Serve,
///     #[command(flatten)]
///     Migrate(pgmig_cli::Command),
/// }
///
/// let cli = Cli::parse_from(["shop", "tenant", "6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11"]);
/// assert!(matches!(cli, Cli::Migrate(pgmig_cli::Command::Tenant(_))));
/// ```
#[derive(clap::Subcommand, Clone, Debug)]
#[non_exhaustive]
pub enum Command {
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Public(Public),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Tenant(Tenant),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Setup(Setup),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Status(Status),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Plan(Plan),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Verify(Verify),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Rollback(Rollback),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Repair(Repair),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Adopt(Adopt),
    #[allow(
        missing_docs,
        reason = "documented where it is defined; clap shows that text"
    )]
    Export(Export),
}

impl Command {
    /// Does what the command says and returns what it did or found.
    ///
    /// # Errors
    ///
    /// Where no database is named, it cannot be reached, or the migrator fails: [`Error`].
    pub async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let answer = match self {
            Command::Public(public) => public.answer(migrator).await,
            Command::Tenant(tenant) => tenant.answer(migrator).await,
            Command::Setup(setup) => setup.answer(migrator).await,
            Command::Status(status) => status.answer(migrator).await,
            Command::Plan(plan) => plan.answer(migrator).await,
            Command::Verify(verify) => verify.answer(migrator).await,
            Command::Rollback(rollback) => rollback.answer(migrator).await,
            Command::Repair(repair) => repair.answer(migrator).await,
            Command::Adopt(adopt) => adopt.answer(migrator).await,
            Command::Export(export) => export.answer(migrator),
        };
        answer.map_err(|error| error.with_server(self.common()))
    }

    /// Does what the command says and prints what it did or found: as text, in colour on a
    /// terminal unless `NO_COLOR` is set, or as JSON. An error goes to standard error, with
    /// `--json` to standard output as JSON.
    ///
    /// ```no_run
    /// # async fn example(command: pgmig_cli::Command, migrator: pgmig_runtime::Migrator) {
    /// let exit = command.run(&migrator).await;
    /// std::process::exit(exit.code().into());
    /// # }
    /// ```
    pub async fn run(&self, migrator: &Migrator) -> Exit {
        let answer = self.answer(migrator).await;
        self.tell(answer)
    }

    /// [`run`](Self::run) for a program that is not asynchronous itself. Ctrl-C stops it between two
    /// statements and leaves each schema at a migration boundary.
    ///
    /// ```no_run
    /// # fn example(command: pgmig_cli::Command, migrator: pgmig_runtime::Migrator) -> std::process::ExitCode {
    /// command.run_blocking(&migrator).into()
    /// # }
    /// ```
    pub fn run_blocking(&self, migrator: &Migrator) -> Exit {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let answer = match runtime {
            Ok(runtime) => runtime.block_on(async {
                tokio::select! {
                    answer = self.answer(migrator) => answer,
                    Ok(()) = tokio::signal::ctrl_c() => Err(Error::Interrupted),
                }
            }),
            Err(error) => Err(Error::Start(error)),
        };
        self.tell(answer)
    }

    /// Prints an answer or an error as [`run`](Self::run) does, for whoever has called
    /// [`answer`](Self::answer).
    ///
    /// ```no_run
    /// # async fn example(command: pgmig_cli::Command, migrator: pgmig_runtime::Migrator) {
    /// let answer = command.answer(&migrator).await;
    /// let exit = command.tell(answer);
    /// # let _ = exit; }
    /// ```
    pub fn tell(&self, answer: Result<Answer, Error>) -> Exit {
        let told = answer.and_then(|answer| {
            let text = match self.is_json() {
                true => json(&answer)?,
                false => format!("{answer:#}"),
            };
            print(&text)?;
            Ok(self.exit(&answer))
        });
        told.unwrap_or_else(|error| self.fail(&error))
    }

    fn fail(&self, error: &Error) -> Exit {
        // Where even this cannot be written, the exit code still says it.
        let _ = match self.is_json() {
            true => json(&error.json()).and_then(|text| print(&text)),
            false => {
                let bad = paint::BAD;
                writeln!(anstream::stderr(), "{bad}error{bad:#}: {error}").map_err(Error::Output)
            }
        };
        error.exit()
    }

    fn exit(&self, answer: &Answer) -> Exit {
        match self {
            Command::Status(status) if status.check && answer.is_behind() => Exit::Behind,
            _ if answer.is_drifted() => Exit::Drifted,
            _ if answer.is_troubled() => Exit::Partly,
            _ => Exit::Done,
        }
    }

    fn is_json(&self) -> bool {
        match self {
            Command::Export(export) => export.json,
            _ => self.common().is_some_and(|common| common.json),
        }
    }

    /// The database, and how to answer; `None` for a command that needs no database.
    ///
    /// ```
    /// # use clap::Parser as _;
    /// # #[derive(clap::Parser)]
    /// # enum Cli { #[command(flatten)] Migrate(pgmig_cli::Command) }
    /// let Cli::Migrate(command) = Cli::parse_from(["shop", "status", "--json"]);
    /// assert!(command.common().is_some_and(|common| common.json));
    /// ```
    pub fn common(&self) -> Option<&Common> {
        Some(match self {
            Command::Public(public) => &public.common,
            Command::Tenant(tenant) => &tenant.common,
            Command::Setup(setup) => &setup.common,
            Command::Status(status) => &status.common,
            Command::Plan(plan) => &plan.common,
            Command::Verify(verify) => &verify.common,
            Command::Rollback(rollback) => &rollback.common,
            Command::Repair(repair) => &repair.common,
            Command::Adopt(adopt) => &adopt.common,
            Command::Export(_) => return None,
        })
    }
}

fn json(document: &impl serde::Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(document).map_err(Error::Json)?;
    Ok(text + "\n")
}

/// Writes to standard output. Whoever reads it may have seen enough (`app plan | head`).
fn print(text: &str) -> Result<(), Error> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}
