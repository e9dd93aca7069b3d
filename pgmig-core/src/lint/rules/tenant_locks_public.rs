//! A foreign key to `public` made or dropped by a tenant migration.

use std::ops::Range;

use crate::Problem;
use crate::lint::{Level, Rule};
use crate::sql::cursor::Name;
use crate::sql::ddl::{Act, Alter, Change, ColumnConstraint, ConstraintRule, Kind};
use crate::sql::names::Context;

/// The rule.
pub(crate) const TENANT_LOCKS_PUBLIC: Rule = Rule {
    name: "tenant-locks-public",
    level: Level::Warn,
    lock: Some("SHARE ROW EXCLUSIVE"),
    about: "a foreign key to `public` made or dropped by a tenant migration",
    why: "It locks the table of `public` once for each tenant: SHARE ROW EXCLUSIVE to make it, so that writes wait, and ACCESS EXCLUSIVE to drop it, so that reads wait too. Over a thousand tenants, all of them feel it.",
    instead: "Keep such keys to the first migrations, when a tenant is provisioned; run a change of them when little is going on. pgmig waits for the lock for a short time only and tries again.",
    example: "ALTER TABLE invoices ADD FOREIGN KEY (user_id) REFERENCES public.users (id);",
    chapter: "Concurrency Control, Explicit Locking",
};

/// Finds it.
pub(crate) fn check(context: &Context<'_>) -> Vec<Problem> {
    match &context.statement.change {
        Change::Alter(alter) if alter.kind == Kind::Table && !context.is_new(&alter.name) => {
            altered(context, alter)
        }
        Change::Drop(drop) if drop.kind == Kind::Table => dropped(context, &drop.names),
        _ => Vec::new(),
    }
}

fn altered(context: &Context<'_>, alter: &Alter) -> Vec<Problem> {
    let mut found = Vec::new();
    for action in &alter.actions {
        match &action.act {
            Act::AddConstraint(constraint) => {
                if let ConstraintRule::ForeignKey { table, .. } = &constraint.rule {
                    found.extend(made(context, table, action.span.clone()));
                }
            }
            Act::AddColumn { column, .. } => {
                for constraint in &column.constraints {
                    if let ColumnConstraint::References { table, .. } = constraint {
                        found.extend(made(context, table, action.span.clone()));
                    }
                }
            }
            Act::DropConstraint { constraint, .. } => {
                let references = context.references_to_public(&alter.name);
                let gone = references
                    .into_iter()
                    .filter(|(name, _)| name == constraint.last());
                found.extend(gone.map(|(_, table)| freed(context, &table, action.span.clone())));
            }
            _ => {}
        }
    }
    found
}

fn dropped(context: &Context<'_>, names: &[Name]) -> Vec<Problem> {
    let old = names.iter().filter(|name| !context.is_new(name));
    let found = old.flat_map(|name| {
        let references = context.references_to_public(name);
        references
            .into_iter()
            .map(|(_, table)| freed(context, &table, name.span.clone()))
    });
    found.collect()
}

fn made(context: &Context<'_>, table: &Name, span: Range<usize>) -> Option<Problem> {
    context.is_public(table).then(|| {
        let title = format!(
            "writes to `public.{}` wait, once for each tenant",
            table.last()
        );
        context.problem(&TENANT_LOCKS_PUBLIC, title, span)
    })
}

fn freed(context: &Context<'_>, table: &str, span: Range<usize>) -> Problem {
    let title = format!("reads and writes of `public.{table}` wait, once for each tenant");
    context
        .checked
        .text
        .error(TENANT_LOCKS_PUBLIC.name, title, span)
        .note("dropping a foreign key takes ACCESS EXCLUSIVE on the table that it points to")
}

#[cfg(test)]
mod tests {
    use super::TENANT_LOCKS_PUBLIC;
    use crate::lint::testing::in_tenant;

    #[test]
    fn a_lock_on_public_is_found() {
        let public = "CREATE TABLE users (id int PRIMARY KEY);";
        let tenant = "CREATE TABLE t (id int, u int REFERENCES public.users (id));";
        let table: &[(&str, &[&str])] = &[
            (
                "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES public.users (id);",
                &["writes to `public.users` wait, once for each tenant"],
            ),
            (
                "ALTER TABLE t ADD w int REFERENCES users (id);",
                &["writes to `public.users` wait, once for each tenant"],
            ),
            (
                "ALTER TABLE t DROP CONSTRAINT t_u_fkey;",
                &["reads and writes of `public.users` wait, once for each tenant"],
            ),
            (
                "DROP TABLE t;",
                &["reads and writes of `public.users` wait, once for each tenant"],
            ),
            ("ALTER TABLE t ADD x int;", &[]),
            ("CREATE TABLE v (u int REFERENCES public.users (id));", &[]),
        ];
        for (sql, expected) in table {
            assert_eq!(
                in_tenant(&TENANT_LOCKS_PUBLIC, public, tenant, sql),
                *expected,
                "{sql}"
            );
        }
    }
}
