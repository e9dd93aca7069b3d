//! `${schema}`: the places that the runtime fills with the quoted name of the target schema.

use std::borrow::Cow;
use std::ops::Range;

use super::token::{Lexer, Token, TokenKind};

/// What a person writes.
pub(crate) const SLOT: &str = "${schema}";

/// The schema that a slot names, while the text is read.
pub(crate) const STAND_IN: &str = "\u{a7a9}";

/// A name of `len` bytes that is read as [`STAND_IN`], so that every offset holds. A letter that
/// nobody writes begins it.
pub(crate) fn stand_in(len: usize) -> String {
    let mut name = STAND_IN.to_owned();
    name.extend(std::iter::repeat_n('_', len.saturating_sub(STAND_IN.len())));
    name
}

/// Whether an identifier stands for a slot.
pub(crate) fn is_stand_in(name: &str) -> bool {
    name.strip_prefix(STAND_IN)
        .is_some_and(|rest| rest.bytes().all(|byte| byte == b'_'))
}

/// The text with a name in the place of each slot.
pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    if text.contains(SLOT) {
        Cow::Owned(text.replace(SLOT, &stand_in(SLOT.len())))
    } else {
        Cow::Borrowed(text)
    }
}

/// A place where `${schema}` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A name of its own, to be filled; the quotes around it, if any, are part of the range.
    Name(Range<usize>),
    /// Inside a string constant, where it is left as it is.
    InString(Range<usize>),
    /// A part of a longer name, where a quoted name cannot go.
    InName(Range<usize>),
}

/// The slots in one token. `text` is as it was written, the token was cut from the masked text.
pub(crate) fn slots(text: &str, token: Token, found: &mut Vec<Slot>) {
    let written = &text[token.range()];
    if !written.contains(SLOT) {
        return;
    }
    let places = || {
        written
            .match_indices(SLOT)
            .map(|(at, _)| token.start + at..token.start + at + SLOT.len())
    };
    match token.kind {
        TokenKind::Word if written.len() == SLOT.len() => found.push(Slot::Name(token.range())),
        TokenKind::Quoted if written.len() == SLOT.len() + 2 => {
            found.push(Slot::Name(token.range()));
        }
        TokenKind::Word | TokenKind::Quoted => found.extend(places().map(Slot::InName)),
        TokenKind::String => found.extend(places().map(Slot::InString)),
        TokenKind::Dollar => in_body(text, token, found),
        _ => {}
    }
}

/// The body of a function or of `DO` is code of its own.
fn in_body(text: &str, token: Token, found: &mut Vec<Slot>) {
    let Some(body) = body(text, token) else {
        return;
    };
    for inner in tokens(text, &body) {
        slots(text, inner, found);
    }
}

/// The tokens of a part of a text, at their places in the whole, with a name for each slot.
pub(crate) fn tokens(text: &str, part: &Range<usize>) -> Vec<Token> {
    let masked = mask(&text[part.clone()]);
    let in_whole = |token: Token| Token {
        start: token.start + part.start,
        end: token.end + part.start,
        ..token
    };
    Lexer::new(&masked).map(in_whole).collect()
}

/// What is between the tags of a dollar-quoted string.
pub(crate) fn body(text: &str, token: Token) -> Option<Range<usize>> {
    if token.kind != TokenKind::Dollar || !token.closed {
        return None;
    }
    let tag = text[token.start + 1..token.end].find('$')? + 2;
    Some(token.start + tag..token.end - tag)
}
