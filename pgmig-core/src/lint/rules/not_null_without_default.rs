//! A column added `NOT NULL` without a default.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ColumnConstraint};
use crate::sql::names::Context;

/// The rule.
pub(crate) const NOT_NULL_WITHOUT_DEFAULT: Rule = Rule {
    name: "not-null-without-default",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a column added `NOT NULL` without a default",
    why: "PostgreSQL has no value for the rows that are there: the migration fails on every table that has one.",
    instead: "Give it a default, or add it without `NOT NULL`, fill it, and set `NOT NULL` later.",
    example: "ALTER TABLE invoices ADD COLUMN currency text NOT NULL;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD COLUMN currency text NOT NULL DEFAULT 'EUR';",
    chapter: "SQL Commands, ALTER TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddColumn { column, .. } = &action.act else {
            return None;
        };
        let is = |wanted: fn(&ColumnConstraint) -> bool| column.constraints.iter().any(wanted);
        let filled = is(|constraint| {
            matches!(
                constraint,
                ColumnConstraint::Default(_)
                    | ColumnConstraint::Identity
                    | ColumnConstraint::Generated { .. }
            )
        }) || column.ty.last().contains("serial");
        let needed = is(|constraint| {
            matches!(
                constraint,
                ColumnConstraint::NotNull | ColumnConstraint::PrimaryKey
            )
        });
        if !needed || filled {
            return None;
        }
        let title = format!("fails where `{}` has rows", alter.name.last());
        let problem = context.problem(&NOT_NULL_WITHOUT_DEFAULT, title, action.span.clone());
        Some(problem.help("give the column a default"))
    })
}

#[cfg(test)]
mod tests {
    use super::NOT_NULL_WITHOUT_DEFAULT;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_column_without_a_value_for_old_rows_is_found() {
        assert_eq!(
            found(
                &NOT_NULL_WITHOUT_DEFAULT,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD z int NOT NULL;"
            ),
            ["fails where `t` has rows"]
        );
        silent(
            &NOT_NULL_WITHOUT_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z int NOT NULL DEFAULT 1;",
        );
        silent(
            &NOT_NULL_WITHOUT_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z int;",
        );
        silent(
            &NOT_NULL_WITHOUT_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z int GENERATED ALWAYS AS IDENTITY NOT NULL;",
        );
    }
}
