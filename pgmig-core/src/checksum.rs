//! The checksum of a migration, format `v1`: what counts as a change.
//!
//! `v1:` and 64 hexadecimal digits, the SHA-256 of the token stream of the up script. It stays as
//! it is for good; another way to count would be `v2`. `docs/checksum.md` has every detail and the
//! test vectors.
//!
//! 1. The text is cut into tokens as PostgreSQL cuts it (chapter "Lexical Structure"): an operator
//!    of several characters is one token, as is `${schema}`. White space, comments and a byte
//!    order mark are not tokens. A block comment that nothing closes is one.
//! 2. A line comment that is a directive is a token: `-- pgmig:` and its words, a space before
//!    each.
//! 3. In every token CRLF counts as LF: it can only be there in a string, a `$$` body, a quoted
//!    identifier.
//! 4. Each token is hashed as the number of its bytes, 32 bits, least significant byte first, and
//!    its bytes.
//!
//! So re-indenting, comments and another line ending change nothing; a changed letter does, in
//! upper and lower case too.

use sha2::{Digest as _, Sha256};

use crate::Checksum;
use crate::directive;
use crate::tokens::{Lexed, passed_over};

/// The checksum of a script.
pub(crate) fn checksum(script: &Lexed<'_>) -> Checksum {
    // One buffer, hashed once: many small updates are slow in an unoptimised build.
    let mut stream = Vec::with_capacity(script.text.len() * 2);
    let has_crlf = script.text.contains("\r\n");
    let mut at_head = true;
    for token in &script.tokens {
        let text = script.text(*token);
        if script.is_line_comment(*token) {
            if let Some(words) = directive::normalised(text, at_head) {
                push(&mut stream, &words);
            }
        } else if !passed_over(*token) {
            at_head = false;
            if has_crlf && text.contains("\r\n") {
                push(&mut stream, &text.replace("\r\n", "\n"));
            } else {
                push(&mut stream, text);
            }
        }
    }
    Checksum(Sha256::digest(&stream).into())
}

fn push(stream: &mut Vec<u8>, token: &str) {
    // A file of more than 4 GiB is refused when it is read.
    stream.extend_from_slice(&(token.len() as u32).to_le_bytes());
    stream.extend_from_slice(token.as_bytes());
}

#[cfg(test)]
mod tests;
