//! An exclusion constraint added to a table that is in use.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, ConstraintRule};
use crate::sql::names::Context;

/// The rule.
pub(crate) const EXCLUSION_CONSTRAINT: Rule = Rule {
    name: "exclusion-constraint",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "an exclusion constraint added to a table that is in use",
    why: "Its index is built under a lock, and there is no way to build it beforehand.",
    instead: "Do it in a maintenance window, or on a new table that takes over.",
    example: "ALTER TABLE bookings ADD EXCLUDE USING gist (room WITH =, during WITH &&);",
    chapter: "SQL Commands, CREATE TABLE, \"EXCLUDE\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddConstraint(constraint) = &action.act else {
            return None;
        };
        if constraint.rule != ConstraintRule::Exclude {
            return None;
        }
        let title = format!(
            "`{}` is locked until the index of the constraint is built",
            alter.name.last()
        );
        Some(context.problem(&EXCLUSION_CONSTRAINT, title, action.span.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::EXCLUSION_CONSTRAINT;
    use crate::lint::testing::{found, silent};

    #[test]
    fn an_exclusion_constraint_is_found() {
        assert_eq!(
            found(
                &EXCLUSION_CONSTRAINT,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD EXCLUDE USING btree (id WITH =);"
            ),
            ["`t` is locked until the index of the constraint is built"]
        );
        silent(
            &EXCLUSION_CONSTRAINT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int, EXCLUDE USING btree (a WITH =));",
        );
    }
}
