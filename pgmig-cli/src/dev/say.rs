//! What a person reads: standard output for what was done, standard error for what is wrong.
//! Colours go where a terminal is, and nowhere under `NO_COLOR`.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use pgmig_core::{Problem, Severity};

use super::error::Error;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();

/// One thing that was done, the verb in its own column, as Cargo does it.
pub(super) fn done(verb: &str, what: &str) {
    line(&format!("{GOOD}{verb:>12}{GOOD:#} {what}"));
}

/// A line on standard output.
pub(super) fn line(text: &str) {
    // Whoever reads it may have seen enough (`cargo pgmig check --json | head`).
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// A JSON document.
pub(super) fn json(answer: &impl serde::Serialize) -> Result<(), Error> {
    line(&serde_json::to_string_pretty(answer).map_err(Error::Json)?);
    Ok(())
}

/// An error that is not about a file of the folder.
pub(super) fn error(message: &str) {
    wrong(BAD, "error", message);
}

/// Problems, in rustc's way, an empty line after each.
pub(super) fn problems<'a>(problems: impl IntoIterator<Item = &'a Problem>) {
    for problem in problems {
        let message = problem.render() + "\n";
        match problem.severity {
            Severity::Error => wrong(BAD, "error", &message),
            Severity::Warning => wrong(DOUBTFUL, "warning", &message),
        }
    }
}

/// How many errors there are, and how to read more about the first of them.
pub(super) fn summary<'a>(problems: impl IntoIterator<Item = &'a Problem>) {
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    let errors: Vec<&Problem> = problems.into_iter().filter(is_error).collect();
    if let Some(first) = errors.first() {
        let (count, name) = (count(errors.len(), "problem"), first.code);
        error(&format!(
            "{count}; `cargo pgmig lint --explain {name}` says more"
        ));
    }
}

fn wrong(style: Style, word: &str, message: &str) {
    // Where nobody listens, the exit code still says it.
    let _ = writeln!(anstream::stderr(), "{style}{word}{style:#}: {message}");
}

/// `1 migration`, `2 migrations`.
pub(super) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}
