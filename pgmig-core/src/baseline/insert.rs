//! The rows of a dump.

use std::collections::HashMap;
use std::ops::Range;

use super::dump::{Anew, Dump};
use crate::sql::cursor::{Cursor, Name};
use crate::sql::token::Token;

/// Where parts of a text go, and what is put there.
type Edits = Vec<(Range<usize>, String)>;

/// The INSERT statements of a dump, in order.
pub(super) struct Inserts<'a> {
    dump: &'a Dump<'a>,
    /// How many rows of each table were passed.
    rows: HashMap<Vec<String>, usize>,
}

impl<'a> Inserts<'a> {
    pub(super) fn new(dump: &'a Dump<'a>) -> Self {
        Inserts {
            dump,
            rows: HashMap::new(),
        }
    }

    /// Puts `DEFAULT` in the place of the values that are made anew in every schema, in
    /// `INSERT INTO schema.table (a, b) VALUES (1, 2), (3, 4)`.
    pub(super) fn defaults(&mut self, tokens: &[Token], edits: &mut Edits) {
        let mut cursor = Cursor::new(self.dump.text, tokens);
        cursor.eat(&["insert", "into"]);
        let Some(table) = cursor.name() else {
            return;
        };
        let columns = columns(&mut cursor);
        let anew: Vec<Option<&Anew>> = columns.iter().map(|one| self.anew(&table, one)).collect();
        if anew.iter().all(Option::is_none) {
            return;
        }
        while !cursor.done() && !cursor.eat(&["values"]) {
            cursor.bump();
        }
        let number = self.rows.entry(table.parts).or_default();
        while !cursor.done() {
            let is_row = cursor.at(&["("]);
            row(&mut cursor, |column, value| {
                let anew = anew.get(column).copied().flatten();
                if anew.is_some_and(|anew| anew.rows.contains(number)) {
                    edits.push((value, "DEFAULT".to_owned()));
                }
            });
            *number += usize::from(is_row);
        }
    }

    fn anew(&self, table: &Name, column: &str) -> Option<&'a Anew> {
        self.dump.anew.iter().find(|one| {
            Some(one.schema.as_str()) == table.schema()
                && one.table == table.last()
                && one.column == column
        })
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

/// Reads `(1, f(2, 3))`, or the comma before it, and tells each value.
fn row(cursor: &mut Cursor<'_>, mut tell: impl FnMut(usize, Range<usize>)) {
    let mut depth = 0_usize;
    let mut column = 0;
    let mut value: Option<Range<usize>> = None;
    while let Some(token) = cursor.peek() {
        let mark = cursor.text();
        if depth == 1 && [")", ","].contains(&mark) {
            if let Some(value) = value.take() {
                tell(column, value);
            }
            column += 1;
        } else if depth > 0 {
            let start = value.map_or(token.start, |value| value.start);
            value = Some(start..token.end);
        }
        match mark {
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
