//! Errors as text, in the manner of rustc: what, where with a caret, why, help.

use std::fmt::Write as _;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use sqlx::postgres::PgDatabaseError;

use crate::Verification;
use crate::adopt::Tool;
use crate::error::{Activity, StatementError};
use crate::message::{Place, database_error};

/// A byte order mark, which editors do not show and positions on screen do not count.
const BOM: &str = "\u{feff}";

/// Line and column (characters) of a byte, both from 1.
pub(crate) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let before = before.strip_prefix(BOM).unwrap_or(before);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default();
    (line, column.chars().count() + 1)
}

/// A statement that failed.
pub(crate) fn statement(error: &StatementError, place: &Place<'_>) -> String {
    let mut text = match shown_span(place) {
        Some((source, span, exact)) => {
            let kind = match exact {
                true => AnnotationKind::Primary,
                false => AnnotationKind::Context,
            };
            let report = [Level::ERROR
                .no_name()
                .primary_title(error.message.as_str())
                .element(
                    Snippet::source(source)
                        .path(error.path)
                        .annotation(kind.span(span)),
                )];
            Renderer::plain().render(&report)
        }
        None => format!(
            "{}\n --> {}: at the end of the transaction",
            error.message, error.path
        ),
    };
    let mut note = |name: &str, value: &str| {
        let _ = write!(text, "\n  = {name}: {}", value.replace('\n', "\n    "));
    };
    note("schema", &error.target.schema);
    if let (Some(kind), Some(number)) = (error.statement, error.number) {
        let of = place.script.statements.len();
        note("statement", &format!("{kind}, {number} of {of}"));
    }
    note("sqlstate", &error.sqlstate);
    let server = [
        ("detail", &error.detail),
        ("hint", &error.hint),
        ("context", &error.context),
    ];
    for (name, value) in server {
        if let Some(value) = value {
            note(name, value);
        }
    }
    let next = if place.back { "rollback" } else { "run" };
    match error.done {
        0 if place.back => note("note", "nothing of this migration was rolled back"),
        0 => note("note", "nothing of this migration was applied"),
        done => note(
            "note",
            &format!(
                "it runs outside a transaction: {} before this one {} done, and the next {next} goes on here",
                count(done, "statement"),
                is_or_are(done)
            ),
        ),
    }
    text
}

/// The text to show, the bytes to mark in it, and whether PostgreSQL pointed to them.
fn shown_span<'t>(place: &Place<'_>) -> Option<(&'t str, std::ops::Range<usize>, bool)> {
    let text = place.script.text;
    let shown = text.strip_prefix(BOM).unwrap_or(text);
    let skipped = text.len() - shown.len();
    let (start, end, exact) = match (place.offset, place.statement) {
        (Some(offset), _) => (offset, offset + word_length(text.get(offset..)?), true),
        (None, Some(index)) => {
            let (start, end) = place.script.statements.get(index)?.0.span;
            let first_line = text.get(start as usize..end as usize)?.lines().next()?;
            (start as usize, start as usize + first_line.len(), false)
        }
        (None, None) => return None,
    };
    Some((shown, start.checked_sub(skipped)?..end - skipped, exact))
}

/// How many bytes the caret underlines: the word, the quoted name or string, or one character.
fn word_length(rest: &str) -> usize {
    let mut chars = rest.chars();
    let Some(first) = chars.next() else {
        return 0;
    };
    if first == '"' || first == '\'' {
        let inside = rest[1..].find(first).map(|end| end + 2);
        return inside
            .filter(|end| !rest[..*end].contains('\n'))
            .unwrap_or(1);
    }
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    let length: usize = rest.chars().take_while(word).map(char::len_utf8).sum();
    length.max(first.len_utf8())
}

/// What the driver says. Its own `Display` has the line of PostgreSQL's C source behind a message
/// of the server, which nobody can do anything with, and a layer of words before it.
pub(crate) fn driver(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) | sqlx::Error::Configuration(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection was to be had in time".to_owned(),
        error => error.to_string(),
    }
}

/// The server cannot be reached, or was lost.
pub(crate) fn connection(doing: &str, outcome_unknown: bool, source: &sqlx::Error) -> String {
    let said = driver(source);
    if outcome_unknown {
        return format!(
            "cannot {doing}: {said}\
             \n  = note: the connection was lost while a message was on its way; whether it took effect is in the ledger\
             \n  = help: run again: what is applied is not applied twice"
        );
    }
    let help = match (source, database_error(source).map(PgDatabaseError::code)) {
        (_, Some("53300")) => {
            "close some of the server's connections, or raise its max_connections"
        }
        (_, Some(_)) => "run again when the server is up",
        (sqlx::Error::PoolTimedOut, None) => {
            "see that the server runs, and that the pool has a connection to spare"
        }
        _ => "see that the server runs, and that the host and the port are right",
    };
    format!("cannot reach the database, to {doing}: {said}\n  = help: {help}")
}

