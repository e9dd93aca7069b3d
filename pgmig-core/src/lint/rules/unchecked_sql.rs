//! SQL that is put together while it runs.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const UNCHECKED_SQL: Rule = Rule {
    name: "unchecked-sql",
    level: Level::Warn,
    lock: None,
    about: "SQL that is put together while it runs",
    why: "pgmig cannot see what it does: after it, names that it may have changed are not checked any more.",
    instead: "Where the statement is known, write it out instead of `EXECUTE`.",
    example: "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 'invoices' || ' ADD note text'; END $$;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD note text;",
    chapter: "PL/pgSQL, Executing Dynamic Commands",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let blind = context.statement.facts.kind == "DO" && context.runs_unknown_sql();
    if !blind {
        return Vec::new();
    }
    let title = "what this block runs cannot be seen".to_owned();
    let problem = context
        .problem(&UNCHECKED_SQL, title, context.head())
        .note("names that it may create, change or drop are not checked from here on");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::UNCHECKED_SQL;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_block_with_dynamic_sql_is_found() {
        assert_eq!(
            found(
                &UNCHECKED_SQL,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 't'); END $$;"
            ),
            ["what this block runs cannot be seen"]
        );
        silent(
            &UNCHECKED_SQL,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "DO $$ BEGIN ALTER TABLE t ADD z int; END $$;",
        );
        silent(
            &UNCHECKED_SQL,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;",
        );
    }
}
