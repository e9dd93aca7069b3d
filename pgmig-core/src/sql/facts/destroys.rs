//! Whether a statement loses data that cannot be had back.

use crate::sql::cursor::Cursor;
use crate::sql::slot;
use crate::sql::token::{Lexer, Token};

/// Whether rows, or values of a column, are gone afterwards. `UPDATE` is not counted: it says
/// itself what it writes over. The body of a `DO` is searched for the same words.
pub(super) fn data(text: &str, mut cursor: Cursor<'_>) -> bool {
    let first = cursor.text().to_ascii_uppercase();
    match first.as_str() {
        "DROP" => drops(cursor),
        "TRUNCATE" | "DELETE" => true,
        "ALTER" => drops_part(cursor),
        "WITH" | "MERGE" => deletes(cursor),
        "DO" => {
            while let Some(token) = cursor.peek() {
                if let Some(body) = slot::body(text, token)
                    && in_body(&text[body])
                {
                    return true;
                }
                cursor.bump();
            }
            false
        }
        _ => false,
    }
}

fn drops(mut cursor: Cursor<'_>) -> bool {
    cursor.bump();
    if cursor.at_any(&["TABLE", "SCHEMA", "DATABASE", "OWNED"]) {
        return true;
    }
    // Columns of the type go with it, and the tables of an extension.
    cursor.at_any(&["TYPE", "DOMAIN", "EXTENSION"]) && cursor.seek(&["CASCADE"])
}

/// `ALTER TABLE ... DROP COLUMN`, `ALTER TYPE ... DROP ATTRIBUTE`.
fn drops_part(mut cursor: Cursor<'_>) -> bool {
    cursor.bump();
    if cursor.eat(&["TYPE"]) {
        return cursor.seek(&["DROP"]) && cursor.at(&["DROP", "ATTRIBUTE"]);
    }
    if !cursor.eat(&["TABLE"]) {
        return false;
    }
    let _ = cursor.eat(&["IF", "EXISTS"]);
    cursor.eat(&["ONLY"]);
    let _ = cursor.name();
    cursor.eat(&["*"]);
    loop {
        if cursor.eat(&["DROP"]) && !cursor.at(&["CONSTRAINT"]) {
            return true;
        }
        if !cursor.seek(&[","]) {
            return false;
        }
        cursor.bump();
    }
}

/// `WITH gone AS (DELETE FROM ...)`, `MERGE ... THEN DELETE`.
fn deletes(mut cursor: Cursor<'_>) -> bool {
    while !cursor.done() {
        if cursor.at(&["DELETE", "FROM"]) || cursor.at(&["THEN", "DELETE"]) {
            return true;
        }
        cursor.bump();
    }
    false
}

fn in_body(body: &str) -> bool {
    let tokens: Vec<Token> = Lexer::new(body)
        .filter(|token| !token.is_trivia())
        .collect();
    let mut cursor = Cursor::new(body, &tokens);
    while !cursor.done() {
        let destroys = cursor.at(&["DELETE", "FROM"])
            || cursor.at(&["DROP", "TABLE"])
            || cursor.at(&["DROP", "SCHEMA"])
            || cursor.at(&["DROP", "COLUMN"])
            || cursor.at(&["TRUNCATE"]);
        if destroys {
            return true;
        }
        cursor.bump();
    }
    false
}
