//! A table is dropped.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Change, Kind};
use crate::sql::names::Context;

/// The rule.
pub(crate) const TABLE_DROPPED: Rule = Rule {
    name: "table-dropped",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a table is dropped",
    why: "Its rows are gone for good, and the version of the application that still runs fails.",
    instead: "Drop it in a release after the one that stopped using it, with a backup at hand.",
    example: "DROP TABLE invoices;\n\
              \n\
              -- instead, one release earlier:\n\
              ALTER TABLE invoices RENAME TO invoices_unused;",
    chapter: "SQL Commands, DROP TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let Change::Drop(drop) = &context.statement.change else {
        return Vec::new();
    };
    if drop.kind != Kind::Table {
        return Vec::new();
    }
    let old = drop.names.iter().filter(|name| !context.is_new(name));
    old.map(|name| {
        let title = format!("the rows of `{}` are lost", name.last());
        context.problem(&TABLE_DROPPED, title, name.span.clone())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::TABLE_DROPPED;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_dropped_table_is_found() {
        assert_eq!(
            found(
                &TABLE_DROPPED,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "DROP TABLE t;"
            ),
            ["the rows of `t` are lost"]
        );
        silent(
            &TABLE_DROPPED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); DROP TABLE u;",
        );
        silent(
            &TABLE_DROPPED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TEMP TABLE x (a int); DROP TABLE x;",
        );
        silent(
            &TABLE_DROPPED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "DROP INDEX IF EXISTS i;",
        );
    }
}
