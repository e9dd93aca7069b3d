//! What is written about a migration outside a transaction: before and after each statement.

use super::{Ledger, block};
use crate::planner::{Step, Way, digest};
use crate::retry::MOVED;
use crate::target::Target;
use crate::{drizzle, quote};

/// A row of `history` that a process is working on.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: i64,
    /// The token of the process. Whoever takes the row over changes it, and the one before stops.
    pub(crate) owner: String,
}

/// How long a lease holds without a sign of life of its statement, in seconds. Longer than the
/// pause between two statements, and no longer: behind a pooler nothing else tells that the
/// process is dead.
const LEASE: u32 = 15;

impl Ledger {
    /// Begins the journal of a migration. No row comes back when another process has begun it since
    /// the plan was made.
    pub(crate) fn begin(
        &self,
        target: &Target,
        step: &Step,
        owner: &str,
        in_flight: bool,
    ) -> String {
        let migration = &step.migration.0;
        let down = migration.down.as_ref();
        let down = down.map(|down| quote::bytes(&super::script_digest(&down.0)));
        format!(
            "INSERT INTO {l}.history (schema, scope, version, name, checksum, head, state, statements, in_flight, done, owner, down, app, pgmig, applied_by, started_at, drizzle_at, drizzle_hash) \
             VALUES ({schema}, {scope}, {version}, {name}, {checksum}, {head}, 'running', 0, {in_flight}, {done}, {owner}, {down}, {app}, {pgmig}, session_user, pg_catalog.clock_timestamp(), {drizzle}) \
             ON CONFLICT DO NOTHING RETURNING id",
            l = self.quoted,
            schema = quote::literal(&target.schema),
            scope = quote::literal(target.scope.as_str()),
            version = quote::literal(migration.version),
            name = quote::literal(migration.name),
            checksum = quote::literal(&step.migration.checksum().to_string()),
            head = quote::bytes(&step.head),
            done = quote::bytes(&digest(&migration.up.0, 0)),
            owner = quote::literal(owner),
            down = down.as_deref().unwrap_or("NULL"),
            drizzle = drizzle::row(step.migration),
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
        )
    }

    /// Takes over what another process, or this one earlier, left unfinished. The file may have
    /// been mended after the statements that are done.
    pub(crate) fn take_over(&self, step: &Step, row: &Row) -> String {
        if let Way::Back(_) = step.way {
            return self.take_over_back(row);
        }
        format!(
            "UPDATE {l}.history SET owner = {owner}, checksum = {checksum}, name = {name}, app = {app}, pgmig = {pgmig} \
             WHERE id = {id} AND state = 'running' RETURNING id",
            l = self.quoted,
            owner = quote::literal(&row.owner),
            checksum = quote::literal(&step.migration.checksum().to_string()),
            name = quote::literal(step.migration.0.name),
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            id = row.id,
        )
    }

    /// The query for who worked on a row last.
    pub(crate) fn owner(&self, id: i64) -> String {
        format!("SELECT owner FROM {}.history WHERE id = {id}", self.quoted)
    }

    /// Stops everything after it in the message when the row is not this process's any more.
    pub(crate) fn fence(&self, row: &Row) -> String {
        block(&format!(
            "BEGIN
  PERFORM FROM {l}.history AS h WHERE h.id = {id} AND h.owner = {owner} AND h.state IN ('running', 'rolling_back') FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another process has taken the migration over' USING ERRCODE = '{MOVED}';
  END IF;
END",
            l = self.quoted,
            id = row.id,
            owner = quote::literal(&row.owner),
        ))
    }

    /// Notes that `done` statements are done, and whether the next one is begun.
    pub(crate) fn mark(&self, step: &Step, row: &Row, done: usize, in_flight: bool) -> String {
        format!(
            "UPDATE {l}.history SET statements = {done}, done = {digest}, in_flight = {in_flight} WHERE id = {id}",
            l = self.quoted,
            digest = quote::bytes(&digest(&step.migration.0.up.0, done)),
            id = row.id,
        )
    }

    /// Records the migration as applied and moves the head.
    pub(crate) fn finish(&self, target: &Target, step: &Step, row: &Row) -> String {
        if let Way::Back(id) = step.way {
            return self.roll_back(target, step, id);
        }
        format!(
            "WITH done AS (UPDATE {l}.history AS h SET state = 'applied', in_flight = false, owner = NULL, head = {head}, \
             finished_at = pg_catalog.clock_timestamp(), duration_ms = extract(epoch FROM pg_catalog.clock_timestamp() - h.started_at) * 1000 \
             WHERE h.id = {id} RETURNING duration_ms) \
             UPDATE {l}.target AS t SET {moved} WHERE {condition} \
             RETURNING (SELECT pg_catalog.round(done.duration_ms) FROM done) AS duration_ms",
            l = self.quoted,
            head = quote::bytes(&step.head),
            id = row.id,
            moved = super::record::moved(step),
            condition = target.condition("t"),
        )
    }

    /// Takes or renews a lease: the claim where there is no second connection to hold a row lock.
    /// Behind a pooler it names no backend.
    pub(crate) fn lease(&self, target: &Target, owner: &str, pooled: bool) -> String {
        let (pid, start) = match pooled {
            true => ("NULL", "NULL"),
            false => ("a.pid", "a.backend_start"),
        };
        format!(
            "UPDATE {l}.target AS t SET lease_owner = {owner}, lease_pid = {pid}, lease_backend_start = {start}, \
             lease_until = pg_catalog.clock_timestamp() + interval '{LEASE} s' \
             FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = pg_catalog.pg_backend_pid() AND {condition}",
            l = self.quoted,
            owner = quote::literal(owner),
            condition = target.condition("t"),
        )
    }

    /// Gives a lease back.
    pub(crate) fn release(&self, target: &Target, owner: &str) -> String {
        format!(
            "UPDATE {l}.target AS t SET lease_owner = NULL, lease_pid = NULL, lease_backend_start = NULL, lease_until = NULL \
             WHERE {condition} AND t.lease_owner = {owner}",
            l = self.quoted,
            owner = quote::literal(owner),
            condition = target.condition("t"),
        )
    }
}
