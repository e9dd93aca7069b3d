//! A column added with a default that differs from row to row.

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::cursor::fold;
use crate::sql::ddl::{Act, ColumnConstraint};
use crate::sql::names::Context;
use crate::sql::token::{Lexer, TokenKind};

/// The rule.
pub(crate) const VOLATILE_DEFAULT: Rule = Rule {
    name: "volatile-default",
    level: Level::Warn,
    lock: Some("ACCESS EXCLUSIVE"),
    about: "a column added with a default that differs from row to row",
    why: "A constant is kept once; a default such as `gen_random_uuid()` is worked out for each row, so the whole table is written again under a lock.",
    instead: "Add the column without the default, set the default for new rows, and fill the old rows in batches.",
    example: "ALTER TABLE invoices ADD COLUMN token uuid DEFAULT gen_random_uuid();\n\
              \n\
              -- instead:\n\
              ALTER TABLE invoices ADD COLUMN token uuid;\n\
              ALTER TABLE invoices ALTER COLUMN token SET DEFAULT gen_random_uuid();\n\
              -- and later, in batches:\n\
              UPDATE invoices SET token = gen_random_uuid() WHERE token IS NULL AND id BETWEEN 1 AND 10000;",
    chapter: "SQL Commands, ALTER TABLE, \"Notes\"",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    context.each_action(|alter, action| {
        let Act::AddColumn { column, .. } = &action.act else {
            return None;
        };
        let default = column
            .constraints
            .iter()
            .find_map(|constraint| match constraint {
                ColumnConstraint::Default(value) => Some(context.text(value)),
                _ => None,
            })?;
        let function = volatile(default)?;
        let title = format!(
            "`{}` is written again, because `{function}()` differs from row to row",
            alter.name.last()
        );
        let problem = context.problem(&VOLATILE_DEFAULT, title, action.span.clone());
        Some(
            problem.help(
                "add the column first, then set the default, then fill the old rows in batches",
            ),
        )
    })
}

/// The function in a default that gives another value for each row.
fn volatile(value: &str) -> Option<&'static str> {
    const VOLATILE: &[&str] = &[
        "gen_random_uuid",
        "uuid_generate_v1",
        "uuid_generate_v1mc",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
        "random",
        "clock_timestamp",
        "timeofday",
        "nextval",
        "gen_random_bytes",
    ];
    let tokens: Vec<_> = Lexer::new(value)
        .filter(|token| !token.is_trivia())
        .collect();
    tokens.windows(2).find_map(|pair| {
        let name = fold(&value[pair[0].range()]);
        let called = pair[0].kind == TokenKind::Word && &value[pair[1].range()] == "(";
        VOLATILE
            .iter()
            .copied()
            .find(|known| called && *known == name)
    })
}

#[cfg(test)]
mod tests {
    use super::VOLATILE_DEFAULT;
    use crate::lint::testing::{found, silent};

    #[test]
    fn a_default_that_rewrites_the_table_is_found() {
        assert_eq!(
            found(
                &VOLATILE_DEFAULT,
                "CREATE TABLE t (id int, a text, n varchar(10));",
                "ALTER TABLE t ADD z uuid DEFAULT gen_random_uuid();"
            ),
            ["`t` is written again, because `gen_random_uuid()` differs from row to row"]
        );
        silent(
            &VOLATILE_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z timestamptz DEFAULT now();",
        );
        silent(
            &VOLATILE_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z int DEFAULT 1;",
        );
        silent(
            &VOLATILE_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "CREATE TABLE u (a uuid DEFAULT gen_random_uuid());",
        );
        silent(
            &VOLATILE_DEFAULT,
            "CREATE TABLE t (id int, a text, n varchar(10));",
            "ALTER TABLE t ADD z text DEFAULT 'random()';",
        );
    }
}
