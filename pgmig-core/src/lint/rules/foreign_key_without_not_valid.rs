//! A foreign key that is checked while it is added.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ConstraintRule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const FOREIGN_KEY_WITHOUT_NOT_VALID: Rule = Rule {
    name: "foreign-key-without-not-valid",
    level: Level::Warn,
    lock: Some("SHARE ROW EXCLUSIVE"),
    about: "a foreign key that is checked while it is added",
    why: "Every row of the table is looked up in the other table, and writes to both wait for that long.",
    instead: "Add it `NOT VALID`, which looks at no row; `VALIDATE CONSTRAINT` in a later migration looks at them and lets writes through.",
    example: "ALTER TABLE invoices ADD FOREIGN KEY (customer_id) REFERENCES customers (id);\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD CONSTRAINT invoices_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;\n\
              -- and in a later migration:\n\
              ALTER TABLE invoices VALIDATE CONSTRAINT invoices_customer;",
    chapter: "SQL Commands, ALTER TABLE, \"Notes\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddConstraint(constraint) = &action.act else {
            return None;
        };
        let ConstraintRule::ForeignKey { table, .. } = &constraint.rule else {
            return None;
        };
        if constraint.not_valid {
            return None;
        }
        let title = format!(
            "writes to `{}` and `{}` wait while each row is looked up",
            alter.name.last(),
            table.last()
        );
        let problem = context.problem(&FOREIGN_KEY_WITHOUT_NOT_VALID, title, action.span.clone());
        Some(problem.help("add it `NOT VALID`, and `VALIDATE CONSTRAINT` in a later migration"))
    })
}

#[cfg(test)]
mod tests {
    use super::FOREIGN_KEY_WITHOUT_NOT_VALID;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_foreign_key_that_looks_at_all_rows_is_found() {
        assert_eq!(
            found(
                &FOREIGN_KEY_WITHOUT_NOT_VALID,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "CREATE TABLE u (id int PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES u (id);"
            ),
            ["writes to `t` and `u` wait while each row is looked up"]
        );
        silent(
            &FOREIGN_KEY_WITHOUT_NOT_VALID,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES u (id)); ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES u (id) NOT VALID;",
        );
    }
}
