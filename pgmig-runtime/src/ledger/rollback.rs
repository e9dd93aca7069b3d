//! What is written and read when migrations are taken back.

use super::{Ledger, Row, block};
use crate::planner::{Step, digest};
use crate::target::Target;
use crate::{drizzle, quote};

impl Ledger {
    /// Records that the migration of row `id` was taken back and moves the head. Returns how long
    /// it took since the claim.
    pub(super) fn roll_back(&self, target: &Target, step: &Step, id: i64) -> String {
        format!(
            "WITH done AS (UPDATE {l}.history AS h SET state = 'rolled_back', in_flight = false, owner = NULL, \
             rolled_back_at = pg_catalog.clock_timestamp(), rolled_back_by = {app} WHERE h.id = {id}) \
             UPDATE {l}.target AS t SET {moved} FROM {l}.target AS b \
             WHERE {condition} AND b.schema = t.schema AND b.scope = t.scope \
             RETURNING pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - b.updated_at) * 1000) AS duration_ms",
            l = self.quoted,
            app = self.app,
            moved = super::record::moved(step),
            condition = target.condition("t"),
        )
    }

    /// Opens the journal of a down script that runs outside a transaction. The head moves back at
    /// once: what is half undone must not pass for applied. Returns the row, or none when it is not
    /// applied any more.
    pub(crate) fn begin_back(&self, target: &Target, step: &Step, id: i64) -> Vec<String> {
        vec![
            format!(
                "UPDATE {l}.history SET state = 'rolling_back', statements = 0, in_flight = false, done = {done} \
                 WHERE id = {id} AND state = 'applied' RETURNING id",
                l = self.quoted,
                done = quote::bytes(&digest(&step.migration.0.up.0, 0)),
            ),
            format!(
                "UPDATE {l}.target AS t SET {moved} WHERE {condition}",
                l = self.quoted,
                moved = super::record::moved(step),
                condition = target.condition("t"),
            ),
        ]
    }

    /// Takes what Drizzle's own ledger has of the migration of row `id` out of it, so that Drizzle
    /// would apply it again. A folder of 1.0 has kept the seconds of a time that 0.x may have written.
    pub(crate) fn forget_in_drizzle(&self, id: i64) -> String {
        let l = &self.quoted;
        let table = drizzle::TABLE;
        block(&format!(
            "BEGIN
  IF EXISTS (SELECT FROM {l}.history AS h WHERE h.id = {id} AND h.drizzle_at IS NOT NULL) AND pg_catalog.to_regclass('{table}') IS NOT NULL THEN
    DELETE FROM {table} AS d USING {l}.history AS h WHERE h.id = {id} AND d.hash = h.drizzle_hash
      AND (d.created_at = h.drizzle_at OR (h.drizzle_at % 1000 = 0 AND d.created_at / 1000 = h.drizzle_at / 1000));
  END IF;
END"
        ))
    }

    /// Takes over a journal on the way back.
    pub(super) fn take_over_back(&self, row: &Row) -> String {
        format!(
            "UPDATE {l}.history SET owner = {owner} WHERE id = {id} AND state = 'rolling_back' RETURNING id",
            l = self.quoted,
            owner = quote::literal(&row.owner),
            id = row.id,
        )
    }

    /// The queries for kept scripts, their statements and the words of those, by digests in
    /// hexadecimal digits.
    pub(crate) fn read_scripts(&self, digests: &[&str]) -> String {
        let digests: Vec<String> = digests
            .iter()
            .map(|digest| format!("pg_catalog.decode({}, 'hex')", quote::literal(digest)))
            .collect();
        format!(
            "SELECT pg_catalog.encode(s.digest, 'hex') AS digest, s.path, s.sql, s.transactional, s.idempotent \
             FROM {l}.script AS s WHERE s.digest IN ({digests}); \
             SELECT pg_catalog.encode(s.digest, 'hex') AS digest, s.number, s.first, s.last, s.line, s.kind, s.in_transaction, \
             s.destroys_data, pg_catalog.cardinality(s.objects) AS objects, \
             pg_catalog.array_to_string(s.concurrent, ' ') AS concurrent, pg_catalog.array_to_string(s.slots, ' ') AS slots \
             FROM {l}.statement AS s WHERE s.digest IN ({digests}) ORDER BY s.digest, s.number; \
             SELECT pg_catalog.encode(s.digest, 'hex') AS digest, s.number, w.word FROM {l}.statement AS s \
             CROSS JOIN LATERAL pg_catalog.unnest(s.objects || s.probe) WITH ORDINALITY AS w (word, place) \
             WHERE s.digest IN ({digests}) ORDER BY s.digest, s.number, w.place",
            l = self.quoted,
            digests = digests.join(", "),
        )
    }
}
