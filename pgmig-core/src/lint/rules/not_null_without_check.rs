//! `SET NOT NULL` on a column that no check vouches for.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const NOT_NULL_WITHOUT_CHECK: Rule = Rule {
    name: "not-null-without-check",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "`SET NOT NULL` on a column that no check vouches for",
    why: "The whole table is read, and everything that reads or writes it waits for that long.",
    instead: "A check `column IS NOT NULL` that is added `NOT VALID` and validated later makes `SET NOT NULL` read nothing; it can be dropped afterwards.",
    example: "ALTER TABLE invoices ALTER COLUMN due SET NOT NULL;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD CONSTRAINT due_set CHECK (due IS NOT NULL) NOT VALID;\n\
              -- and in a later migration:\n\
              ALTER TABLE invoices VALIDATE CONSTRAINT due_set;\n\
              ALTER TABLE invoices ALTER COLUMN due SET NOT NULL;\n\
              ALTER TABLE invoices DROP CONSTRAINT due_set;",
    chapter: "SQL Commands, ALTER TABLE, \"Description\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::SetNotNull(column) = &action.act else {
            return None;
        };
        if context.is_checked_not_null(&alter.name, column) {
            return None;
        }
        let title = format!(
            "`{}` is locked while each row is looked at",
            alter.name.last()
        );
        let problem = context.problem(&NOT_NULL_WITHOUT_CHECK, title, action.span.clone());
        Some(problem.help(format!(
            "add `CHECK ({} IS NOT NULL) NOT VALID` and validate it in a migration before",
            column.last()
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::NOT_NULL_WITHOUT_CHECK;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_column_that_may_hold_nulls_is_found() {
        assert_eq!(
            found(
                &NOT_NULL_WITHOUT_CHECK,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ALTER a SET NOT NULL;"
            ),
            ["`t` is locked while each row is looked at"]
        );
        silent(
            &NOT_NULL_WITHOUT_CHECK,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); ALTER TABLE u ALTER a SET NOT NULL;",
        );
        silent(
            &NOT_NULL_WITHOUT_CHECK,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL;",
        );
    }
}
