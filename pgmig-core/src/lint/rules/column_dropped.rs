//! A column is dropped.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const COLUMN_DROPPED: Rule = Rule {
    name: "column-dropped",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a column is dropped",
    why: "Its values are gone for good, and the version of the application that still runs asks for it and fails.",
    instead: "Drop it in a release after the one that stopped using it.",
    example: "ALTER TABLE invoices DROP COLUMN note;",
    chapter: "SQL Commands, ALTER TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::DropColumn { column, .. } = &action.act else {
            return None;
        };
        let title = format!(
            "the values of `{}.{}` are lost",
            alter.name.last(),
            column.last()
        );
        let problem = context.problem(&COLUMN_DROPPED, title, action.span.clone());
        Some(problem.help("drop it in a release after the one that stopped using it"))
    })
}

#[cfg(test)]
mod tests {
    use super::COLUMN_DROPPED;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_dropped_column_is_found() {
        assert_eq!(
            found(
                &COLUMN_DROPPED,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t DROP a;"
            ),
            ["the values of `t.a` are lost"]
        );
        silent(
            &COLUMN_DROPPED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); ALTER TABLE u DROP a;",
        );
        silent(
            &COLUMN_DROPPED,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ALTER a DROP DEFAULT;",
        );
    }
}
