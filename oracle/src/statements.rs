//! Statement by statement: files that PostgreSQL would not take as a whole still give many.

use std::path::PathBuf;

use crate::files::{Tally, sql_files};

/// Prints a table for all statements of the files below `roots`.
pub fn compare(roots: &[PathBuf], verbose: bool) {
    let mut tally = Tally {
        bodies: true,
        ..Tally::default()
    };
    for (path, text) in sql_files(roots) {
        let name = path.display().to_string();
        for statement in pgmig_core::sql::analyse(&text) {
            let text = &text[statement.range];
            // psql fills in its variables before the server sees them, and keeps its commands.
            if text.contains('\\') || has_variable(text) {
                continue;
            }
            tally.compare(&name, text, verbose);
        }
    }
    Tally::head();
    tally.row("statements");
}

/// `:name`, `:'name'` or `:"name"`, but not `::type`.
fn has_variable(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| {
        bytes[at] == b':'
            && at.checked_sub(1).is_none_or(|before| bytes[before] != b':')
            && bytes.get(at + 1).is_some_and(|next| {
                next.is_ascii_alphabetic() || matches!(next, b'\'' | b'"' | b'_')
            })
    })
}
