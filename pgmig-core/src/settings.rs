//! The folder's settings, `pgmig.toml` beside the lock file.
//!
//! ```toml
//! # A migration may come before one that is locked or applied.
//! out-of-order = false
//!
//! [lints]
//! table-dropped = "deny"
//! ```

use std::io;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Problem;
use crate::lint::{self, Level, Levels};
use crate::nearest::nearest;

/// The file's name.
pub(crate) const FILE: &str = "pgmig.toml";

/// What a folder's `pgmig.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether a migration may come before one that is locked or applied.
    pub(crate) out_of_order: bool,
    /// How loud each lint is.
    pub(crate) levels: Levels,
}

const KEYS: [&str; 2] = ["out-of-order", "lints"];

/// Reads the settings of the folder at `root`, and says whether the file is there; what is wrong
/// goes to `problems`.
pub(crate) fn read(root: &Path, shown: &str, problems: &mut Vec<Problem>) -> (Settings, bool) {
    let path = format!("{shown}/{FILE}");
    let text = match std::fs::read_to_string(root.join(FILE)) {
        Ok(text) => text,
        Err(error) => {
            let there = !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            );
            if there {
                let title = "the settings cannot be read";
                let problem = Problem::error("unreadable-file", path, title);
                problems.push(problem.note(error.to_string()));
            }
            return (Settings::default(), there);
        }
    };
    (parse(&text, &path, problems), true)
}

fn parse(text: &str, path: &str, problems: &mut Vec<Problem>) -> Settings {
    let mut settings = Settings::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let problem = Problem::error("bad-settings", path, error.message().to_lowercase());
        problems.push(match error.span() {
            Some(span) => problem.at(text, span),
            None => problem,
        });
    }
    let mut entries: Vec<_> = table.into_inner().into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        match key.get_ref().as_ref() {
            "out-of-order" => match boolean(&value) {
                Ok(value) => settings.out_of_order = value,
                Err(span) => problems.push(
                    Problem::error("bad-settings", path, "`out-of-order` is `true` or `false`")
                        .at(text, span),
                ),
            },
            "lints" => match value.get_ref().as_table() {
                Some(table) => lints(table, path, text, &mut settings.levels, problems),
                None => problems.push(
                    Problem::error(
                        "bad-settings",
                        path,
                        "`lints` is a table of rules and levels",
                    )
                    .at(text, value.span())
                    .help("write `[lints]` and below it `rule = \"warn\"`"),
                ),
            },
            unknown => problems.push(unknown_key(unknown, path).at(text, key.span())),
        }
    }
    settings
}

/// `[lints]`: a rule and its level a line.
fn lints(
    table: &DeTable<'_>,
    path: &str,
    text: &str,
    levels: &mut Levels,
    problems: &mut Vec<Problem>,
) {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let Some(rule) = lint::rule(name) else {
            let title = format!("unknown rule `{name}`");
            let problem = Problem::error("unknown-rule", path, title).at(text, key.span());
            problems.push(
                match nearest(name, lint::ALL.iter().map(|rule| rule.name)) {
                    Some(known) => problem.help(format!("did you mean `{known}`?")),
                    None => problem.help("`cargo pgmig lint` lists the rules"),
                },
            );
            continue;
        };
        match value.get_ref().as_str().and_then(Level::parse) {
            Some(level) => levels.set(rule, level),
            None => problems.push(
                Problem::error(
                    "bad-settings",
                    path,
                    "a level is `\"allow\"`, `\"warn\"` or `\"deny\"`",
                )
                .at(text, value.span()),
            ),
        }
    }
}

fn boolean(value: &Spanned<DeValue<'_>>) -> Result<bool, Range<usize>> {
    value.get_ref().as_bool().ok_or_else(|| value.span())
}

fn unknown_key(key: &str, path: &str) -> Problem {
    let problem = Problem::error("bad-settings", path, format!("unknown setting `{key}`"));
    match nearest(&key.replace('_', "-"), KEYS) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => problem.help(format!("the settings are `{}`", KEYS.join("`, `"))),
    }
}
