//! What is written to the ledger for several tenants at once, or about one that failed.

use crate::ledger::{Ledger, UNFINISHED, block};
use crate::quote;
use crate::retry::BUSY;
use crate::target::Target;

impl Ledger {
    /// Claims all of the tenants, whose schemas are given as an array, for the transaction. Raises
    /// [`BUSY`] unless each of them can share it: it is in no other hands, stands at the head that
    /// the plan was made for, has its schema, did not fail since `since`, and nothing of it is half
    /// done.
    ///
    /// A row that another transaction wrote meanwhile is held against the conditions as it is once
    /// it is locked (Transaction Isolation, "Read Committed Isolation Level"). What is half done
    /// stands in another table, and is asked for in a statement of its own after that.
    pub(super) fn claim_all(&self, schemas: &str, count: usize, head: &str, since: &str) -> String {
        block(&format!(
            "DECLARE
  schemas CONSTANT text[] := {schemas};
BEGIN
  IF (SELECT pg_catalog.count(*) FROM (SELECT FROM {l}.target AS t WHERE t.scope = 'tenant' AND t.schema = ANY (schemas) \
    AND t.head = pg_catalog.decode('{head}', 'hex') AND t.state <> 'dropping' AND t.lease_owner IS NULL \
    AND (t.state <> 'failed' OR t.updated_at < {since}::timestamptz) \
    AND pg_catalog.to_regnamespace(pg_catalog.quote_ident(t.schema)) IS NOT NULL FOR UPDATE SKIP LOCKED) AS c) <> {count} THEN
    RAISE EXCEPTION 'another process migrates one of these schemas' USING ERRCODE = '{BUSY}';
  END IF;
  IF EXISTS (SELECT FROM ({unfinished} OFFSET 0) AS u WHERE u.schema = ANY (schemas)) THEN
    RAISE EXCEPTION 'one of these schemas is half migrated' USING ERRCODE = '{BUSY}';
  END IF;
END",
            l = self.quoted(),
            since = quote::literal(since),
            unfinished = self.unfinished(),
        ))
    }

    /// The query for the schemas of tenants of which something is half done.
    pub(super) fn unfinished(&self) -> String {
        format!(
            "SELECT h.schema FROM {}.history AS h WHERE h.{UNFINISHED} AND h.scope = 'tenant'",
            self.quoted()
        )
    }

    /// Records that a tenant failed. Not where it got to `head` meanwhile, by another process; and
    /// nobody is waited for: who has the row just now will write what became of it.
    pub(super) fn fail(
        &self,
        target: &Target,
        head: &[u8],
        digest: Option<[u8; 32]>,
        message: &str,
    ) -> String {
        let tenant = target.tenant.map(|id| id.to_string());
        block(&format!(
            "BEGIN
  PERFORM FROM {l}.target AS t WHERE {condition} FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    UPDATE {l}.target AS t SET state = 'failed', error = {message}, updated_at = pg_catalog.clock_timestamp(),
      since = CASE WHEN t.state = 'failed' THEN t.since ELSE pg_catalog.clock_timestamp() END
      WHERE {condition} AND (t.head <> {head} OR NOT {repeated}) AND t.state <> 'dropping';
  ELSIF pg_catalog.pg_try_advisory_xact_lock({key}) AND NOT EXISTS (SELECT FROM {l}.target AS t WHERE {condition}) THEN
    INSERT INTO {l}.target (schema, scope, tenant, state, error, since, updated_at)
      VALUES ({schema}, {scope}, {tenant}, 'failed', {message}, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp())
      ON CONFLICT DO NOTHING;
  END IF;
END",
            l = self.quoted(),
            condition = target.condition("t"),
            key = self.key(&[target.scope.as_str(), &target.schema]),
            schema = quote::literal(&target.schema),
            scope = quote::literal(target.scope.as_str()),
            tenant = quote::nullable(tenant.as_deref()),
            message = quote::literal(message),
            repeated = self.repeated("t", digest),
            head = quote::bytes(head),
        ))
    }
}

/// The query for how many locks the transaction has, how many others have, and how many fit.
pub(super) const LOCKS: &str = "SELECT pg_catalog.count(*) FILTER (WHERE l.pid = pg_catalog.pg_backend_pid()) AS mine, \
    pg_catalog.count(*) FILTER (WHERE l.pid <> pg_catalog.pg_backend_pid()) AS others, \
    pg_catalog.current_setting('max_locks_per_transaction')::int * (pg_catalog.current_setting('max_connections')::int \
    + pg_catalog.current_setting('max_prepared_transactions')::int) AS room FROM pg_catalog.pg_locks AS l";
