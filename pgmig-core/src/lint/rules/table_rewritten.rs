//! `VACUUM FULL` or `CLUSTER`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::cursor::Cursor;
use crate::sql::names::Context;

/// The rule.
pub(crate) const TABLE_REWRITTEN: Rule = Rule {
    name: "table-rewritten",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "`VACUUM FULL` or `CLUSTER`",
    why: "The whole table is written again, and everything that reads or writes it waits for that long.",
    instead: "A plain `VACUUM` makes the space usable again; `pg_repack` gives it back without the lock.",
    example: "VACUUM FULL invoices;\n\
              \n\
              -- instead:\n\
              VACUUM invoices;",
    chapter: "SQL Commands, VACUUM",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut cursor = context.cursor();
    let cluster = cursor.eat(&["CLUSTER"]);
    let full = cursor.eat(&["VACUUM"]) && is_full(cursor);
    if !cluster && !full {
        return Vec::new();
    }
    let title = "the table is locked while all of it is written again".to_owned();
    vec![context.problem(&TABLE_REWRITTEN, title, context.head())]
}

/// `FULL` as a word, or as an option that is on.
fn is_full(mut cursor: Cursor<'_>) -> bool {
    if cursor.at(&["FULL"]) {
        return true;
    }
    let Some(mut options) = cursor.parens() else {
        return false;
    };
    while !options.done() {
        if options.eat(&["FULL"]) {
            return !options.at_any(&["FALSE", "OFF"]);
        }
        options.bump();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::TABLE_REWRITTEN;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_table_that_is_written_again_is_found() {
        assert_eq!(
            found(
                &TABLE_REWRITTEN,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "-- pgmig: no-transaction\nVACUUM FULL t;"
            ),
            ["the table is locked while all of it is written again"]
        );
        assert_eq!(
            found(
                &TABLE_REWRITTEN,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "-- pgmig: no-transaction\nVACUUM (ANALYZE, FULL) t;"
            ),
            ["the table is locked while all of it is written again"]
        );
        silent(
            &TABLE_REWRITTEN,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "-- pgmig: no-transaction\nVACUUM (FULL false) t;",
        );
        silent(
            &TABLE_REWRITTEN,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "-- pgmig: no-transaction\nVACUUM t;",
        );
    }
}
