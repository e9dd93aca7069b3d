//! A table that is in use gets another name.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const TABLE_RENAMED: Rule = Rule {
    name: "table-renamed",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a table that is in use gets another name",
    why: "The version of the application that still runs asks for the old name and fails.",
    instead: "Leave a view with the old name until no version asks for it, or keep the name.",
    example: "ALTER TABLE invoices RENAME TO bills;\n\
              \n\
              -- instead, in the same migration:\n\
              ALTER TABLE invoices RENAME TO bills;\n\
              CREATE VIEW invoices AS SELECT * FROM bills;",
    chapter: "SQL Commands, ALTER TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::RenameTo(to) = &action.act else {
            return None;
        };
        let title = format!(
            "`{}` is called `{}` from one moment to the next",
            alter.name.last(),
            to.last()
        );
        let problem = context.problem(&TABLE_RENAMED, title, action.span.clone());
        Some(problem.help("leave a view with the old name until no running version asks for it"))
    })
}

#[cfg(test)]
mod tests {
    use super::TABLE_RENAMED;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_new_name_of_a_table_is_found() {
        assert_eq!(
            found(
                &TABLE_RENAMED,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t RENAME TO u;"
            ),
            ["`t` is called `u` from one moment to the next"]
        );
        silent(
            &TABLE_RENAMED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE a (id int); ALTER TABLE a RENAME TO b;",
        );
        silent(
            &TABLE_RENAMED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER INDEX IF EXISTS i RENAME TO j;",
        );
    }
}
