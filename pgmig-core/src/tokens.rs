//! A script's tokens, cut once and used by everything that looks into it.

use std::borrow::Cow;

use crate::sql::slot;
use crate::sql::token::{Lexer, Token, TokenKind};

/// A script's text and its tokens, white space and comments included; a byte order mark counts as
/// white space, `${schema}` is part of a name.
#[derive(Debug)]
pub(crate) struct Lexed<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// The text with a name in the place of each slot, byte for byte as long.
    pub(crate) masked: Cow<'a, str>,
    /// Its tokens, without gaps.
    pub(crate) tokens: Vec<Token>,
}

impl<'a> Lexed<'a> {
    /// Cuts `text` into tokens.
    pub(crate) fn new(text: &'a str) -> Self {
        let masked = slot::mask(text);
        // SQL has a token in about every three bytes.
        let mut tokens = Vec::with_capacity(text.len() / 3);
        tokens.extend(Lexer::new(&masked));
        Lexed {
            text,
            masked,
            tokens,
        }
    }

    /// The text of a token, as it was written.
    pub(crate) fn text(&self, token: Token) -> &'a str {
        &self.text[token.range()]
    }

    /// Whether a token is a comment to the end of the line.
    pub(crate) fn is_line_comment(&self, token: Token) -> bool {
        token.kind == TokenKind::Comment && self.text.as_bytes()[token.start] == b'-'
    }

    /// Whether there is nothing but white space and comments.
    pub(crate) fn is_blank(&self) -> bool {
        self.tokens.iter().all(|token| passed_over(*token))
    }
}

/// Whether PostgreSQL passes over a token. It refuses a comment that nothing closes.
pub(crate) fn passed_over(token: Token) -> bool {
    token.is_trivia() && token.closed
}
