//! What is written about migrations that count as applied: a baseline stands for them, or a schema that
//! was there is what they make.

use super::record::moved;
use super::{Ledger, script_digest};
use crate::planner::Step;
use crate::target::Target;
use crate::{drizzle, quote};

impl Ledger {
    /// Records the steps as applied, each with its own checksum, head and down script, so that a
    /// target is the same whichever way it came to be, and moves the head behind the last of them.
    /// `origin` says which way it was. Returns how long it took since the claim.
    pub(crate) fn record_flattened(&self, target: &Target, origin: &str, steps: &[Step]) -> String {
        let Some(last) = steps.last() else {
            return "SELECT 0 AS duration_ms".to_owned();
        };
        let rows: Vec<String> = (1..)
            .zip(steps)
            .map(|(place, step)| row(place, step))
            .collect();
        format!(
            "WITH done AS (INSERT INTO {l}.history (schema, scope, version, name, checksum, head, state, statements, down, app, pgmig, applied_by, started_at, finished_at, origin, drizzle_at, drizzle_hash) \
             SELECT t.schema, t.scope, v.version, v.name, v.checksum, v.head, 'applied', v.statements, v.down, {app}, {pgmig}, session_user, \
             t.updated_at, pg_catalog.clock_timestamp(), {origin}, v.drizzle_at, v.drizzle_hash \
             FROM {l}.target AS t CROSS JOIN (VALUES {rows}) AS v (place, version, name, checksum, head, statements, down, drizzle_at, drizzle_hash) \
             WHERE {condition} ORDER BY v.place RETURNING started_at) \
             UPDATE {l}.target AS t SET {moved} WHERE {condition} \
             RETURNING (SELECT pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.min(done.started_at)) * 1000) FROM done) AS duration_ms",
            l = self.quoted,
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            origin = quote::literal(origin),
            rows = rows.join(", "),
            condition = target.condition("t"),
            moved = moved(last),
        )
    }
}

fn row(place: usize, step: &Step) -> String {
    let migration = &step.migration.0;
    let down = migration.down.as_ref();
    let down = down.map(|down| quote::bytes(&script_digest(&down.0)));
    format!(
        "({place}, {version}, {name}, {checksum}, {head}, {statements}, {down}::bytea, {drizzle})",
        version = quote::literal(migration.version),
        name = quote::literal(migration.name),
        checksum = quote::literal(&step.migration.checksum().to_string()),
        head = quote::bytes(&step.head),
        statements = migration.up.0.statements.len(),
        down = down.as_deref().unwrap_or("NULL"),
        drizzle = drizzle::row(step.migration),
    )
}
