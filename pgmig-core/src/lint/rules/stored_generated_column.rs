//! A stored generated column added to a table that is in use.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ColumnConstraint};
use crate::sql::names::Context;

/// The rule.
pub(crate) const STORED_GENERATED_COLUMN: Rule = Rule {
    name: "stored-generated-column",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a stored generated column added to a table that is in use",
    why: "The value of each row is worked out and stored, so the whole table is written again under a lock.",
    instead: "Add a plain column that a trigger fills, and fill the old rows in batches; on PostgreSQL 18 a virtual generated column writes nothing.",
    example: "ALTER TABLE invoices ADD COLUMN gross numeric GENERATED ALWAYS AS (net * 1.19) STORED;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD COLUMN gross numeric;\n\
              -- and a trigger that fills it",
    chapter: "Data Definition, Generated Columns",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddColumn { column, .. } = &action.act else {
            return None;
        };
        let stored = ColumnConstraint::Generated { stored: true };
        if !column.constraints.contains(&stored) {
            return None;
        }
        let title = format!(
            "`{}` is written again to store the values",
            alter.name.last()
        );
        Some(context.problem(&STORED_GENERATED_COLUMN, title, action.span.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::STORED_GENERATED_COLUMN;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_stored_column_is_found() {
        assert_eq!(
            found(
                &STORED_GENERATED_COLUMN,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD z int GENERATED ALWAYS AS (id + 1) STORED;"
            ),
            ["`t` is written again to store the values"]
        );
        silent(
            &STORED_GENERATED_COLUMN,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int, b int GENERATED ALWAYS AS (a) STORED);",
        );
    }
}
