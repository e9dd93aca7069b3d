//! An index built without `CONCURRENTLY` on a table that is in use.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Change;
use crate::sql::names::Context;

/// The rule.
pub(crate) const INDEX_WITHOUT_CONCURRENTLY: Rule = Rule {
    name: "index-without-concurrently",
    level: Level::Warn,
    lock: Some("SHARE"),
    about: "an index built without `CONCURRENTLY` on a table that is in use",
    why: "Writes to the table wait until the index is built, which takes as long as reading and sorting the whole table.",
    instead: "`CREATE INDEX CONCURRENTLY` in a migration with `-- pgmig: no-transaction`. On a schema that is being provisioned pgmig leaves the word out.",
    example: "CREATE INDEX invoices_due ON invoices (due);\n\
              \n\
              -- instead:\n\
              -- pgmig: no-transaction\n\
              CREATE INDEX CONCURRENTLY invoices_due ON invoices (due);",
    chapter: "SQL Commands, CREATE INDEX, \"Building Indexes Concurrently\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let Change::CreateIndex(index) = &context.statement.change else {
        return Vec::new();
    };
    // An index `ON ONLY` a partitioned table is made of nothing.
    if index.concurrently || index.only || context.is_new(&index.table) {
        return Vec::new();
    }
    let title = format!(
        "writes to `{}` wait until the index is built",
        index.table.last()
    );
    let problem = context
        .problem(&INDEX_WITHOUT_CONCURRENTLY, title, context.head())
        .help("write `CREATE INDEX CONCURRENTLY`, with `-- pgmig: no-transaction` at the head of the file");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::INDEX_WITHOUT_CONCURRENTLY;
    use crate::lint::testing::{found, silent};

    #[test]
    fn an_index_on_a_table_that_is_in_use_is_found() {
        assert_eq!(
            found(
                &INDEX_WITHOUT_CONCURRENTLY,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "CREATE INDEX i ON t (a);"
            ),
            ["writes to `t` wait until the index is built"]
        );
        silent(
            &INDEX_WITHOUT_CONCURRENTLY,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);",
        );
        silent(
            &INDEX_WITHOUT_CONCURRENTLY,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); CREATE INDEX i ON u (a);",
        );
        silent(
            &INDEX_WITHOUT_CONCURRENTLY,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE INDEX i ON ONLY t (a);",
        );
    }
}
