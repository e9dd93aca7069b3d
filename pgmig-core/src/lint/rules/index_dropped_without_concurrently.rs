//! An index dropped without `CONCURRENTLY`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Change, Kind};
use crate::sql::names::Context;

/// The rule.
pub(crate) const INDEX_DROPPED_WITHOUT_CONCURRENTLY: Rule = Rule {
    name: "index-dropped-without-concurrently",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "an index dropped without `CONCURRENTLY`",
    why: "Everything that reads or writes the table waits while `DROP INDEX` waits for the statements that run.",
    instead: "`DROP INDEX CONCURRENTLY` in a migration with `-- pgmig: no-transaction`.",
    example: "DROP INDEX invoices_due;\n\
              \n\
              -- instead:\n\
              -- pgmig: no-transaction\n\
              DROP INDEX CONCURRENTLY invoices_due;",
    chapter: "SQL Commands, DROP INDEX",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let Change::Drop(drop) = &context.statement.change else {
        return Vec::new();
    };
    if drop.kind != Kind::Index
        || drop.concurrently
        || drop.names.iter().all(|name| context.is_new(name))
    {
        return Vec::new();
    }
    let title = "the table of the index is locked while it is dropped".to_owned();
    let problem = context
        .problem(&INDEX_DROPPED_WITHOUT_CONCURRENTLY, title, context.head())
        .help("write `DROP INDEX CONCURRENTLY`, with `-- pgmig: no-transaction` at the head of the file");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::INDEX_DROPPED_WITHOUT_CONCURRENTLY;
    use crate::lint::testing::{found, silent};

    #[test]
    fn an_index_that_is_dropped_is_found() {
        let base = "CREATE TABLE t (a int); CREATE INDEX i ON t (a);";
        assert_eq!(
            found(&INDEX_DROPPED_WITHOUT_CONCURRENTLY, base, "DROP INDEX i;"),
            ["the table of the index is locked while it is dropped"]
        );
        silent(
            &INDEX_DROPPED_WITHOUT_CONCURRENTLY,
            base,
            "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY i;",
        );
    }
}
