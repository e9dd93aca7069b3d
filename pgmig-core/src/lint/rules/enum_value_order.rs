//! A value put between the others of an enum.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::{Act, Change};
use crate::sql::names::Context;

/// The rule.
pub(crate) const ENUM_VALUE_ORDER: Rule = Rule {
    name: "enum-value-order",
    level: Level::Warn,
    lock: None,
    about: "a value put between the others of an enum",
    why: "What is sorted or compared by the enum changes its order, and a value cannot be taken out or moved again.",
    instead: "Append the value, and sort by something of its own (a table, a `CASE`) where the order matters.",
    example: "ALTER TYPE status ADD VALUE 'overdue' BEFORE 'paid';\n\
              \n\
              -- instead:\n\
              ALTER TYPE status ADD VALUE 'overdue';",
    chapter: "Data Types, Enumerated Types",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    let Change::Alter(alter) = &context.statement.change else {
        return Vec::new();
    };
    let found = alter.actions.iter().filter_map(|action| {
        let Act::AddValue {
            label,
            placed: true,
            ..
        } = &action.act
        else {
            return None;
        };
        let title = format!(
            "`{label}` changes the order of `{}` for good",
            alter.name.last()
        );
        Some(context.problem(&ENUM_VALUE_ORDER, title, action.span.clone()))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::ENUM_VALUE_ORDER;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_value_in_between_is_found() {
        let base = "CREATE TYPE e AS ENUM ('a', 'c');";
        assert_eq!(
            found(
                &ENUM_VALUE_ORDER,
                base,
                "ALTER TYPE e ADD VALUE 'b' BEFORE 'c';"
            ),
            ["`b` changes the order of `e` for good"]
        );
        silent(&ENUM_VALUE_ORDER, base, "ALTER TYPE e ADD VALUE 'd';");
    }
}
