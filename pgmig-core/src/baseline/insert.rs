//! The rows of a dump.

use std::ops::Range;

use super::dump::Dump;
use crate::sql::cursor::Cursor;
use crate::sql::token::Token;

/// Puts `DEFAULT` in the place of the values of columns that are made anew in every schema, in
/// `INSERT INTO schema.table (a, b) VALUES (1, 2), (3, 4)`.
pub(super) fn defaults(dump: &Dump<'_>, tokens: &[Token], edits: &mut Vec<(Range<usize>, String)>) {
    let mut cursor = Cursor::new(dump.text, tokens);
    cursor.eat(&["insert", "into"]);
    let Some(table) = cursor.name() else {
        return;
    };
    let columns = columns(&mut cursor);
    let anew: Vec<bool> = columns
        .iter()
        .map(|column| {
            dump.anew.iter().any(|one| {
                Some(one.schema.as_str()) == table.schema()
                    && one.table == table.last()
                    && one.column == *column
            })
        })
        .collect();
    if !anew.contains(&true) {
        return;
    }
    while !cursor.done() && !cursor.eat(&["values"]) {
        cursor.bump();
    }
    while !cursor.done() {
        row(&mut cursor, &anew, edits);
    }
}

/// Reads `(a, b)`.
fn columns(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    cursor.eat(&["("]);
    while !cursor.done() && !cursor.eat(&[")"]) {
        match cursor.name() {
            Some(name) => columns.push(name.last().to_owned()),
            None => cursor.bump(),
        }
    }
    columns
}

/// Reads `(1, f(2, 3))` and what is up to the next row.
fn row(cursor: &mut Cursor<'_>, anew: &[bool], edits: &mut Vec<(Range<usize>, String)>) {
    let mut depth = 0_usize;
    let mut column = 0;
    let mut value: Option<Range<usize>> = None;
    while let Some(token) = cursor.peek() {
        let ends = match cursor.text() {
            ")" => depth == 1,
            "," => depth == 1,
            _ => false,
        };
        if ends {
            if let Some(value) = value.take().filter(|_| anew.get(column) == Some(&true)) {
                edits.push((value, "DEFAULT".to_owned()));
            }
            column += 1;
        } else if depth > 0 {
            let start = value.map_or(token.start, |value| value.start);
            value = Some(start..token.end);
        }
        match cursor.text() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        cursor.bump();
        if depth == 0 {
            return;
        }
    }
}
