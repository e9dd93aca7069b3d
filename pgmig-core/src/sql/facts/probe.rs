//! How to find out after a crash whether a statement took effect.

use crate::sql::cursor::Cursor;
use crate::sql::token::TokenKind;
use crate::sql::{Object, Probe};

/// Statements that do no harm when they run twice.
const REPEATABLE: &[&[&str]] = &[
    &["VACUUM"],
    &["ANALYZE"],
    &["ANALYSE"],
    &["REINDEX"],
    &["CLUSTER"],
    &["REFRESH", "MATERIALIZED", "VIEW"],
    &["ALTER", "SYSTEM"],
    &["DISCARD"],
    &["COMMENT", "ON"],
    &["GRANT"],
    &["REVOKE"],
    &["SET"],
    &["RESET"],
    &["CHECKPOINT"],
];

/// What to look at. `objects` are the statement's own.
pub(super) fn probe(mut cursor: Cursor<'_>, objects: &[Object]) -> Probe {
    if let Some(probe) = concurrently(cursor.clone(), objects) {
        return probe;
    }
    if let Some(probe) = enum_value(cursor.clone(), objects) {
        return probe;
    }
    if REPEATABLE.iter().any(|words| cursor.at(words)) {
        return Probe::Repeat;
    }
    if cursor.eat(&["ALTER", "SUBSCRIPTION"]) {
        let _ = cursor.name();
        let repeatable = cursor.at_any(&["REFRESH", "SET"]);
        return if repeatable {
            Probe::Repeat
        } else {
            Probe::None
        };
    }
    if cursor.eat(&["ALTER", "DATABASE"]) {
        return Probe::Repeat;
    }
    if cursor.at(&["CREATE", "OR", "REPLACE"]) || guarded(cursor) {
        return Probe::Repeat;
    }
    Probe::None
}

fn concurrently(mut cursor: Cursor<'_>, objects: &[Object]) -> Option<Probe> {
    let index = || {
        objects
            .iter()
            .find(|object| object.kind == "index")
            .cloned()
    };
    if cursor.eat(&["DROP", "INDEX", "CONCURRENTLY"]) {
        return index().map(Probe::IndexDropped);
    }
    if cursor.eat(&["CREATE"]) {
        cursor.eat(&["UNIQUE"]);
        // `IF NOT EXISTS` alone would take the INVALID index of a crashed build for done.
        return cursor
            .eat(&["INDEX", "CONCURRENTLY"])
            .then(|| index().map_or(Probe::None, Probe::IndexCreated));
    }
    if !cursor.eat(&["ALTER", "TABLE"]) || !cursor.seek(&["DETACH"]) {
        return None;
    }
    cursor.eat(&["DETACH", "PARTITION"]);
    let partition = cursor.name()?;
    cursor.at(&["CONCURRENTLY"]).then(|| {
        objects.first().map(|parent| Probe::PartitionDetached {
            parent: parent.clone(),
            partition: Object {
                kind: "table",
                schema: partition.schema().map(str::to_owned),
                name: partition.last().to_owned(),
            },
        })
    })?
}

fn enum_value(mut cursor: Cursor<'_>, objects: &[Object]) -> Option<Probe> {
    if !cursor.eat(&["ALTER", "TYPE"]) {
        return None;
    }
    cursor.name()?;
    if !cursor.eat(&["ADD", "VALUE"]) {
        return None;
    }
    if cursor.eat(&["IF", "NOT", "EXISTS"]) {
        return Some(Probe::Repeat);
    }
    let label = cursor.peek()?;
    if label.kind != TokenKind::String {
        return None;
    }
    Some(Probe::EnumValue {
        on: objects.first()?.clone(),
        label: string(cursor.text())?,
    })
}

/// The value of `'...'`; none of the forms with a prefix, which may hold escapes.
fn string(written: &str) -> Option<String> {
    let inner = written.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

/// Whether the statement looks itself whether there is anything to do.
fn guarded(mut cursor: Cursor<'_>) -> bool {
    if !cursor.at_any(&["CREATE", "DROP"]) {
        return false;
    }
    while !cursor.done() {
        if cursor.at(&["IF", "NOT", "EXISTS"]) || cursor.at(&["IF", "EXISTS"]) {
            return true;
        }
        if cursor.at_any(&["(", "AS"]) {
            return false;
        }
        cursor.bump();
    }
    false
}
