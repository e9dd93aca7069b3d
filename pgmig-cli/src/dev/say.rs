//! What a person reads: standard output for what was done, standard error for what is wrong.
//! Colours go where a terminal is, and nowhere under `NO_COLOR`.

use anstyle::{AnsiColor, Style};
use pgmig_core::{Problem, Severity};

use super::error::Error;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();

/// One thing that was done, the verb in its own column, as Cargo does it.
pub(super) fn done(verb: &str, what: &str) {
    anstream::println!("{GOOD}{verb:>12}{GOOD:#} {what}");
}

/// A line of plain text.
pub(super) fn line(text: &str) {
    anstream::println!("{text}");
}

/// An error that is not about a file of the folder.
pub(super) fn error(message: &str) {
    anstream::eprintln!("{BAD}error{BAD:#}: {message}");
}

/// Problems, in rustc's way.
pub(super) fn problems<'a>(problems: impl IntoIterator<Item = &'a Problem>) {
    for problem in problems {
        match problem.severity {
            Severity::Error => anstream::eprint!("{BAD}error{BAD:#}: "),
            Severity::Warning => anstream::eprint!("{DOUBTFUL}warning{DOUBTFUL:#}: "),
        }
        anstream::eprintln!("{}\n", problem.render());
    }
}

/// A JSON document.
pub(super) fn json(answer: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(answer).map_err(Error::Json)?;
    println!("{text}");
    Ok(())
}

/// `1 migration`, `2 migrations`.
pub(super) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}
