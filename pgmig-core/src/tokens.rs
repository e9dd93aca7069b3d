//! A file's tokens, found once and used by everything that looks into it.

use squawk_lexer::TokenKind;

/// A token: what it is, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
}

impl Token {
    /// Whether PostgreSQL passes over it. A block comment that nothing closes is no such token:
    /// PostgreSQL refuses it.
    pub(crate) fn is_trivia(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Whitespace
                | TokenKind::LineComment
                | TokenKind::BlockComment { terminated: true }
        )
    }
}

/// A text and all of its tokens, white space and comments included; a byte order mark counts as
/// white space.
#[derive(Debug)]
pub(crate) struct Lexed<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Its tokens, without gaps.
    pub(crate) tokens: Vec<Token>,
}

impl<'a> Lexed<'a> {
    /// Finds the tokens of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        // SQL has a token in about every four bytes.
        let mut tokens = Vec::with_capacity(text.len() / 4);
        let mut start = 0;
        for token in squawk_lexer::tokenize(text) {
            let end = start + token.len as usize;
            tokens.push(Token {
                kind: token.kind,
                start,
                end,
            });
            start = end;
        }
        Lexed { text, tokens }
    }

    /// The text of a token.
    pub(crate) fn text(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    /// Whether there is nothing but white space and comments.
    pub(crate) fn is_blank(&self) -> bool {
        self.tokens.iter().all(Token::is_trivia)
    }
}
