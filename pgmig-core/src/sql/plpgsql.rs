//! PL/pgSQL as the parser can read it.

use super::cursor::Cursor;
use super::token::{Lexer, Token, TokenKind};

/// The body with each `INTO target` of an SQL statement blanked out: PL/pgSQL takes it out before
/// the statement goes to the SQL parser, wherever it stands ("Executing a Command with a
/// Single-Row Result").
pub(super) fn without_into(body: &str) -> String {
    let tokens: Vec<Token> = Lexer::new(body)
        .filter(|token| !token.is_trivia() && token.kind != TokenKind::Meta)
        .collect();
    let mut text = body.to_owned();
    let mut cursor = Cursor::new(body, &tokens);
    let mut starts = false;
    while !cursor.done() {
        if starts && cursor.at_any(STATEMENTS) {
            statement(&mut cursor, &mut text);
        }
        starts = cursor.at_any(&[";", "BEGIN", "THEN", "ELSE", "LOOP", ">>"]);
        cursor.bump();
    }
    text
}

const STATEMENTS: &[&str] = &[
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE",
];

/// Passes a statement up to its `;` and blanks the first `INTO` that is no `INSERT INTO`.
fn statement(cursor: &mut Cursor<'_>, text: &mut String) {
    while !cursor.done() && !cursor.at(&[";"]) {
        let insert = cursor.eat_any(&["INSERT", "MERGE"]);
        if cursor.at(&["INTO"]) && !insert {
            let start = cursor.peek().map_or(0, |token| token.start);
            let end = target(cursor);
            text.replace_range(start..end, &blank(&text[start..end]));
            while !cursor.done() && !cursor.at(&[";"]) {
                cursor.bump();
            }
            return;
        }
        if !insert || cursor.at(&["INTO"]) {
            cursor.bump();
        }
    }
}

/// Passes `INTO [STRICT] target, ...`; where it ends.
fn target(cursor: &mut Cursor<'_>) -> usize {
    let mut end = cursor.peek().map_or(0, |token| token.end);
    cursor.bump();
    let mut passed = |cursor: &mut Cursor<'_>| {
        end = cursor.peek().map_or(end, |token| token.end);
        cursor.bump();
    };
    if cursor.at(&["STRICT"]) {
        passed(cursor);
    }
    loop {
        passed(cursor);
        while cursor.at(&["["]) {
            while !cursor.done() && !cursor.at(&["]"]) {
                passed(cursor);
            }
            passed(cursor);
        }
        if !cursor.at_any(&[",", "."]) {
            return end;
        }
        passed(cursor);
    }
}

/// As many blanks, with the line breaks where they were.
fn blank(text: &str) -> String {
    let keep = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::without_into;

    #[test]
    fn into_is_blanked_where_plpgsql_takes_it_out() {
        let table = [
            (
                "begin select a into strict x.y, z from t; end",
                "begin select a                    from t; end",
            ),
            (
                "begin select into x a, b from t; end",
                "begin select        a, b from t; end",
            ),
            (
                "begin insert into t values (1) returning a into b; end",
                "begin insert into t values (1) returning a       ; end",
            ),
            (
                "begin execute 'x' into y; end",
                "begin execute 'x' into y; end",
            ),
        ];
        for (body, expected) in table {
            assert_eq!(without_into(body), expected);
        }
    }
}
