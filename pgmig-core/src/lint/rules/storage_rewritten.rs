//! `SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const STORAGE_REWRITTEN: Rule = Rule {
    name: "storage-rewritten",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "`SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`",
    why: "The whole table is written again somewhere else, and everything that reads or writes it waits for that long.",
    instead: "Do it in a maintenance window, and give it a long enough statement timeout.",
    example: "ALTER TABLE invoices SET TABLESPACE fast;",
    chapter: "SQL Commands, ALTER TABLE",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        if action.act != Act::Rewrite {
            return None;
        }
        let title = format!(
            "`{}` is locked while all of it is written again",
            alter.name.last()
        );
        Some(context.problem(&STORAGE_REWRITTEN, title, action.span.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::STORAGE_REWRITTEN;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_table_that_moves_is_found() {
        assert_eq!(
            found(
                &STORAGE_REWRITTEN,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t SET UNLOGGED;"
            ),
            ["`t` is locked while all of it is written again"]
        );
        silent(
            &STORAGE_REWRITTEN,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t SET (fillfactor = 70);",
        );
    }
}
