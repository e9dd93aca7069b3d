//! `completions`: what a shell needs to complete the commands.

use std::io::{self, Write};
use std::path::Path;

pub use clap_complete::Shell;

/// Write a script with which a shell completes the commands
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app completions bash > /etc/bash_completion.d/app
  app completions zsh > ~/.zfunc/_app
  app completions fish > ~/.config/fish/completions/app.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

/// Writes the script with which a shell completes the command line `C`, under the name that this
/// program was started with.
///
/// A program that is [`run`](crate::run) has the command `completions`. An app with commands of its
/// own adds one, so that those are completed too:
///
/// ```
/// use clap::Parser as _;
///
/// #[derive(clap::Parser)]
/// enum Cli {
///     /// Serve HTTP
///     Serve,
///     /// Write a script with which a shell completes the commands
///     Completions { shell: pgmig_cli::Shell }, // `pgmig::cli::Shell` in an app
///     #[command(flatten)]
///     Migrate(pgmig_cli::Command),
/// }
///
/// # fn main() -> std::io::Result<()> {
/// # let mut out = Vec::new();
/// if let Cli::Completions { shell } = Cli::parse_from(["shop", "completions", "bash"]) {
///     pgmig_cli::completions::<Cli>(shell, &mut out)?; // `std::io::stdout()` in an app
/// }
/// # assert!(String::from_utf8_lossy(&out).contains("rollback"));
/// # Ok(()) }
/// ```
///
/// # Errors
/// When it cannot be written.
pub fn completions<C: clap::CommandFactory>(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut command = C::command();
    let started = std::env::args_os().next();
    let started = started.as_deref().map(Path::new).and_then(Path::file_stem);
    let name = started.map_or_else(
        || command.get_name().to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    out.write_all(&script)
}
