//! A materialized view refreshed without `CONCURRENTLY`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const REFRESH_WITHOUT_CONCURRENTLY: Rule = Rule {
    name: "refresh-without-concurrently",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a materialized view refreshed without `CONCURRENTLY`",
    why: "Everything that reads the view waits until its query has run.",
    instead: "`REFRESH MATERIALIZED VIEW CONCURRENTLY`, which needs a unique index on the view.",
    example: "REFRESH MATERIALIZED VIEW totals;\n\
              \n\
              -- instead:\n\
              REFRESH MATERIALIZED VIEW CONCURRENTLY totals;",
    chapter: "SQL Commands, REFRESH MATERIALIZED VIEW",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let facts = context.statement.facts;
    if facts.kind != "REFRESH MATERIALIZED VIEW" || facts.concurrently.is_some() {
        return Vec::new();
    }
    let mut cursor = context.cursor();
    cursor.eat(&["REFRESH", "MATERIALIZED", "VIEW"]);
    let Some(view) = cursor.name().filter(|view| !context.is_new(view)) else {
        return Vec::new();
    };
    let title = format!("reads of `{}` wait until its query has run", view.last());
    let problem = context
        .problem(&REFRESH_WITHOUT_CONCURRENTLY, title, context.head())
        .help("write `REFRESH MATERIALIZED VIEW CONCURRENTLY`");
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::REFRESH_WITHOUT_CONCURRENTLY;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_refresh_that_locks_is_found() {
        let base = "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;";
        assert_eq!(
            found(
                &REFRESH_WITHOUT_CONCURRENTLY,
                base,
                "REFRESH MATERIALIZED VIEW v;"
            ),
            ["reads of `v` wait until its query has run"]
        );
        silent(
            &REFRESH_WITHOUT_CONCURRENTLY,
            base,
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v;",
        );
    }
}