/// The ledger could not be read or written.
pub(crate) fn ledger(doing: &str, source: &sqlx::Error) -> String {
    let mut text = format!("cannot {doing}: {}", driver(source));
    let Some(error) = database_error(source) else {
        return text;
    };
    let _ = write!(text, "\n  = sqlstate: {}", error.code());
    for (name, value) in [("detail", error.detail()), ("hint", error.hint())] {
        if let Some(value) = value {
            let _ = write!(text, "\n  = {name}: {value}");
        }
    }
    let help = match error.code() {
        "42501" => {
            "the role needs CREATE on the database, or a schema made for the ledger that it may use and create in"
        }
        "28P01" => "check the user and the password",
        "28000" => "check the user; the server's pg_hba.conf says who may come in, and how",
        "3D000" => "name another database, or make this one: `CREATE DATABASE`",
        _ => return text,
    };
    let _ = write!(text, "\n  = help: {help}");
    text
}

/// `1 migration`, `2 migrations`.
pub(crate) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}

/// The verb behind a count.
pub(crate) fn is_or_are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The session that has a claim.
pub(crate) fn holder(activity: Option<&Activity>) -> String {
    match activity {
        Some(activity) => format!("\n  = held by: {}", describe(activity)),
        None => String::new(),
    }
}

/// The session that is in the way of a lock.
pub(crate) fn blocker(activity: Option<&Activity>) -> String {
    match activity {
        Some(activity) => format!(
            "\n  = blocked by: {}\n  = help: end that session or wait for it (`SELECT pg_terminate_backend({})`), then run again",
            describe(activity),
            activity.pid
        ),
        None => "\n  = help: what held the lock is gone or cannot be seen by this role; run again"
            .to_owned(),
    }
}

fn describe(activity: &Activity) -> String {
    let state = activity.state.as_deref().unwrap_or("state not visible");
    let query = activity.query.as_deref().unwrap_or("query not visible");
    let application = match activity.application.as_deref() {
        None | Some("") => String::new(),
        Some(name) => format!(" ({name})"),
    };
    format!(
        "pid {}{application}, {state} for {}: {}",
        activity.pid,
        duration(activity.running),
        query.split_whitespace().collect::<Vec<_>>().join(" ")
    )
}

/// What other tools have applied where nothing says what to do about it.
pub(crate) fn not_adopted(schema: &str, tools: &[Tool], tables: &[String]) -> String {
    let named: Vec<String> = tools
        .iter()
        .zip(tables)
        .map(|(tool, table)| format!("{tool} ({table})"))
        .collect();
    let mut text = format!(
        "schema {schema} was migrated by {}; nothing was run",
        named.join(" and ")
    );
    for tool in tools {
        let _ = write!(
            text,
            "\n  = help: to go on from there: `adopt = \"{tool}\"` in embed_migrations!, or Migrator::adopt(Tool::{tool:?})"
        );
    }
    text + "\n  = help: if those are not the migrations of this binary: Migrator::adopt(Adopt::Nothing)"
}

/// Where a schema is, in words.
pub(crate) fn version(version: Option<&str>) -> String {
    version.map_or_else(
        || "without migrations".to_owned(),
        |version| format!("at version {version}"),
    )
}

/// Where the ledger has a schema.
pub(crate) fn at_version(version: Option<&str>) -> String {
    match version {
        Some(version) => format!("at version {version}"),
        None => "already, with a migration that is not finished".to_owned(),
    }
}

/// The differences of a schema that is to be adopted, and the statements that would take it there.
pub(crate) fn adopted_differs(schema: &str, version: &str, found: &Verification) -> String {
    let mut text = format!(
        "schema {schema} cannot be adopted at version {version}: it is not what the migrations up to it make; nothing was written"
    );
    for group in &found.drifted {
        for difference in &group.differences {
            text.push_str(&format!("\n  - {difference}"));
        }
        let repair = group.repair(schema);
        if !repair.is_empty() {
            text.push_str("\n  = repaired by:");
        }
        for statement in repair {
            text.push_str(&format!("\n    {statement};"));
        }
    }
    for unverified in &found.unverified {
        text.push_str(&format!("\n  - not compared: {}", unverified.why));
    }
    text + "\n  = help: repair the schema, or name the version that it is at"
}
