//! The look at a few tenants just before they are done: who is free, and where each stands.

use sqlx::postgres::PgRow;

use super::queue::Job;
use crate::db::{required, text, truth};
use crate::ledger::{LEASED, Ledger};
use crate::quote;

/// Where a tenant stands, by the ledger.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) schema: String,
    /// As hexadecimal digits.
    pub(super) head: String,
    pub(super) state: String,
    pub(super) error: Option<String>,
    /// Whether its row was written since the run began.
    pub(super) recent: bool,
    /// Whether its schema exists.
    pub(super) present: bool,
    /// Whether no other process has it in hand.
    pub(super) free: bool,
    /// Whether something of it is half done, or leased: nothing to share a transaction with.
    pub(super) unfinished: bool,
    /// Whether it was brought to the binary's set of repeatable migrations.
    pub(super) repeated: bool,
    /// What it has of repeatable migrations comes down to, where the binary has any.
    pub(super) fingerprint: String,
}

impl Ledger {
    /// The query for where tenants stand. `SKIP LOCKED` tells who has a claim without waiting for
    /// it; the locks that it takes itself end with the query.
    pub(super) fn pick(&self, jobs: &[Job], since: &str, digest: Option<[u8; 32]>) -> String {
        let l = self.quoted();
        let fingerprint = match digest {
            None => "''".to_owned(),
            Some(_) => self.repeatable_fingerprint("r.schema = t.schema AND r.scope = t.scope"),
        };
        let schemas = quote::texts(jobs.iter().map(|job| job.target.schema.as_str()));
        format!(
            "SELECT t.schema, pg_catalog.encode(t.head, 'hex') AS head, t.state, t.error, t.updated_at >= {since}::timestamptz AS recent, \
             n.oid IS NOT NULL AS present, c.schema IS NOT NULL AND NOT (t.lease_owner IS NOT NULL AND {LEASED}) AS free, \
             t.lease_owner IS NOT NULL OR t.schema IN ({unfinished}) AS unfinished, {repeated} AS repeated, {fingerprint} AS fingerprint \
             FROM {l}.target AS t \
             LEFT JOIN (SELECT k.schema FROM {l}.target AS k WHERE k.scope = 'tenant' AND k.schema = ANY ({schemas}) FOR UPDATE SKIP LOCKED) AS c ON c.schema = t.schema \
             LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema \
             WHERE t.scope = 'tenant' AND t.schema = ANY ({schemas})",
            repeated = self.repeated("t", digest),
            unfinished = self.unfinished(),
            since = quote::literal(since),
        )
    }
}

impl Standing {
    /// Where a tenant stands of which no more is known than its head: as most do. The claim finds out
    /// where it is not so.
    pub(super) fn likely(schema: String, head: String) -> Self {
        Standing {
            schema,
            head,
            state: "active".to_owned(),
            error: None,
            recent: false,
            present: true,
            free: true,
            unfinished: false,
            repeated: true,
            fingerprint: String::new(),
        }
    }

    pub(super) fn decode(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Standing {
            schema: required(row, "schema")?,
            head: required(row, "head")?,
            state: required(row, "state")?,
            error: text(row, "error")?,
            recent: truth(row, "recent")?,
            present: truth(row, "present")?,
            free: truth(row, "free")?,
            unfinished: truth(row, "unfinished")?,
            repeated: truth(row, "repeated")?,
            fingerprint: required(row, "fingerprint")?,
        })
    }
}
