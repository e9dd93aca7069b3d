//! `DROP` of anything.

use super::{Drop, kind};
use crate::sql::cursor::Cursor;

/// Reads from behind `DROP`.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Drop> {
    let kind = kind(cursor)?;
    let concurrently = cursor.eat(&["CONCURRENTLY"]);
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    let mut names = Vec::new();
    loop {
        names.extend(cursor.name());
        cursor.skip_parens();
        if !cursor.eat(&[","]) {
            break;
        }
    }
    let table = if kind.is_of_table() && cursor.eat(&["ON"]) {
        cursor.name()
    } else {
        None
    };
    Some(Drop {
        kind,
        names,
        table,
        if_exists,
        cascade: cursor.eat(&["CASCADE"]),
        concurrently,
    })
}
