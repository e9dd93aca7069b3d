//! The development commands, one a file. Each is thin: what a folder is and what is to be done to
//! it is decided in pgmig-core, with the macro; here it is done and told.

mod carry_out;
mod check;
mod drizzle;
mod embed;
mod error;
mod github;
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

use clap::Parser as _;

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
  cargo pgmig lint --explain RULE     why a lint warns, and the safe way

Exit codes: 0 done, 1 something is wrong with the folder, 2 the command could not be carried out.";

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
    Lint(lint::Lint),
    Renumber(renumber::Renumber),
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
    match run(Cli::parse_from(without_cargo(args))) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::from(1),
        Err(error) => {
            say::error(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, Error> {
    let place = cli.place.find()?;
    match cli.command {
        Command::Lint(lint) => lint.run(),
        Command::Init(init) => init.run(&place),
        Command::New(new) => new.run(&place),
        Command::Generate(generate) => generate.run(&place),
        Command::Push(push) => push.run(&place),
        Command::Lock(lock) => lock.run(&place),
        Command::Check(check) => check.run(&place),
        Command::Renumber(renumber) => renumber.run(&place),
    }
}

/// `cargo pgmig new x` runs `cargo-pgmig pgmig new x`: Cargo passes the subcommand's own name on.
fn without_cargo(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|arg| arg == "pgmig") {
        args.remove(1);
    }
    args
}
