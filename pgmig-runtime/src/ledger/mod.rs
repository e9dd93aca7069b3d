//! The ledger: two tables in a schema of its own that say what is applied where.
//!
//! `target` has a row a schema, with the head digest of what is applied to it: up to date means
//! equal to the head that was embedded. `history` has a row a migration a schema. Both are written
//! in the transaction of the migration itself.

mod adopt;
mod baseline;
mod ddl;
mod journal;
mod read;
mod record;
mod repair;
mod repeatable;
mod rollback;
mod write;

pub(crate) use ddl::UNFINISHED;
pub(crate) use journal::Row;
pub(crate) use read::{Facts, State, TargetRow, nothing_in, numbers, recorded, unreadable};
pub(crate) use record::BEGUN;
pub(crate) use write::{LEASED, script_digest, set_config, set_local, timeouts};

use sha2::{Digest as _, Sha256};

use crate::quote;

/// The format that this pgmig writes. The comment on the ledger's schema says which one it has.
pub(crate) const FORMAT: u32 = 1;

/// Writes the SQL that reads and writes one ledger.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Its schema, unquoted.
    pub(crate) schema: String,
    /// Its schema, quoted.
    quoted: String,
    /// The app that applies, as text of SQL.
    app: String,
}

impl Ledger {
    pub(crate) fn new(schema: &str, app: &str) -> Self {
        Ledger {
            schema: schema.to_owned(),
            quoted: quote::ident(schema),
            app: quote::literal(app),
        }
    }

    /// Its schema, quoted.
    pub(crate) fn quoted(&self) -> &str {
        &self.quoted
    }

    /// The key of an advisory lock for something of this ledger. Taken only by
    /// `pg_try_advisory_xact_lock`: nobody waits for it, and it ends with the transaction.
    pub(crate) fn key(&self, of: &[&str]) -> i64 {
        let mut hash = Sha256::new();
        for part in ["pgmig", &self.schema].iter().chain(of) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        i64::from_be_bytes(first)
    }
}

/// A `DO` block. Its body is quoted as a string: a dollar quote could be ended by a schema's name.
pub(crate) fn block(body: &str) -> String {
    format!("DO LANGUAGE plpgsql {}", quote::literal(body))
}

/// A timestamp as RFC 3339 writes it, in UTC.
pub(crate) fn utc(expression: &str) -> String {
    format!("pg_catalog.to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
}
