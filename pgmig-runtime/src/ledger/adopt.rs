//! What is written about migrations that another tool applied.

use std::collections::BTreeMap;

use super::{Ledger, block, script_digest};
use crate::adopt::Adopted;
use crate::planner::{Recorded, checksum_bytes, head};
use crate::retry::MOVED;
use crate::target::Target;
use crate::{Migration, Version, drizzle, quote};

impl Ledger {
    /// Stops everything after it in the message unless the condition holds.
    pub(crate) fn still(&self, condition: &str) -> String {
        block(&format!(
            "BEGIN
  IF NOT ({condition}) THEN
    RAISE EXCEPTION 'what another tool recorded has changed' USING ERRCODE = '{MOVED}';
  END IF;
END"
        ))
    }

    /// Records migrations as applied by another tool and moves the head; `recorded` is what the
    /// ledger has already.
    pub(crate) fn adopt(
        &self,
        target: &Target,
        adopted: &Adopted,
        recorded: &[Recorded],
    ) -> Vec<String> {
        let mut chain: BTreeMap<Version<'_>, [u8; 32]> = recorded
            .iter()
            .filter(|row| row.running.is_none())
            .map(|row| (Version::new(&row.version), checksum_bytes(&row.checksum)))
            .collect();
        let origin = quote::literal(&adopted.origin());
        let mut rows = Vec::new();
        for (migration, at) in &adopted.migrations {
            chain.insert(migration.version(), migration.0.checksum);
            let down = migration.0.down.as_ref();
            let down = down.map(|down| quote::bytes(&script_digest(&down.0)));
            let at = at
                .as_ref()
                .map_or("pg_catalog.clock_timestamp()".to_owned(), |at| {
                    format!("{}::timestamptz", quote::literal(at))
                });
            rows.push(format!(
                "({schema}, {scope}, {version}, {name}, {checksum}, {head}, 'applied', {statements}, {down}::bytea, {app}, {pgmig}, session_user, {at}, {at}, {origin}, {drizzle})",
                schema = quote::literal(&target.schema),
                scope = quote::literal(target.scope.as_str()),
                version = quote::literal(migration.0.version),
                name = quote::literal(migration.0.name),
                checksum = quote::literal(&migration.checksum().to_string()),
                head = quote::bytes(&head(chain.values())),
                statements = migration.0.up.0.statements.len(),
                down = down.as_deref().unwrap_or("NULL"),
                drizzle = drizzle::row(migration),
                app = self.app,
                pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            ));
        }
        let newest = chain
            .keys()
            .next_back()
            .map_or("", |version| version.as_str());
        let mut statements = vec![
            format!(
                "INSERT INTO {l}.history (schema, scope, version, name, checksum, head, state, statements, down, app, pgmig, applied_by, started_at, finished_at, origin, drizzle_at, drizzle_hash) VALUES {rows}",
                l = self.quoted,
                rows = rows.join(", "),
            ),
            format!(
                "UPDATE {l}.target AS t SET head = {head}, version = {newest}, error = NULL, state = 'active', \
                 since = CASE WHEN t.state = 'active' THEN t.since ELSE pg_catalog.clock_timestamp() END, \
                 updated_at = pg_catalog.clock_timestamp() WHERE {condition}",
                l = self.quoted,
                head = quote::bytes(&head(chain.values())),
                newest = quote::literal(newest),
                condition = target.condition("t"),
            ),
        ];
        for (migration, at) in &adopted.repeatable {
            statements.push(self.adopt_repeatable(target, migration, at.as_deref(), &origin));
        }
        statements
    }

    /// Records a repeatable migration as applied by another tool.
    fn adopt_repeatable(
        &self,
        target: &Target,
        migration: &Migration,
        at: Option<&str>,
        origin: &str,
    ) -> String {
        let now = "pg_catalog.clock_timestamp()".to_owned();
        let at = at.map_or(now, |at| format!("{}::timestamptz", quote::literal(at)));
        format!(
            "INSERT INTO {l}.repeatable (schema, scope, name, checksum, version, state, app, pgmig, applied_by, started_at, finished_at, origin) \
             SELECT t.schema, t.scope, {name}, {checksum}, t.version, 'applied', {app}, {pgmig}, session_user, {at}, {at}, {origin} \
             FROM {l}.target AS t WHERE {condition}",
            l = self.quoted,
            name = quote::literal(migration.name()),
            checksum = quote::literal(&migration.checksum().to_string()),
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            condition = target.condition("t"),
        )
    }
}
