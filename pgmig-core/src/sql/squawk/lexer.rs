//! Squawk's lexer, in our words.

use squawk_lexer::{LiteralKind, TokenKind};

/// What a piece of SQL text is, before operators are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    /// White space.
    Space,
    /// `-- ...` or `/* ... */`.
    Comment,
    /// An unquoted identifier or keyword.
    Word,
    /// `"..."` or `U&"..."`.
    Quoted,
    /// `'...'` in any of its forms.
    String,
    /// `$tag$ ... $tag$`.
    Dollar,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// One character that operators are made of.
    OperatorChar,
    /// One of `, ( ) [ ] . ; :` or `..`.
    Punctuation,
    /// A character that SQL has no use for.
    Unknown,
}

/// One piece of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// What it is.
    pub(crate) lexeme: Lexeme,
    /// Its length in bytes.
    pub(crate) len: usize,
    /// Whether it has its closing mark; true for what needs none.
    pub(crate) closed: bool,
}

/// The pieces of `text`, end to end, nothing left out.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece> + '_ {
    squawk_lexer::tokenize(text).map(|token| {
        let (lexeme, closed) = lexeme(token.kind);
        Piece {
            lexeme,
            len: token.len as usize,
            closed,
        }
    })
}

fn lexeme(kind: TokenKind) -> (Lexeme, bool) {
    use TokenKind as T;
    match kind {
        T::Whitespace => (Lexeme::Space, true),
        T::LineComment => (Lexeme::Comment, true),
        T::BlockComment { terminated } => (Lexeme::Comment, terminated),
        T::Ident => (Lexeme::Word, true),
        T::QuotedIdent { terminated, .. } => (Lexeme::Quoted, terminated),
        T::Literal { kind } => literal(kind),
        T::PositionalParam { .. } => (Lexeme::Parameter, true),
        T::Semi
        | T::Comma
        | T::OpenParen
        | T::CloseParen
        | T::OpenBracket
        | T::CloseBracket
        | T::Dot
        | T::DotDot
        | T::Colon => (Lexeme::Punctuation, true),
        T::Slash
        | T::Minus
        | T::Eq
        | T::Gt
        | T::And
        | T::Lt
        | T::Bang
        | T::Plus
        | T::Tilde
        | T::Pound
        | T::Question
        | T::Or
        | T::Percent
        | T::Caret
        | T::Star
        | T::Backtick
        | T::At => (Lexeme::OperatorChar, true),
        T::OpenCurly | T::CloseCurly | T::Unknown | T::Eof => (Lexeme::Unknown, true),
    }
}

fn literal(kind: LiteralKind) -> (Lexeme, bool) {
    use LiteralKind as L;
    match kind {
        L::Int { .. } | L::Numeric { .. } => (Lexeme::Number, true),
        L::DollarQuotedString { terminated } => (Lexeme::Dollar, terminated),
        L::Str { terminated }
        | L::NationalStr { terminated }
        | L::ByteStr { terminated }
        | L::BitStr { terminated }
        | L::UnicodeEscStr { terminated }
        | L::EscStr { terminated } => (Lexeme::String, terminated),
    }
}
