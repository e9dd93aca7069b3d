//! A partition detached without `CONCURRENTLY`.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const PARTITION_DETACHED_WITHOUT_CONCURRENTLY: Rule = Rule {
    name: "partition-detached-without-concurrently",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a partition detached without `CONCURRENTLY`",
    why: "Everything that reads or writes the partitioned table waits while the statement waits for what runs.",
    instead: "`DETACH PARTITION ... CONCURRENTLY` in a migration with `-- pgmig: no-transaction` (PostgreSQL 14 and later).",
    example: "ALTER TABLE events DETACH PARTITION events_2020;\n\
              \n\
              -- instead:\n\
              -- pgmig: no-transaction\n\
              ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;",
    chapter: "SQL Commands, ALTER TABLE, \"DETACH PARTITION\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::DetachPartition {
            concurrently: false,
            ..
        } = &action.act
        else {
            return None;
        };
        if context.text(&action.span).to_ascii_uppercase().ends_with("FINALIZE") {
            return None;
        }
        let title = format!("`{}` is locked while the partition is detached", alter.name.last());
        let problem = context.problem(&PARTITION_DETACHED_WITHOUT_CONCURRENTLY, title, action.span.clone());
        Some(problem.help("write `CONCURRENTLY` behind it, with `-- pgmig: no-transaction` at the head of the file"))
    })
}

#[cfg(test)]
mod tests {
    use super::PARTITION_DETACHED_WITHOUT_CONCURRENTLY;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_partition_that_is_detached_is_found() {
        let rule = &PARTITION_DETACHED_WITHOUT_CONCURRENTLY;
        let base = "CREATE TABLE p (id int) PARTITION BY LIST (id); \
                    CREATE TABLE q PARTITION OF p DEFAULT;";
        assert_eq!(
            found(rule, base, "ALTER TABLE p DETACH PARTITION q;"),
            ["`p` is locked while the partition is detached"]
        );
        let concurrently =
            "-- pgmig: no-transaction\nALTER TABLE p DETACH PARTITION q CONCURRENTLY;";
        silent(rule, base, concurrently);
    }
}
