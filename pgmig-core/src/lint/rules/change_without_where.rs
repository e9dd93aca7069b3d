//! `UPDATE` or `DELETE` of all rows.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const CHANGE_WITHOUT_WHERE: Rule = Rule {
    name: "change-without-where",
    level: Level::Warn,
    lock: Some("ROW EXCLUSIVE"),
    about: "`UPDATE` or `DELETE` of all rows",
    why: "Every row is written in one transaction: the rows stay locked until the migration commits, the table grows to twice its size, and replicas fall behind.",
    instead: "Change the rows in batches outside the migration; if all rows are meant, say so with `WHERE true`.",
    example: "UPDATE invoices SET currency = 'EUR';\n\
              \n\
              -- instead, in batches:\n\
              UPDATE invoices SET currency = 'EUR' WHERE currency IS NULL AND id BETWEEN 1 AND 10000;",
    chapter: "Concurrency Control, Explicit Locking",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let facts = context.statement.facts;
    if !matches!(facts.kind.as_str(), "UPDATE" | "DELETE") {
        return Vec::new();
    }
    let mut cursor = context.cursor();
    if cursor.at(&["WITH"]) || cursor.seek(&["WHERE"]) {
        return Vec::new();
    }
    let Some(object) = facts.objects.first() else {
        return Vec::new();
    };
    if context.is_new_name(&object.name) {
        return Vec::new();
    }
    let title = format!(
        "every row of `{}` is changed in one transaction",
        object.name
    );
    let problem = context
        .problem(&CHANGE_WITHOUT_WHERE, title, context.head())
        .help("if all rows are meant, write `WHERE true`");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::CHANGE_WITHOUT_WHERE;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_change_of_all_rows_is_found() {
        assert_eq!(
            found(
                &CHANGE_WITHOUT_WHERE,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "UPDATE t SET a = 'x';"
            ),
            ["every row of `t` is changed in one transaction"]
        );
        assert_eq!(
            found(
                &CHANGE_WITHOUT_WHERE,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "DELETE FROM t;"
            ),
            ["every row of `t` is changed in one transaction"]
        );
        silent(
            &CHANGE_WITHOUT_WHERE,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "UPDATE t SET a = 'x' WHERE a IS NULL;",
        );
        silent(
            &CHANGE_WITHOUT_WHERE,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); DELETE FROM u;",
        );
    }
}
