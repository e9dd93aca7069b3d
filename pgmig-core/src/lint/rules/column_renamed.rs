//! A column that is in use gets another name.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const COLUMN_RENAMED: Rule = Rule {
    name: "column-renamed",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a column that is in use gets another name",
    why: "The version of the application that still runs asks for the old name and fails.",
    instead: "Add a column with the new name, write to both, and drop the old one when nothing reads it.",
    example: "ALTER TABLE invoices RENAME COLUMN due TO due_on;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD COLUMN due_on date;\n\
              -- write to both; later, in batches:\n\
              UPDATE invoices SET due_on = due WHERE due_on IS NULL AND id BETWEEN 1 AND 10000;",
    chapter: "SQL Commands, ALTER TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|_, action| {
        let Act::RenameColumn { from, to } = &action.act else {
            return None;
        };
        let title = format!(
            "`{}` is called `{}` from one moment to the next",
            from.last(),
            to.last()
        );
        let problem = context.problem(&COLUMN_RENAMED, title, action.span.clone());
        Some(
            problem
                .help("add a column with the new name, and drop the old one when nothing reads it"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::COLUMN_RENAMED;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_new_name_of_a_column_is_found() {
        assert_eq!(
            found(
                &COLUMN_RENAMED,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t RENAME a TO b;"
            ),
            ["`a` is called `b` from one moment to the next"]
        );
        silent(
            &COLUMN_RENAMED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); ALTER TABLE u RENAME a TO b;",
        );
    }
}
