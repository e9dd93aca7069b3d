//! A partition attached without a check that matches its bounds.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, Change, Kind};
use crate::sql::names::Context;

/// The rule.
pub(crate) const PARTITION_ATTACHED_WITHOUT_CHECK: Rule = Rule {
    name: "partition-attached-without-check",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a partition attached without a check that matches its bounds",
    why: "Each row of the new partition is looked at under a lock on it, unless a valid check says the same as its bounds.",
    instead: "Add the check `NOT VALID` and validate it before; drop it afterwards.",
    example: "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n\
              \n\
              -- before it:\n\
              ALTER TABLE events_2026 ADD CONSTRAINT bounds CHECK (at >= '2026-01-01' AND at < '2027-01-01') NOT VALID;\n\
              ALTER TABLE events_2026 VALIDATE CONSTRAINT bounds;",
    chapter: "Data Definition, Table Partitioning",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let Change::Alter(alter) = &context.statement.change else {
        return Vec::new();
    };
    let found = alter.actions.iter().filter_map(|action| {
        let Act::AttachPartition(partition) = &action.act else {
            return None;
        };
        if alter.kind != Kind::Table || context.is_new(partition) || context.has_check(partition) {
            return None;
        }
        let title = format!("`{}` is locked while each row is checked", partition.last());
        let problem = context.problem(
            &PARTITION_ATTACHED_WITHOUT_CHECK,
            title,
            action.span.clone(),
        );
        Some(problem.help("give it a valid check that says the same as its bounds first"))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::PARTITION_ATTACHED_WITHOUT_CHECK;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_partition_with_rows_is_found() {
        assert_eq!(
            found(
                &PARTITION_ATTACHED_WITHOUT_CHECK,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "CREATE TABLE p (id int) PARTITION BY RANGE (id); ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1) TO (2);"
            ),
            ["`t` is locked while each row is checked"]
        );
        silent(
            &PARTITION_ATTACHED_WITHOUT_CHECK,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE q (id int); ALTER TABLE p ATTACH PARTITION q DEFAULT;",
        );
    }
}
