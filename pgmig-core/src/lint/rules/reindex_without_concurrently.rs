//! `REINDEX` without `CONCURRENTLY`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const REINDEX_WITHOUT_CONCURRENTLY: Rule = Rule {
    name: "reindex-without-concurrently",
    level: Level::Warn,
    lock: Some("SHARE"),
    about: "`REINDEX` without `CONCURRENTLY`",
    why: "Writes to the table wait until its indexes are built again, and reads that would use them wait too.",
    instead: "`REINDEX TABLE CONCURRENTLY` in a migration with `-- pgmig: no-transaction`.",
    example: "REINDEX TABLE invoices;\n\
              \n\
              -- instead:\n\
              -- pgmig: no-transaction\n\
              REINDEX TABLE CONCURRENTLY invoices;",
    chapter: "SQL Commands, REINDEX",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let facts = context.statement.facts;
    // The indexes of the system's own tables cannot be built beside their use.
    let system = context.cursor().seek(&["SYSTEM"]);
    if facts.kind != "REINDEX" || facts.concurrently.is_some() || system {
        return Vec::new();
    }
    let title = "writes wait until the indexes are built again".to_owned();
    let problem = context
        .problem(&REINDEX_WITHOUT_CONCURRENTLY, title, context.head())
        .help("write `REINDEX ... CONCURRENTLY`, with `-- pgmig: no-transaction` at the head of the file");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::REINDEX_WITHOUT_CONCURRENTLY;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_reindex_that_locks_is_found() {
        assert_eq!(
            found(
                &REINDEX_WITHOUT_CONCURRENTLY,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "REINDEX TABLE t;"
            ),
            ["writes wait until the indexes are built again"]
        );
        silent(
            &REINDEX_WITHOUT_CONCURRENTLY,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "-- pgmig: no-transaction\nREINDEX TABLE CONCURRENTLY t;",
        );
    }
}
