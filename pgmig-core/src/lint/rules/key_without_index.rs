//! A unique or primary key that builds its index while it is added.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ConstraintRule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const KEY_WITHOUT_INDEX: Rule = Rule {
    name: "key-without-index",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a unique or primary key that builds its index while it is added",
    why: "The index is built under a lock, and everything that reads or writes the table waits for that long.",
    instead: "Build the index with `CREATE UNIQUE INDEX CONCURRENTLY` first, then add the constraint `USING INDEX`, which takes a moment.",
    example: "ALTER TABLE invoices ADD CONSTRAINT invoices_number UNIQUE (number);\n\
              \n\
              -- instead:\n\
              -- pgmig: no-transaction\n\
              CREATE UNIQUE INDEX CONCURRENTLY invoices_number ON invoices (number);\n\
              -- and in a later migration:\n\
              ALTER TABLE invoices ADD CONSTRAINT invoices_number UNIQUE USING INDEX invoices_number;",
    chapter: "SQL Commands, ALTER TABLE, \"ADD table_constraint_using_index\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddConstraint(constraint) = &action.act else {
            return None;
        };
        let ConstraintRule::Key {
            using_index: None, ..
        } = &constraint.rule
        else {
            return None;
        };
        let title = format!(
            "`{}` is locked until the index of the key is built",
            alter.name.last()
        );
        let problem = context.problem(&KEY_WITHOUT_INDEX, title, action.span.clone());
        Some(problem.help("build the index `CONCURRENTLY` first, then add the key `USING INDEX`"))
    })
}

#[cfg(test)]
mod tests {
    use super::KEY_WITHOUT_INDEX;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_key_that_builds_its_index_is_found() {
        assert_eq!(
            found(
                &KEY_WITHOUT_INDEX,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD UNIQUE (a);"
            ),
            ["`t` is locked until the index of the key is built"]
        );
        assert_eq!(
            found(
                &KEY_WITHOUT_INDEX,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD PRIMARY KEY (id);"
            ),
            ["`t` is locked until the index of the key is built"]
        );
        silent(
            &KEY_WITHOUT_INDEX,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD UNIQUE USING INDEX i;",
        );
        silent(
            &KEY_WITHOUT_INDEX,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); ALTER TABLE u ADD UNIQUE (a);",
        );
    }
}
