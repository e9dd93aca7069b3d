//! Reads the tokens of one statement from left to right.

use std::ops::Range;

use super::slot::{STAND_IN, is_stand_in};
use super::token::{Token, TokenKind};

/// A place in a statement.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

/// A name with its qualifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// The parts in order, unquoted and folded as PostgreSQL folds them.
    pub(crate) parts: Vec<String>,
    /// Its bytes, qualifiers included.
    pub(crate) span: Range<usize>,
}

impl Name {
    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The part before the last.
    pub(crate) fn schema(&self) -> Option<&str> {
        let before = self.parts.len().checked_sub(2)?;
        self.parts.get(before).map(String::as_str)
    }
}

impl<'a> Cursor<'a> {
    /// At the first of `tokens`, which hold no white space and no comments.
    pub(crate) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Cursor {
            text,
            tokens,
            at: 0,
        }
    }

    /// The token here.
    pub(crate) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The text of the token here; empty at the end.
    pub(crate) fn text(&self) -> &'a str {
        self.peek().map_or("", |token| &self.text[token.range()])
    }

    /// Whether nothing is left.
    pub(crate) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Passes one token.
    pub(crate) fn bump(&mut self) {
        self.at += 1;
    }

    /// Whether the words or marks come next, in this order.
    pub(crate) fn at(&self, words: &[&str]) -> bool {
        for (at, word) in (self.at..).zip(words) {
            let Some(token) = self.tokens.get(at) else {
                return false;
            };
            // The length tells most apart, without a look at the text.
            if token.end - token.start != word.len() || !is_word_or_mark(token.kind) {
                return false;
            }
            if !self.text[token.start..token.end].eq_ignore_ascii_case(word) {
                return false;
            }
        }
        true
    }

    /// Whether one of the words comes next.
    pub(crate) fn at_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.at(&[word]))
    }

    /// Passes the words if they come next.
    pub(crate) fn eat(&mut self, words: &[&str]) -> bool {
        let here = self.at(words);
        if here {
            self.at += words.len();
        }
        here
    }

    /// Passes one of the words if it comes next.
    pub(crate) fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(&[word]))
    }

    /// Passes what is up to the closing parenthesis, if one is opened here.
    pub(crate) fn skip_parens(&mut self) -> bool {
        if !self.at(&["("]) {
            return false;
        }
        let mut depth = 0usize;
        while !self.done() {
            if self.at(&["("]) {
                depth += 1;
            } else if self.at(&[")"]) {
                depth -= 1;
            }
            self.bump();
            if depth == 0 {
                break;
            }
        }
        true
    }

    /// Goes to the next place outside parentheses where one of the words stands. False, at the
    /// end, where there is none.
    pub(crate) fn seek(&mut self, words: &[&str]) -> bool {
        while !self.done() {
            if self.at_any(words) {
                return true;
            }
            if !self.skip_parens() {
                self.bump();
            }
        }
        false
    }

    /// The bytes from byte `start` to the end of the token before this one.
    pub(crate) fn since(&self, start: usize) -> Range<usize> {
        let before = self.at.min(self.tokens.len()).checked_sub(1);
        let end = before.map_or(start, |before| self.tokens[before].end);
        start..end.max(start)
    }

    /// The first byte of the token here, or the end of the one before.
    pub(crate) fn start(&self) -> usize {
        self.peek()
            .map_or_else(|| self.since(0).end, |token| token.start)
    }

    /// Passes an item of a list, up to a `,` or `)` outside parentheses and brackets; its bytes.
    pub(crate) fn item(&mut self) -> Range<usize> {
        let start = self.start();
        let mut brackets = 0usize;
        while !self.done() {
            if self.at(&["["]) {
                brackets += 1;
            } else if self.at(&["]"]) {
                brackets = brackets.saturating_sub(1);
            } else if brackets == 0 && self.at_any(&[",", ")"]) {
                break;
            }
            if !self.skip_parens() {
                self.bump();
            }
        }
        self.since(start)
    }

    /// A cursor over the tokens inside the parentheses that open here, which are passed.
    pub(crate) fn parens(&mut self) -> Option<Cursor<'a>> {
        let from = self.at + 1;
        if !self.skip_parens() {
            return None;
        }
        let to = self.at.saturating_sub(1).max(from).min(self.tokens.len());
        Some(Cursor {
            text: self.text,
            tokens: &self.tokens[from.min(to)..to],
            at: 0,
        })
    }

    /// Reads a name without qualifiers, or one word of a qualified one.
    pub(crate) fn word(&mut self) -> Option<Name> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
            return None;
        }
        let name = Name {
            parts: vec![fold(self.text())],
            span: token.range(),
        };
        self.bump();
        Some(name)
    }

    /// Reads a name with its qualifiers. An operator counts as a name.
    pub(crate) fn name(&mut self) -> Option<Name> {
        let mut name = Name::default();
        let start = self.start();
        loop {
            let token = self.peek()?;
            if !matches!(
                token.kind,
                TokenKind::Word | TokenKind::Quoted | TokenKind::Operator
            ) {
                return None;
            }
            name.parts.push(fold(self.text()));
            self.bump();
            if !self.eat(&["."]) {
                name.span = self.since(start);
                return Some(name);
            }
        }
    }
}

fn is_word_or_mark(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Word | TokenKind::Punctuation | TokenKind::Operator
    )
}

/// The name that PostgreSQL makes of an identifier as it is written: unquoted ones in lower case
/// (ASCII letters alone), and none longer than 63 bytes (Lexical Structure, "Identifiers and Key
/// Words").
pub(crate) fn fold(written: &str) -> String {
    let name = match written.strip_prefix('"') {
        Some(quoted) => quoted
            .strip_suffix('"')
            .unwrap_or(quoted)
            .replace("\"\"", "\""),
        None => match written.get(1..).and_then(|rest| rest.strip_prefix("&\"")) {
            Some(escaped) => unescape(escaped),
            None => written.to_ascii_lowercase(),
        },
    };
    if is_stand_in(&name) {
        return STAND_IN.to_owned();
    }
    truncate(name)
}

const LONGEST_NAME: usize = 63;

fn truncate(mut name: String) -> String {
    if name.len() > LONGEST_NAME {
        let mut end = LONGEST_NAME;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

/// The name in `U&"..."`, from after the opening mark, with the usual escape character.
fn unescape(rest: &str) -> String {
    let rest = rest.strip_suffix('"').unwrap_or(rest).replace("\"\"", "\"");
    let mut name = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            name.push(c);
            continue;
        }
        let after = chars.as_str();
        let (skip, digits) = match after.strip_prefix('+') {
            Some(long) => (1, long.get(..6)),
            None => (0, after.get(..4)),
        };
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match (code.and_then(char::from_u32), digits) {
            (Some(c), Some(digits)) => {
                name.push(c);
                chars = after[skip + digits.len()..].chars();
            }
            _ => {
                name.push('\\');
                chars = after.strip_prefix('\\').unwrap_or(after).chars();
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_as_postgresql_folds_them() {
        assert_eq!(fold("Users"), "users");
        assert_eq!(fold("\"Us\"\"ers\""), "Us\"ers");
        assert_eq!(fold("U&\"d\\0061t\\+000061\""), "data");
        assert_eq!(fold("ÄB"), "Äb");
    }

    #[test]
    fn a_name_is_cut_at_63_bytes_between_characters() {
        assert_eq!(fold(&"a".repeat(70)).len(), 63);
        assert_eq!(fold(&format!("\"{}\"", "ä".repeat(40))).len(), 62);
    }
}
