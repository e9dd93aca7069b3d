//! Whether PostgreSQL's grammar takes a statement; what is wrong, in plain words.

use std::ops::Range;

use super::message;
use super::tree::Tree;
use super::validate;
use crate::sql::words::VERBS;

/// What is wrong with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The bytes that are meant, in the text that was given. Empty where the text ends too early.
    pub(crate) span: Range<usize>,
    /// What it is, where it has a name of its own; else it is where PostgreSQL stops reading.
    pub(crate) title: Option<String>,
    /// What was expected.
    pub(crate) label: Option<String>,
}

/// The first thing that is wrong with one statement of SQL, without its `;`.
pub(crate) fn sql(statement: &str) -> Option<Fault> {
    let tree = Tree::sql(statement);
    let found = validate::faults(&tree, statement);
    first(statement, &tree, found)
}

/// The first thing that is wrong with the body of a PL/pgSQL function.
pub(crate) fn plpgsql(body: &str) -> Option<Fault> {
    let tree = Tree::plpgsql(body);
    first(body, &tree, Vec::new())
}

/// Of all complaints the one that comes first in the text, as PostgreSQL stops at the first.
fn first(text: &str, tree: &Tree, mut faults: Vec<Fault>) -> Option<Fault> {
    faults.extend(tree.lexical.iter().map(|(range, message)| Fault {
        span: whole_token(tree, range),
        title: message::plain(message),
        label: None,
    }));
    if let Some((at, message)) = tree.errors.first() {
        faults.push(complaint(text, tree, *at, message));
    }
    let first = faults.into_iter().min_by_key(|fault| fault.span.start)?;
    (!is_valid_after_all(text, &first)).then_some(first)
}

/// Four forms that PostgreSQL takes and squawk 2.68 does not.
fn is_valid_after_all(text: &str, fault: &Fault) -> bool {
    let before = text[..fault.span.start].to_ascii_uppercase();
    let words: Vec<&str> = before.split_whitespace().collect();
    let word = text[fault.span.clone()].to_ascii_uppercase();
    match word.as_str() {
        "USER" => words.contains(&"MAPPING") && words.last() == Some(&"FOR"),
        "DEFAULT" => {
            words.first() == Some(&"SET") && matches!(words.as_slice(), [.., "ROLE", "TO" | "="])
        }
        "EXISTS" | "IF" => words.starts_with(&["ALTER", "STATISTICS"]),
        _ => is_trigger_argument(text, fault, &words),
    }
}

/// Whether it is a bare word among the arguments of a trigger's function. It is taken as a string
/// there, so any will do, reserved ones too (`CREATE TRIGGER`, "arguments").
fn is_trigger_argument(text: &str, fault: &Fault, before: &[&str]) -> bool {
    let (head, tail) = (&text[..fault.span.start], &text[fault.span.end..]);
    before.first() == Some(&"CREATE")
        && before.iter().take(4).any(|word| *word == "TRIGGER")
        && before.contains(&"EXECUTE")
        && text[fault.span.clone()]
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic())
        && head.trim_end().ends_with(['(', ','])
        && tail.trim_start().starts_with([')', ','])
}

fn complaint(text: &str, tree: &Tree, at: usize, message: &str) -> Fault {
    let mut span = next_token(tree, text, at);
    let mut label = message::plain(message);
    let first = tree.tokens().next().is_some_and(|first| first == span);
    let word = &text[span.clone()];
    if message.starts_with("expected command") && !first {
        label = Some("expected the end of the statement".to_owned());
    } else if message.starts_with("expected command") && (is_verb(word) || word == "(") {
        // It looks at two words to tell which statement it is; the first is right.
        span = next_token(tree, text, span.end);
        label = None;
    } else if message.starts_with("unexpected trailing comma")
        || message.starts_with("unexpected comma, expected")
        || message.starts_with("expected alter column option") && word.eq_ignore_ascii_case("set")
    {
        span = next_token(tree, text, span.end);
    }
    Fault {
        span,
        title: None,
        label,
    }
}

/// Whether statements begin with this word.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word))
}

/// PostgreSQL shows the whole of a token that it cannot read.
fn whole_token(tree: &Tree, part: &Range<usize>) -> Range<usize> {
    tree.tokens()
        .find(|token| token.end > part.start)
        .unwrap_or_else(|| part.clone())
}

/// The parser complains behind the last token that it took; PostgreSQL at the one that it does
/// not take.
pub(super) fn next_token(tree: &Tree, text: &str, at: usize) -> Range<usize> {
    tree.tokens()
        .find(|token| token.start >= at)
        .unwrap_or(text.len()..text.len())
}
