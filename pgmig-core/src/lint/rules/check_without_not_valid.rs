//! A check that is tried on all rows while it is added.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ConstraintRule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const CHECK_WITHOUT_NOT_VALID: Rule = Rule {
    name: "check-without-not-valid",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a check that is tried on all rows while it is added",
    why: "The whole table is read, and everything that reads or writes it waits for that long.",
    instead: "Add it `NOT VALID`, which looks at no row; `VALIDATE CONSTRAINT` in a later migration looks at them and lets reads and writes through.",
    example: "ALTER TABLE invoices ADD CHECK (total >= 0);\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD CONSTRAINT invoices_total CHECK (total >= 0) NOT VALID;\n\
              -- and in a later migration:\n\
              ALTER TABLE invoices VALIDATE CONSTRAINT invoices_total;",
    chapter: "SQL Commands, ALTER TABLE, \"Notes\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddConstraint(constraint) = &action.act else {
            return None;
        };
        if !matches!(constraint.rule, ConstraintRule::Check(_)) || constraint.not_valid {
            return None;
        }
        let title = format!(
            "`{}` is locked while each row is checked",
            alter.name.last()
        );
        let problem = context.problem(&CHECK_WITHOUT_NOT_VALID, title, action.span.clone());
        Some(problem.help("add it `NOT VALID`, and `VALIDATE CONSTRAINT` in a later migration"))
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK_WITHOUT_NOT_VALID;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_check_that_looks_at_all_rows_is_found() {
        assert_eq!(
            found(
                &CHECK_WITHOUT_NOT_VALID,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD CHECK (id > 0);"
            ),
            ["`t` is locked while each row is checked"]
        );
        silent(
            &CHECK_WITHOUT_NOT_VALID,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID;",
        );
        silent(
            &CHECK_WITHOUT_NOT_VALID,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD COLUMN z int CHECK (z > 0);",
        );
    }
}
