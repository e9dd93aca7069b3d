//! Where a statement that runs outside a transaction names something without its schema.
//!
//! Such a statement is alone in its message, so no `SET LOCAL search_path` can stand before it,
//! and a `SET` would leak through a pooler. The runtime writes the schema before the name instead.

use super::InTransaction;
use crate::sql::cursor::Cursor;

/// The offsets at which such names start.
pub(super) fn names(in_transaction: InTransaction, mut cursor: Cursor<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    if in_transaction == InTransaction::Allowed {
        return found;
    }
    if cursor.eat(&["CREATE"]) {
        cursor.eat(&["UNIQUE"]);
        // The index itself takes no schema: it lives in that of its table.
        if cursor.eat(&["INDEX", "CONCURRENTLY"]) && cursor.seek(&["ON"]) {
            cursor.bump();
            cursor.eat(&["ONLY"]);
            name(&mut cursor, &mut found);
        }
    } else if cursor.eat(&["DROP", "INDEX", "CONCURRENTLY"]) {
        cursor.eat(&["IF", "EXISTS"]);
        list(&mut cursor, &mut found);
    } else if cursor.eat(&["REINDEX"]) {
        cursor.skip_parens();
        if cursor.eat_any(&["INDEX", "TABLE"]) {
            cursor.eat(&["CONCURRENTLY"]);
            name(&mut cursor, &mut found);
        }
    } else if cursor.eat_any(&["VACUUM", "CLUSTER"]) {
        cursor.skip_parens();
        while cursor.eat_any(&["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]) {}
        list(&mut cursor, &mut found);
    } else if cursor.eat(&["ALTER", "TABLE"]) {
        cursor.eat(&["IF", "EXISTS"]);
        cursor.eat(&["ONLY"]);
        name(&mut cursor, &mut found);
        if cursor.eat(&["DETACH", "PARTITION"]) {
            name(&mut cursor, &mut found);
        }
    }
    found
}

/// The name here, if it has no schema.
fn name(cursor: &mut Cursor<'_>, found: &mut Vec<usize>) {
    let start = cursor.peek().map(|token| token.start);
    let unqualified = cursor.name().is_some_and(|name| name.parts.len() == 1);
    found.extend(start.filter(|_| unqualified));
}

/// Names with their columns, separated by commas.
fn list(cursor: &mut Cursor<'_>, found: &mut Vec<usize>) {
    while !cursor.done() {
        name(cursor, found);
        cursor.skip_parens();
        if !cursor.eat(&[","]) {
            break;
        }
    }
}
