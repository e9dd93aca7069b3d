//! The code in a `DO` or a `CREATE FUNCTION`.

use std::ops::Range;

use super::cursor::{Cursor, fold};
use super::slot;
use super::split::Raw;
use super::token::TokenKind;

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// SQL statements.
    Sql,
    /// PL/pgSQL.
    Plpgsql,
    /// Something that is not looked into.
    Other,
}

/// A body as a dollar-quoted string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    /// What it is written in.
    pub(super) language: Language,
    /// Its bytes, between the tags.
    pub(super) range: Range<usize>,
}

/// The body of a `DO`, `CREATE FUNCTION` or `CREATE PROCEDURE`; `None` for other statements and
/// for bodies in ordinary quotes, which may hold escapes.
pub(super) fn body(text: &str, raw: &Raw) -> Option<Body> {
    let mut cursor = Cursor::new(text, &raw.tokens);
    let block = cursor.eat(&["DO"]);
    if !block {
        cursor.eat(&["CREATE"]).then_some(())?;
        cursor.eat(&["OR", "REPLACE"]);
        cursor.eat_any(&["FUNCTION", "PROCEDURE"]).then_some(())?;
    }
    let mut language = if block {
        Language::Plpgsql
    } else {
        Language::Sql
    };
    let mut found = None;
    while let Some(token) = cursor.peek() {
        if cursor.eat(&["LANGUAGE"]) {
            language = named(cursor.text());
        } else if token.kind == TokenKind::Dollar && (block || follows_as(text, raw, token.start)) {
            found = slot::body(text, token);
        }
        if !cursor.skip_parens() {
            cursor.bump();
        }
    }
    found.map(|range| Body { language, range })
}

/// `AS $$ ... $$`, and no default of a parameter.
fn follows_as(text: &str, raw: &Raw, start: usize) -> bool {
    let before = raw.tokens.iter().take_while(|token| token.start < start);
    before
        .last()
        .is_some_and(|token| text[token.range()].eq_ignore_ascii_case("as"))
}

fn named(written: &str) -> Language {
    let name = fold(written.trim_matches('\'')).to_ascii_lowercase();
    match name.as_str() {
        "sql" => Language::Sql,
        "plpgsql" => Language::Plpgsql,
        _ => Language::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::split::split;

    fn found(text: &str) -> Option<(Language, &str)> {
        let split = split(text);
        let body = body(text, split.statements.first()?)?;
        Some((body.language, &text[body.range]))
    }

    #[test]
    fn a_body_is_found_with_its_language() {
        assert_eq!(
            found("do $$begin end$$"),
            Some((Language::Plpgsql, "begin end"))
        );
        assert_eq!(
            found("do language plperl $x$1$x$"),
            Some((Language::Other, "1"))
        );
        assert_eq!(
            found(
                "create or replace function f(a text default $$x$$) returns int language 'SQL' as $_$select 1$_$"
            ),
            Some((Language::Sql, "select 1"))
        );
        assert_eq!(
            found("create procedure p() as $$begin end$$ language plpgsql"),
            Some((Language::Plpgsql, "begin end"))
        );
        assert_eq!(found("select $$x$$"), None);
    }
}
