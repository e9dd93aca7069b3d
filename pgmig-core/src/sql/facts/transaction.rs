//! Which statements PostgreSQL refuses in a transaction block, and the word that makes it so.

use std::ops::Range;

use crate::sql::cursor::Cursor;
use crate::sql::slot;
use crate::sql::token::{Lexer, Token, TokenKind};

/// Whether PostgreSQL refuses the statement in a transaction block: the callers of
/// `PreventInTransactionBlock` in its source, and blocks that end the transaction themselves.
pub(super) fn refused(text: &str, mut cursor: Cursor<'_>) -> bool {
    let first = cursor.text().to_ascii_uppercase();
    match first.as_str() {
        "CREATE" => create(cursor),
        "DROP" => {
            cursor.bump();
            cursor.at_any(&["DATABASE", "TABLESPACE", "SUBSCRIPTION"])
                || cursor.at(&["INDEX", "CONCURRENTLY"])
        }
        "ALTER" => alter(cursor),
        "REINDEX" => reindex(cursor),
        "VACUUM" => true,
        "CLUSTER" => {
            cursor.bump();
            cursor.skip_parens();
            cursor.eat(&["VERBOSE"]);
            cursor.done()
        }
        "COMMIT" | "ROLLBACK" => {
            cursor.bump();
            cursor.at(&["PREPARED"])
        }
        "DISCARD" => cursor.at(&["DISCARD", "ALL"]),
        "DO" => ends_transaction(text, cursor),
        _ => false,
    }
}

fn create(mut cursor: Cursor<'_>) -> bool {
    cursor.bump();
    if cursor.at_any(&["DATABASE", "TABLESPACE"]) {
        return true;
    }
    if cursor.at(&["SUBSCRIPTION"]) {
        // It makes a slot on the publisher, unless it is told not to connect or not to make one.
        return !(option_is_off(cursor.clone(), "connect") || option_is_off(cursor, "create_slot"));
    }
    cursor.eat(&["UNIQUE"]);
    cursor.at(&["INDEX", "CONCURRENTLY"])
}

fn alter(mut cursor: Cursor<'_>) -> bool {
    cursor.bump();
    if cursor.at(&["SYSTEM"]) {
        return true;
    }
    if cursor.eat(&["DATABASE"]) {
        let _ = cursor.name();
        return cursor.at(&["SET", "TABLESPACE"]);
    }
    if cursor.eat(&["SUBSCRIPTION"]) {
        let _ = cursor.name();
        return subscription(cursor);
    }
    cursor.eat(&["TABLE"]) && detaches_concurrently(&mut cursor)
}

/// Refreshing asks the publisher and moves slots; `WITH (refresh = false)` does not.
fn subscription(mut cursor: Cursor<'_>) -> bool {
    if cursor.eat(&["REFRESH"]) {
        return true;
    }
    let publications = cursor.eat_any(&["SET", "ADD", "DROP"]) && cursor.eat(&["PUBLICATION"]);
    publications && !option_is_off(cursor, "refresh")
}

/// `DETACH PARTITION name CONCURRENTLY`; leaves the cursor at that word.
fn detaches_concurrently(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.seek(&["DETACH"]) || !cursor.eat(&["DETACH", "PARTITION"]) {
        return false;
    }
    let _ = cursor.name();
    cursor.at(&["CONCURRENTLY"])
}

fn reindex(mut cursor: Cursor<'_>) -> bool {
    cursor.bump();
    let concurrently = option_is_on(cursor.clone(), "concurrently");
    cursor.skip_parens();
    if cursor.at_any(&["DATABASE", "SYSTEM", "SCHEMA"]) {
        return true;
    }
    cursor.bump();
    concurrently || cursor.at(&["CONCURRENTLY"])
}

