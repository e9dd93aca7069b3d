//! The tokens of SQL text, as PostgreSQL cuts them: an operator of several characters is one.

use std::ops::Range;

use super::squawk::lexer::{Lexeme, Piece, pieces};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An unquoted identifier or keyword.
    Word,
    /// A quoted identifier.
    Quoted,
    /// A string constant.
    String,
    /// A dollar-quoted string constant.
    Dollar,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator, whole.
    Operator,
    /// `, ( ) [ ] . ;` or one of `: :: := ..`.
    Punctuation,
    /// A comment.
    Comment,
    /// White space.
    Space,
    /// A psql meta-command, from the backslash to the end of the line.
    Meta,
    /// A character that SQL has no use for.
    Unknown,
}

/// A token and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    /// Whether a string, a quoted name or a comment has its closing mark.
    pub(crate) closed: bool,
}

impl Token {
    /// Its bytes.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether PostgreSQL passes over it.
    pub(crate) fn is_trivia(self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }
}

/// Cuts text into tokens, one by one; the caller may skip text that is not SQL.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    pieces: Box<dyn Iterator<Item = Piece> + 'a>,
    ahead: Option<Piece>,
    waiting: Vec<Token>,
    /// Where an `E'...'` goes on after a line break.
    continued: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer {
            text,
            at: 0,
            pieces: Box::new(pieces(text)),
            ahead: None,
            waiting: Vec::new(),
            continued: None,
        }
    }

    /// Goes on at byte `at`, whatever is before it.
    pub(crate) fn skip_to(&mut self, at: usize) {
        let rest = &self.text[at..];
        // Only at the beginning of the text is the mark no part of a name.
        let mark = if at > 0 { mark_len(rest) } else { 0 };
        self.at = at;
        self.pieces = Box::new(pieces(&rest[mark..]));
        self.ahead = (mark > 0).then_some(Piece {
            lexeme: Lexeme::Word,
            len: mark,
            closed: true,
        });
        self.waiting.clear();
    }

    fn peek(&mut self) -> Option<Piece> {
        if self.ahead.is_none() {
            self.ahead = self.pieces.next();
        }
        self.ahead
    }

    fn bump(&mut self, piece: Piece) {
        self.at += piece.len;
        self.ahead = None;
    }

    /// The rest of the line, which a backslash makes psql's own.
    fn meta(&mut self, start: usize) -> Token {
        let rest = &self.text[start..];
        let end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.skip_to(end);
        Token {
            kind: TokenKind::Meta,
            start,
            end,
            closed: true,
        }
    }

    /// Takes the operator characters that touch each other and cuts them as PostgreSQL does:
    /// `+` or `-` ends an operator only where it holds a character that SQL's own operators do
    /// not use (Lexical Structure, "Operators").
    fn operators(&mut self, start: usize) {
        while let Some(piece) = self.peek()
            && piece.lexeme == Lexeme::OperatorChar
        {
            self.bump(piece);
        }
        let mut start = start;
        while start < self.at {
            let len = operator_len(&self.text[start..self.at]);
            self.waiting.push(Token {
                kind: TokenKind::Operator,
                start,
                end: start + len,
                closed: true,
            });
            start += len;
        }
        self.waiting.reverse();
    }

    /// A string. Where an `E'...'` goes on after a line break, a backslash means there what it
    /// means in the first part (Lexical Structure, "String Constants").
    fn string(&mut self, start: usize, mut closed: bool) -> Token {
        let goes_on = self.continued.take() == Some(start);
        if goes_on {
            let len = escaped_len(&self.text[start..]);
            closed = len.is_some();
            self.skip_to(len.map_or(self.text.len(), |len| start + len));
        }
        if closed && (goes_on || self.text[start..].starts_with(['E', 'e'])) {
            self.continued = continuation(&self.text[self.at..]).map(|len| self.at + len);
        }
        self.token(TokenKind::String, start, closed)
    }

    /// `::` and `:=` are one token each.
    fn colon(&mut self, start: usize) -> Token {
        if self.text[start + 1..].starts_with([':', '='])
            && let Some(piece) = self.peek()
        {
            self.bump(piece);
        }
        self.token(TokenKind::Punctuation, start, true)
    }

    fn token(&self, kind: TokenKind, start: usize, closed: bool) -> Token {
        Token {
            kind,
            start,
            end: self.at,
            closed,
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if let Some(token) = self.waiting.pop() {
            return Some(token);
        }
        let start = self.at;
        let piece = self.peek()?;
        self.bump(piece);
        let kind = match piece.lexeme {
            Lexeme::OperatorChar => {
                self.operators(start);
                return self.waiting.pop();
            }
            Lexeme::Punctuation if self.text[start..].starts_with(':') => {
                return Some(self.colon(start));
            }
            Lexeme::Unknown if self.text[start..].starts_with('\\') => {
                return Some(self.meta(start));
            }
            Lexeme::String => return Some(self.string(start, piece.closed)),
            Lexeme::Space => TokenKind::Space,
            Lexeme::Comment => TokenKind::Comment,
            Lexeme::Word => TokenKind::Word,
            Lexeme::Quoted => TokenKind::Quoted,
            Lexeme::Dollar => TokenKind::Dollar,
            Lexeme::Number => TokenKind::Number,
            Lexeme::Parameter => TokenKind::Parameter,
            Lexeme::Punctuation => TokenKind::Punctuation,
            Lexeme::Unknown => TokenKind::Unknown,
        };
        Some(self.token(kind, start, piece.closed))
    }
}

