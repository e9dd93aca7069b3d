//! `TRUNCATE`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const TABLE_EMPTIED: Rule = Rule {
    name: "table-emptied",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "`TRUNCATE`",
    why: "All rows are gone for good, and everything that reads or writes the table waits for the moment.",
    instead: "If only some rows are meant, `DELETE` with a condition.",
    example: "TRUNCATE invoices;",
    chapter: "SQL Commands, TRUNCATE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let facts = context.statement.facts;
    if facts.kind != "TRUNCATE" {
        return Vec::new();
    }
    let old = facts
        .objects
        .iter()
        .filter(|object| !context.is_new_name(&object.name));
    old.map(|object| {
        let title = format!("the rows of `{}` are lost", object.name);
        context.problem(&TABLE_EMPTIED, title, context.statement.raw.range())
    })
    .take(1)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::TABLE_EMPTIED;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_table_that_is_emptied_is_found() {
        assert_eq!(
            found(
                &TABLE_EMPTIED,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "TRUNCATE t;"
            ),
            ["the rows of `t` are lost"]
        );
        silent(
            &TABLE_EMPTIED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); TRUNCATE u;",
        );
    }
}