/// The value of `name` in the parenthesised options to come: `None` where it is not there.
fn option(mut cursor: Cursor<'_>, name: &str) -> Option<String> {
    while !cursor.done() {
        if cursor.eat(&[name]) {
            cursor.eat(&["="]);
            return Some(cursor.text().trim_matches('\'').to_ascii_lowercase());
        }
        cursor.bump();
    }
    None
}

fn option_is_off(cursor: Cursor<'_>, name: &str) -> bool {
    option(cursor, name).is_some_and(|value| matches!(value.as_str(), "false" | "off" | "0" | "no"))
}

fn option_is_on(cursor: Cursor<'_>, name: &str) -> bool {
    cursor.at(&["("])
        && option(cursor, name)
            .is_some_and(|value| matches!(value.as_str(), "," | ")" | "true" | "on" | "1" | "yes"))
}

/// The bytes to leave out so that the statement does its work without `CONCURRENTLY`.
pub(super) fn concurrently(mut cursor: Cursor<'_>) -> Option<Range<usize>> {
    let first = cursor.text().to_ascii_uppercase();
    match first.as_str() {
        "CREATE" => {
            cursor.bump();
            cursor.eat(&["UNIQUE"]);
            cursor.eat(&["INDEX"]).then(|| word(&cursor))?
        }
        "DROP" => cursor.eat(&["DROP", "INDEX"]).then(|| word(&cursor))?,
        "REFRESH" => cursor
            .eat(&["REFRESH", "MATERIALIZED", "VIEW"])
            .then(|| word(&cursor))?,
        "REINDEX" => {
            cursor.bump();
            if cursor.at(&["("]) {
                return in_options(cursor);
            }
            cursor.bump();
            word(&cursor)
        }
        "ALTER" => detaches_concurrently(&mut cursor).then(|| word(&cursor))?,
        _ => None,
    }
}

fn word(cursor: &Cursor<'_>) -> Option<Range<usize>> {
    let token = cursor.peek()?;
    cursor.at(&["CONCURRENTLY"]).then(|| token.range())
}

/// `REINDEX (CONCURRENTLY, VERBOSE)`: the option with one of its commas, or the parentheses
/// where it is alone.
fn in_options(mut cursor: Cursor<'_>) -> Option<Range<usize>> {
    let open = cursor.peek()?;
    if !option_is_on(cursor.clone(), "concurrently") {
        return None;
    }
    cursor.bump();
    let mut comma: Option<Token> = None;
    while !cursor.at(&["CONCURRENTLY"]) {
        if cursor.done() {
            return None;
        }
        comma = cursor.at(&[","]).then(|| cursor.peek()).flatten().or(comma);
        cursor.bump();
    }
    let start = cursor.peek()?.start;
    while !cursor.at_any(&[",", ")"]) {
        if cursor.done() {
            return None;
        }
        cursor.bump();
    }
    let after = cursor.peek()?;
    Some(match comma {
        Some(comma) => comma.start..after.start,
        None if cursor.at(&[","]) => start..after.end,
        None => open.start..after.end,
    })
}

/// Whether the body of a `DO` commits or rolls back, which PostgreSQL allows only outside a
/// transaction block (PL/pgSQL, "Transaction Management").
fn ends_transaction(text: &str, mut cursor: Cursor<'_>) -> bool {
    while let Some(token) = cursor.peek() {
        if let Some(body) = slot::body(text, token)
            && commits(&text[body])
        {
            return true;
        }
        cursor.bump();
    }
    false
}

fn commits(body: &str) -> bool {
    let tokens: Vec<Token> = Lexer::new(body)
        .filter(|token| !token.is_trivia() && token.kind != TokenKind::Meta)
        .collect();
    let is = |at: usize, words: &[&str]| {
        tokens.get(at).is_some_and(|token| {
            words
                .iter()
                .any(|word| body[token.range()].eq_ignore_ascii_case(word))
        })
    };
    (1..tokens.len()).any(|at| {
        is(at - 1, &[";", "begin", "then", "else", "loop"])
            && is(at, &["commit", "rollback"])
            && is(at + 1, &[";", "and"])
    })
}
