//! The ledger's tables, created once however many processes boot at the same time.

use super::{FORMAT, Ledger, block};
use crate::quote;
use crate::retry::BUSY;

/// What is true of rows of `history` whose migration is under way or was left half done. Hardly any
/// row is; with an index of just those nobody goes through all of it to find out.
pub(crate) const UNFINISHED: &str = "state IN ('running', 'rolling_back')";

impl Ledger {
    /// The statements that create the ledger. The first takes the claim and raises [`BUSY`] when
    /// another process has it: `CREATE ... IF NOT EXISTS` alone races with itself.
    ///
    /// The tables of repeatable migrations are made for a binary that has some.
    pub(crate) fn create(&self, repeatable: bool) -> Vec<String> {
        let l = &self.quoted;
        let mut statements = vec![
            self.create_schema(),
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.target (
    schema text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('public', 'drizzle', 'tenant')),
    tenant uuid UNIQUE,
    head bytea NOT NULL DEFAULT '',
    version text,
    state text NOT NULL CHECK (state IN ('provisioning', 'active', 'failed', 'dropping')),
    error text,
    since timestamptz NOT NULL,
    lease_owner text,
    lease_pid int,
    lease_backend_start timestamptz,
    lease_until timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (schema, scope)
)"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('public', 'drizzle', 'tenant')),
    version text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    head bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'applied', 'rolling_back', 'rolled_back')),
    statements int NOT NULL,
    in_flight boolean NOT NULL DEFAULT false,
    done bytea,
    owner text,
    down bytea,
    app text NOT NULL,
    pgmig text NOT NULL,
    applied_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    duration_ms double precision,
    rolled_back_at timestamptz,
    rolled_back_by text,
    origin text,
    drizzle_at bigint,
    drizzle_hash text
)"
            ),
            format!(
                "CREATE UNIQUE INDEX IF NOT EXISTS history_applied ON {l}.history (schema, scope, version) WHERE state <> 'rolled_back'"
            ),
            format!(
                "CREATE INDEX IF NOT EXISTS history_unfinished ON {l}.history (schema) WHERE {UNFINISHED}"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.script (
    digest bytea PRIMARY KEY,
    path text NOT NULL,
    sql text NOT NULL,
    transactional boolean NOT NULL,
    idempotent boolean NOT NULL
)"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.statement (
    digest bytea NOT NULL,
    number int NOT NULL,
    first int NOT NULL,
    last int NOT NULL,
    line int NOT NULL,
    kind text NOT NULL,
    in_transaction boolean NOT NULL,
    destroys_data boolean NOT NULL,
    objects text[] NOT NULL,
    probe text[] NOT NULL,
    concurrent int[],
    slots int[] NOT NULL,
    PRIMARY KEY (digest, number)
)"
            ),
        ];
        if repeatable {
            statements.extend(self.create_repeatable());
        }
        statements
    }

    /// The schema is created only where it is missing: a role without CREATE on the database may
    /// have been given one, and `IF NOT EXISTS` asks for the right all the same.
    fn create_schema(&self) -> String {
        block(&format!(
            "BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN
    RAISE EXCEPTION 'another process creates the ledger' USING ERRCODE = '{BUSY}';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {name}) THEN
    CREATE SCHEMA {quoted};
    COMMENT ON SCHEMA {quoted} IS 'pgmig ledger, format {FORMAT}';
  END IF;
END",
            key = self.key(&["ledger"]),
            name = quote::literal(&self.schema),
            quoted = self.quoted,
        ))
    }
}