/// The length of the first operator in a run of operator characters.
fn operator_len(run: &str) -> usize {
    if run.contains(['~', '!', '@', '#', '^', '&', '|', '`', '?', '%']) {
        return run.len();
    }
    run.trim_end_matches(['+', '-']).len().max(1)
}

/// The length of the name that begins with a byte order mark, if `text` begins with one.
fn mark_len(text: &str) -> usize {
    if !text.starts_with('\u{feff}') {
        return 0;
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    text.find(|c| !in_name(c)).unwrap_or(text.len())
}

/// How far away the quote is that continues a string: behind a line break, with white space and
/// comments to the end of a line before it.
fn continuation(rest: &str) -> Option<usize> {
    let mut broken = false;
    let mut at = 0;
    for piece in pieces(rest) {
        let text = &rest[at..at + piece.len];
        match piece.lexeme {
            Lexeme::Space => broken |= text.contains(['\n', '\r']),
            Lexeme::Comment if text.starts_with('-') => {}
            _ => return (broken && text.starts_with('\'')).then_some(at),
        }
        at += piece.len;
    }
    None
}

/// The length of the string that `text` begins with, in which a backslash escapes; `None` where
/// nothing closes it.
fn escaped_len(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', _) | (b'\'', Some((_, b'\''))) => {
                bytes.next();
            }
            (b'\'', _) => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        Lexer::new(text)
            .filter(|token| !token.is_trivia())
            .map(|token| &text[token.range()])
            .collect()
    }

    #[test]
    fn an_operator_of_several_characters_is_one_token() {
        assert_eq!(cut("a<=b"), ["a", "<=", "b"]);
        assert_eq!(cut("a <> -1"), ["a", "<>", "-", "1"]);
        assert_eq!(cut("a@>b->>'c'"), ["a", "@>", "b", "->>", "'c'"]);
    }

    #[test]
    fn a_trailing_sign_belongs_to_an_operator_only_where_postgresql_says_so() {
        assert_eq!(cut("a=-1"), ["a", "=", "-", "1"]);
        assert_eq!(cut("a*+-1"), ["a", "*", "+", "-", "1"]);
        assert_eq!(cut("a@-1"), ["a", "@-", "1"]);
    }

    #[test]
    fn a_comment_cuts_an_operator() {
        assert_eq!(cut("a+/* x */b"), ["a", "+", "b"]);
        assert_eq!(cut("a--b\nc"), ["a", "c"]);
    }

    #[test]
    fn colons_are_put_together() {
        assert_eq!(cut("a::int"), ["a", "::", "int"]);
        assert_eq!(cut("a := 1"), ["a", ":=", "1"]);
        assert_eq!(cut("x[1:2]"), ["x", "[", "1", ":", "2", "]"]);
    }

    #[test]
    fn an_escaped_string_that_goes_on_in_the_next_line_stays_escaped() {
        let parts = ["E'a'", "'\\';'", ";"];
        assert_eq!(cut("E'a'\n'\\';';"), parts);
        assert_eq!(cut("E'a' -- '\r\n -- '\n'\\';';"), parts);
        assert_eq!(cut("e''\n'b'''\n'\\';' 1"), ["e''", "'b'''", "'\\';'", "1"]);
        assert_eq!(
            cut("E'a'\n'\\''\u{feff}b c"),
            ["E'a'", "'\\''", "\u{feff}b", "c"]
        );
        // Only then.
        assert_eq!(cut("'a'\n'\\';"), ["'a'", "'\\'", ";"]);
        assert_eq!(cut("E'a' '\\';"), ["E'a'", "'\\'", ";"]);
        assert_eq!(cut("E'a' /*\n*/ '\\';"), ["E'a'", "'\\'", ";"]);
    }

    #[test]
    fn the_tokens_cover_the_text_end_to_end() {
        let text = "\u{feff}select 'a''b', $$x;y$$, E'\\'', U&\"d\" -- c\n\\gset x\n;";
        let mut at = 0;
        for token in Lexer::new(text) {
            assert_eq!(token.start, at);
            at = token.end;
        }
        assert_eq!(at, text.len());
    }
}
