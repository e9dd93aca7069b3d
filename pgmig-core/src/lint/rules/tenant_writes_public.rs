//! Rows of another schema that a tenant's migration writes.

use crate::lint::{Level, Rule};

/// The rule.
pub(crate) const TENANT_WRITES_PUBLIC: Rule = Rule {
    name: "tenant-writes-public",
    level: Level::Deny,
    lock: Some("ROW EXCLUSIVE"),
    about: "a tenant's migration that inserts, updates or deletes rows outside its schema",
    why: "It runs once for each tenant: a row that is inserted is inserted a thousand times, and \
          with ROW EXCLUSIVE on the table every tenant waits for the same rows.",
    instead: "Change shared rows in a migration of `public`, which runs once.",
    example: "INSERT INTO public.plans (name) VALUES ('team');\n\
              \n\
              -- instead, in a migration of public:\n\
              INSERT INTO plans (name) VALUES ('team');",
    chapter: "Explicit Locking, Table-Level Locks",
};
