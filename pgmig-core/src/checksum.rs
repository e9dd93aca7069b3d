//! The checksum of a migration, format `v1`: what counts as a change.
//!
//! `v1:` and 64 hexadecimal digits, the SHA-256 of the token stream of the up script. It stays as
//! it is for good; another way to count would be `v2`.
//!
//! 1. The text is cut into tokens as PostgreSQL cuts it (chapter "Lexical Structure"). White
//!    space, comments and a byte order mark are not tokens. A block comment that nothing closes
//!    is one.
//! 2. A line comment that is a directive is a token: `-- pgmig: ` and its words with one space
//!    between two. `-- no-transaction` alone at the head counts as `-- pgmig: no-transaction`.
//! 3. An operator is one token by PostgreSQL's rule: the longest run of `+-*/<>=~!@#%^&|?` and
//!    the back tick, ended by `--` or `/*`; a run of several that has none of `~!@#%^&|?` or
//!    the back tick does not end in `+` or `-`. `::` and `:=` are one token too.
//! 4. In every token CRLF counts as LF: it can only be there in a string, a `$$` body, a quoted
//!    identifier.
//! 5. Each token is hashed as the number of its bytes, 32 bits, least significant byte first, and
//!    its bytes.
//!
//! So re-indenting, comments and another line ending change nothing; a changed letter does, in
//! upper and lower case too.
//!
//! | text | checksum |
//! |---|---|
//! | nothing | `v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855` |

use sha2::{Digest as _, Sha256};
use squawk_lexer::TokenKind;

use crate::Checksum;
use crate::directive;
use crate::tokens::Lexed;

/// The checksum of a script.
pub(crate) fn checksum(script: &Lexed<'_>) -> Checksum {
    // One buffer, hashed once: many small updates are slow in an unoptimised build.
    let mut stream = Vec::with_capacity(script.text.len() * 2);
    let tokens = &script.tokens;
    let mut at = 0;
    let mut head = true;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let mut end = token.end;
        match token.kind {
            TokenKind::LineComment => {
                if let Some(words) = directive::normalised(script.text(*token), head) {
                    push(&mut stream, &words);
                }
                continue;
            }
            _ if token.is_trivia() => continue,
            TokenKind::Colon => {
                if let Some(next) = tokens.get(at)
                    && matches!(next.kind, TokenKind::Colon | TokenKind::Eq)
                {
                    end = next.end;
                    at += 1;
                }
            }
            kind if is_operator(kind) => {
                while let Some(next) = tokens.get(at).filter(|next| is_operator(next.kind)) {
                    end = next.end;
                    at += 1;
                }
                push_operators(&mut stream, &script.text[token.start..end]);
                head = false;
                continue;
            }
            _ => {}
        }
        head = false;
        push(&mut stream, &script.text[token.start..end]);
    }
    Checksum(Sha256::digest(&stream).into())
}

fn push(stream: &mut Vec<u8>, token: &str) {
    let unix;
    let token = if token.contains("\r\n") {
        unix = token.replace("\r\n", "\n");
        &unix
    } else {
        token
    };
    // A file of more than 4 GiB is refused when it is read.
    stream.extend_from_slice(&(token.len() as u32).to_le_bytes());
    stream.extend_from_slice(token.as_bytes());
}

/// Pushes the operators in a run of operator characters. `--` and `/*` are not in it: the lexer
/// has made a comment of them.
fn push_operators(stream: &mut Vec<u8>, mut run: &str) {
    while !run.is_empty() {
        let (operator, rest) = run.split_at(operator_length(run));
        push(stream, operator);
        run = rest;
    }
}

/// How much of `run` is its first operator, by the rule of PostgreSQL's `scan.l`.
fn operator_length(run: &str) -> usize {
    let sign = |byte: &u8| matches!(byte, b'+' | b'-');
    let last = run.len() - 1;
    let bytes = run.as_bytes();
    if last == 0 || !sign(&bytes[last]) || bytes[..last].iter().any(|byte| !is_sql(*byte)) {
        return run.len();
    }
    bytes
        .iter()
        .rposition(|byte| !sign(byte))
        .map_or(1, |position| position + 1)
}

/// Whether an operator of standard SQL may have the character.
fn is_sql(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=')
}

fn is_operator(kind: TokenKind) -> bool {
    use TokenKind::{
        And, At, Backtick, Bang, Caret, Eq, Gt, Lt, Minus, Or, Percent, Plus, Pound, Question,
        Slash, Star, Tilde,
    };
    matches!(
        kind,
        And | At
            | Backtick
            | Bang
            | Caret
            | Eq
            | Gt
            | Lt
            | Minus
            | Or
            | Percent
            | Plus
            | Pound
            | Question
            | Slash
            | Star
            | Tilde
    )
}
