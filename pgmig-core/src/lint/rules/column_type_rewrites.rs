//! A change of type that writes the table again.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::ddl::Act;
use crate::sql::names::Context;

/// The rule.
pub(crate) const COLUMN_TYPE_REWRITES: Rule = Rule {
    name: "column-type-rewrites",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a change of type that writes the table again",
    why: "Unless the old values are stored as the new type would store them, the whole table and its indexes are written again under a lock.",
    instead: "Add a column of the new type, fill it in batches, and let the application change over; a longer `varchar`, or `text` for `varchar`, writes nothing.",
    example: "ALTER TABLE invoices ALTER COLUMN total TYPE bigint;\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD COLUMN total_cents bigint;\n\
              -- and later, in batches:\n\
              UPDATE invoices SET total_cents = total WHERE total_cents IS NULL AND id BETWEEN 1 AND 10000;",
    chapter: "SQL Commands, ALTER TABLE, \"Notes\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::ColumnType {
            column, written, ..
        } = &action.act
        else {
            return None;
        };
        let old = context.column_type(&alter.name, column);
        let new = Type::new(context.text(written));
        if old.is_some_and(|old| new.stores(&Type::new(old))) {
            return None;
        }
        let title = match old {
            Some(_) => format!("`{}` is written again", alter.name.last()),
            None => format!("`{}` may be written again", alter.name.last()),
        };
        let problem = context.problem(&COLUMN_TYPE_REWRITES, title, action.span.clone());
        Some(match old {
            Some(old) => problem.label(format!("the column is {old}")),
            None => problem,
        })
    })
}

/// A type as far as its storage goes.
struct Type {
    name: String,
    modifiers: Vec<u32>,
}

impl Type {
    fn new(written: &str) -> Self {
        let written = written.to_ascii_lowercase();
        let (name, rest) = written.split_once('(').unwrap_or((&written, ")"));
        let (modifiers, tail) = rest.split_once(')').unwrap_or((rest, ""));
        let words: Vec<&str> = name
            .split_whitespace()
            .chain(tail.split_whitespace())
            .collect();
        let name = match words.join(" ").as_str() {
            "character varying" => "varchar".to_owned(),
            "int" | "int4" => "integer".to_owned(),
            "decimal" => "numeric".to_owned(),
            "timestamp without time zone" => "timestamp".to_owned(),
            "timestamp with time zone" => "timestamptz".to_owned(),
            other => other.to_owned(),
        };
        let modifiers = modifiers.split(',');
        Type {
            name,
            modifiers: modifiers
                .filter_map(|part| part.trim().parse().ok())
                .collect(),
        }
    }

    /// Whether values of `old` are stored as this type stores them, and need no look.
    fn stores(&self, old: &Type) -> bool {
        let texts = ["varchar", "text"];
        let text = texts.contains(&old.name.as_str()) && texts.contains(&self.name.as_str());
        if text || self.name == old.name && self.name == "varchar" {
            return match (self.modifiers.first(), old.modifiers.first()) {
                (None, _) => true,
                (Some(new), Some(old)) => new >= old,
                (Some(_), None) => false,
            };
        }
        if self.name != old.name {
            return false;
        }
        match (self.modifiers.as_slice(), old.modifiers.as_slice()) {
            (new, old) if new == old => true,
            ([], _) => true,
            ([precision, scale @ ..], [before, scale_before @ ..]) => {
                precision >= before && scale == scale_before
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::COLUMN_TYPE_REWRITES;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_type_that_is_stored_differently_is_found() {
        assert_eq!(
            found(
                &COLUMN_TYPE_REWRITES,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ALTER id TYPE bigint;"
            ),
            ["`t` is written again"]
        );
        assert_eq!(
            found(
                &COLUMN_TYPE_REWRITES,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ALTER n TYPE varchar(5);"
            ),
            ["`t` is written again"]
        );
        silent(
            &COLUMN_TYPE_REWRITES,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ALTER n TYPE varchar(20);",
        );
        silent(
            &COLUMN_TYPE_REWRITES,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ALTER n TYPE text;",
        );
        silent(
            &COLUMN_TYPE_REWRITES,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ALTER a TYPE varchar;",
        );
        silent(
            &COLUMN_TYPE_REWRITES,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a int); ALTER TABLE u ALTER a TYPE bigint;",
        );
    }
}
