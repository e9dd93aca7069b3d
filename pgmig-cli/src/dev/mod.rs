//! The development commands, one a file. Each is thin: what a folder is and what is to be done to
//! it is decided in pgmig-core, with the macro; here it is done and told.

mod baseline;
mod carry_out;
mod check;
mod database;
mod diagram;
mod diff;
mod drizzle;
mod embed;
mod error;
mod explain;
mod github;
mod host;
mod init;
mod lint;
mod lock;
mod new;
mod place;
mod renumber;
mod say;
mod server;
mod shadow;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use error::Error;
use place::PlaceArgs;

const ABOUT: &str = "What a developer does by hand with a folder of migrations";

const EXAMPLES: &str = "\
Examples:
  cargo pgmig init                    folders, lock file, build.rs, a first migration
  cargo pgmig new add_phone --tenant  the next migration of every tenant
  cargo pgmig generate add_phone      the next migration of a schema in TypeScript, by drizzle-kit
  cargo pgmig lock                    make the drafts final
  cargo pgmig check                   everything the compiler checks, and that nothing is a draft
  cargo pgmig baseline --tenant       one script with which new tenants begin
  cargo pgmig lint --explain NAME     why a lint warns or an error stops, and the way out
  cargo pgmig diff 3 7                what the migrations after 3, up to 7, change
  cargo pgmig diagram -o schema.svg   a picture of the tables and their keys
  cargo pgmig status                  what is applied where, in the database of DATABASE_URL

The database commands (public, tenant, setup, status, plan, ...) are those that an app has with
pgmig's feature `cli`, for the migrations in the folder. A draft is run only in a database on this
machine, unless --allow-drafts says that it may be.

Exit codes: 0 done, 1 something is wrong with the folder, 2 the command could not be carried out; a
database command ends as it does in an app: 3 the database cannot be reached, 4 it and the folder
disagree, and so on.";

#[derive(clap::Parser)]
#[command(
    name = "cargo-pgmig",
    bin_name = "cargo pgmig",
    version,
    about = ABOUT,
    after_help = EXAMPLES,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(clap::Subcommand)]
enum Command {
    Init(init::Init),
    New(new::New),
    Generate(drizzle::Generate),
    Push(drizzle::Push),
    Lock(lock::Lock),
    Check(check::Check),
    Baseline(baseline::Baseline),
    Lint(lint::Lint),
    Renumber(renumber::Renumber),
    Diff(diff::Diff),
    Diagram(diagram::Diagram),
    /// Write a script with which a shell completes the commands of cargo-pgmig
    #[command(after_help = "\
Examples:
  cargo pgmig completions bash > /etc/bash_completion.d/cargo-pgmig
  cargo pgmig completions zsh > ~/.zfunc/_cargo-pgmig")]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: pgmig_cli::Shell,
    },
    #[command(flatten)]
    Database(pgmig_cli::Command),
}

/// Whether a command found the folder in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It did, or did what it was asked to.
    Done,
    /// Something is wrong with the folder, and it has said what.
    Wrong,
}

pub(crate) fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = database::with_settings(Cli::command());
    let mut matches = command.get_matches_from(without_cargo(args));
    let settings = matches.subcommand().map(|(_, sub)| sub.clone());
    // Both were made from the same types, so neither fails where the line was understood.
    let cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    let place = match cli.place.find() {
        Ok(place) => place,
        Err(error) => return failed(&error),
    };
    let outcome = match cli.command {
        Command::Database(command) => {
            let settings = settings.unwrap_or_default();
            return match database::Settings::from_arg_matches(&settings) {
                Ok(settings) => database::run(&command, &settings, &place),
                Err(error) => error.exit(),
            };
        }
        Command::Lint(lint) => lint.run(),
        Command::Init(init) => init.run(&place),
        Command::New(new) => new.run(&place),
        Command::Generate(generate) => generate.run(&place),
        Command::Push(push) => push.run(&place),
        Command::Lock(lock) => lock.run(&place),
        Command::Check(check) => check.run(&place),
        Command::Baseline(baseline) => baseline.run(&place),
        Command::Renumber(renumber) => renumber.run(&place),
        Command::Diff(diff) => diff.run(&place),
        Command::Diagram(diagram) => diagram.run(&place),
        Command::Completions { shell } => {
            let written = pgmig_cli::completions::<Cli>(shell, &mut std::io::stdout());
            written
                .map(|()| Outcome::Done)
                .map_err(|source| Error::io("write", "standard output", source))
        }
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::from(1),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    say::error(&error.to_string());
    ExitCode::from(2)
}

/// `cargo pgmig new x` runs `cargo-pgmig pgmig new x`: Cargo passes the subcommand's own name on.
fn without_cargo(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|arg| arg == "pgmig") {
        args.remove(1);
    }
    args
}
