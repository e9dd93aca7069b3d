//! What a statement does to the schema, read from its tokens.
//!
//! Reads what PostgreSQL would take; of what it would refuse, as much as makes sense. What a
//! statement does not say in its own words (dynamic SQL, `LIKE` of an unknown table) is left open.

mod alter;
mod change;
mod column;
mod create;
mod drop;
mod table;

use super::cursor::{Cursor, Name};
use super::split::Raw;

pub(crate) use change::*;

/// What a statement does. `text` is the script with its slots masked.
pub(crate) fn read(text: &str, raw: &Raw) -> Change {
    let mut cursor = Cursor::new(text, &raw.tokens);
    let change = if cursor.eat(&["CREATE"]) {
        create::read(&mut cursor)
    } else if cursor.eat(&["ALTER"]) {
        alter::read(&mut cursor).map(Change::Alter)
    } else if cursor.eat(&["DROP"]) {
        drop::read(&mut cursor).map(Change::Drop)
    } else {
        create::select_into(&mut cursor).map(Change::CreateTable)
    };
    change.unwrap_or(Change::Other)
}

/// Passes the words for a kind of object.
fn kind(cursor: &mut Cursor<'_>) -> Option<Kind> {
    const KINDS: &[(&[&str], Kind)] = &[
        (&["TABLE"], Kind::Table),
        (&["FOREIGN", "TABLE"], Kind::ForeignTable),
        (&["MATERIALIZED", "VIEW"], Kind::MaterializedView),
        (&["VIEW"], Kind::View),
        (&["SEQUENCE"], Kind::Sequence),
        (&["INDEX"], Kind::Index),
        (&["TYPE"], Kind::Type),
        (&["DOMAIN"], Kind::Domain),
        (&["FUNCTION"], Kind::Function),
        (&["PROCEDURE"], Kind::Function),
        (&["ROUTINE"], Kind::Function),
        (&["AGGREGATE"], Kind::Function),
        (&["EVENT", "TRIGGER"], Kind::Other),
        (&["TRIGGER"], Kind::Trigger),
        (&["POLICY"], Kind::Policy),
        (&["RULE"], Kind::Rule),
        (&["SCHEMA"], Kind::Schema),
        (&["EXTENSION"], Kind::Extension),
        (&["STATISTICS"], Kind::Other),
        (&["COLLATION"], Kind::Other),
    ];
    KINDS
        .iter()
        .find(|(words, _)| cursor.eat(words))
        .map(|(_, kind)| *kind)
}

/// A list of plain names in parentheses.
fn names_in_parens(cursor: &mut Cursor<'_>) -> Vec<Name> {
    let mut names = Vec::new();
    if let Some(mut inside) = cursor.parens() {
        loop {
            names.extend(inside.word());
            inside.item();
            if !inside.eat(&[","]) {
                break;
            }
        }
    }
    names
}
