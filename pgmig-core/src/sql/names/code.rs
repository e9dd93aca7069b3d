//! Code that a migration runs: `DO` blocks, and functions that it calls.

use super::world::World;
use crate::sql::ddl::{self, Change};
use crate::sql::split::Raw;
use crate::sql::token::{Lexer, Token, TokenKind};

/// What code may do to the schema.
pub(super) struct Effect {
    /// The changes that it spells; each may or may not happen.
    pub(super) changes: Vec<Change>,
    /// Whether it runs SQL that is put together while it runs, and that may change the schema.
    pub(super) dynamic: bool,
}

/// What the code in `text` may do.
pub(super) fn effect(text: &str) -> Effect {
    let statements = statements(text);
    let mut effect = Effect {
        changes: statements
            .iter()
            .map(|raw| ddl::read(text, raw))
            .filter(|change| *change != Change::Other)
            .collect(),
        dynamic: false,
    };
    let tokens: Vec<Token> = Lexer::new(text)
        .filter(|token| !token.is_trivia())
        .collect();
    if !executes(text, &tokens) {
        return effect;
    }
    let strings: Vec<&str> = tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::String | TokenKind::Dollar))
        .map(|token| &text[token.range()])
        .collect();
    let changes = |string: &&str| {
        let string = string.to_ascii_uppercase();
        ["CREATE", "ALTER", "DROP", "RENAME", "IMPORT"]
            .iter()
            .any(|word| string.contains(word))
    };
    // Where no string is seen at all, the SQL comes from a table or a parameter.
    effect.dynamic = strings.is_empty() || strings.iter().any(changes);
    effect
}

/// Whether there is an `EXECUTE` that is not that of a trigger.
fn executes(text: &str, tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        let word = |token: Token| text[token.range()].to_ascii_uppercase();
        word(pair[0]) == "EXECUTE" && !matches!(word(pair[1]).as_str(), "FUNCTION" | "PROCEDURE")
    })
}

/// The SQL statements in PL/pgSQL: what begins like one and ends with `;`.
pub(super) fn statements(text: &str) -> Vec<Raw> {
    let mut found = Vec::new();
    let mut current: Option<Vec<Token>> = None;
    let mut starts = true;
    for token in Lexer::new(text) {
        if token.is_trivia() || token.kind == TokenKind::Meta {
            continue;
        }
        let word = &text[token.range()];
        if word == ";" {
            found.extend(current.take().map(|tokens| Raw { tokens }));
            starts = true;
        } else if let Some(tokens) = &mut current {
            tokens.push(token);
        } else if starts && is_any(word, STATEMENTS) {
            current = Some(vec![token]);
        } else {
            starts = is_any(word, &["BEGIN", "THEN", "ELSE", "LOOP", ">>"]);
        }
    }
    found.extend(current.map(|tokens| Raw { tokens }));
    found
}

const STATEMENTS: &[&str] = &[
    "CREATE", "ALTER", "DROP", "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "TRUNCATE",
    "PERFORM", "CALL", "COMMENT", "GRANT",
];

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The bodies of the functions that a statement calls and that change the schema.
pub(super) fn called(world: &World, text: &str, tokens: &[Token]) -> Vec<std::rc::Rc<str>> {
    tokens
        .windows(2)
        .filter(|pair| &text[pair[1].range()] == "(")
        .filter_map(|pair| {
            let name = crate::sql::cursor::fold(&text[pair[0].range()]);
            world.changers.get(&name).cloned()
        })
        .collect()
}
