//! What only psql understands: its commands, and the rows that it sends after a `COPY`.

use std::ops::Range;

use super::cursor::Cursor;
use super::split::{Raw, Split};
use super::syntax::Text;
use super::token::TokenKind;
use crate::Problem;

/// Lines that `pg_dump` writes and that mean nothing to a migration.
const DROPPED: [&str; 2] = ["\\restrict", "\\unrestrict"];

/// The problems of a script that has been cut up.
pub(super) fn problems(text: Text<'_>, split: &Split) -> Vec<Problem> {
    let mut found = Vec::new();
    for range in &split.metas {
        found.extend(command(text, range.clone()));
    }
    for raw in &split.statements {
        found.extend(copy(text, raw));
    }
    found
}

/// The psql command in a statement, if there is one.
pub(super) fn inside(text: Text<'_>, raw: &Raw) -> Option<Problem> {
    let meta = raw
        .tokens
        .iter()
        .find(|token| token.kind == TokenKind::Meta);
    meta.and_then(|token| command(text, token.range()))
}

fn command(text: Text<'_>, range: Range<usize>) -> Option<Problem> {
    let line = &text.written[range.clone()];
    let name = line.split_whitespace().next()?;
    if DROPPED.contains(&name) {
        return None;
    }
    let help = match name {
        "\\i" | "\\ir" | "\\include" => "put the statements of that file here",
        "\\c" | "\\connect" => "the connection is the application's; delete the line",
        "\\copy" => "write the rows as `INSERT` statements",
        "\\set" | "\\gset" => "write the values into the statements",
        "\\g" | "\\gx" => "end the statement with `;`",
        "\\." => "delete the line; rows of a `COPY` have to be `INSERT` statements",
        _ => "delete the line",
    };
    let title = format!("`{name}` is a command of psql");
    let problem = text.error("psql-command", title, range.start..range.start + name.len());
    Some(
        problem
            .note("a migration goes to the server, which knows none of psql's commands")
            .help(help),
    )
}

/// `COPY` from or to the client, which is not psql here.
fn copy(text: Text<'_>, raw: &Raw) -> Option<Problem> {
    let mut cursor = Cursor::new(text.masked, &raw.tokens);
    if !cursor.eat(&["COPY"]) || !cursor.seek(&["STDIN", "STDOUT"]) {
        return None;
    }
    let reads = cursor.at(&["STDIN"]);
    let span = cursor.peek()?.range();
    let problem = if reads {
        text.error(
            "copy-from-stdin",
            "`COPY ... FROM stdin` reads from psql".to_owned(),
            span,
        )
        .label("nothing sends these rows")
        .help("write the rows as `INSERT` statements")
        .help("`pg_dump --inserts` or `--rows-per-insert=1000` writes them so")
    } else {
        text.error(
            "copy-to-stdout",
            "`COPY ... TO stdout` writes to psql".to_owned(),
            span,
        )
        .label("nothing reads these rows")
        .help("delete the statement")
    };
    Some(problem)
}
