//! What the ledger has of repeatable migrations.
//!
//! `repeatable` has a row an application, `repeatable_set` one for each digest that a target was
//! brought to since its last version. Both came after the ledger's first form: who needs them and
//! does not find them makes them, and who does not need them never asks.

use sqlx::postgres::PgRow;

use super::{Ledger, block, utc};
use crate::db::{required, text};
use crate::repeatable::{Application, Applications, Repeats};
use crate::target::Target;
use crate::{Migration, quote};

impl Ledger {
    /// The statements that create the tables.
    pub(super) fn create_repeatable(&self) -> Vec<String> {
        let l = &self.quoted;
        vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.repeatable (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('public', 'drizzle', 'tenant')),
    name text NOT NULL,
    checksum text NOT NULL,
    version text,
    state text NOT NULL CHECK (state IN ('applied', 'forgotten')),
    app text NOT NULL,
    pgmig text NOT NULL,
    applied_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    duration_ms double precision,
    origin text
)"
            ),
            format!(
                "CREATE INDEX IF NOT EXISTS repeatable_of ON {l}.repeatable (schema, scope, name)"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {l}.repeatable_set (
    schema text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('public', 'drizzle', 'tenant')),
    digest bytea NOT NULL,
    head bytea NOT NULL,
    reached_at timestamptz NOT NULL,
    PRIMARY KEY (schema, scope, digest)
)"
            ),
        ]
    }

    /// An expression that is true where the target of `alias` was brought to a set with this digest.
    /// Without a digest there is nothing to be brought to.
    pub(crate) fn repeated(&self, alias: &str, digest: Option<[u8; 32]>) -> String {
        match digest {
            None => "true".to_owned(),
            Some(digest) => format!(
                "EXISTS (SELECT FROM {l}.repeatable_set AS d WHERE d.schema = {alias}.schema AND d.scope = {alias}.scope AND d.digest = {digest})",
                l = self.quoted,
                digest = quote::bytes(&digest),
            ),
        }
    }

    /// An expression for what a target's rows come down to; `mine` finds them in `r`.
    pub(crate) fn repeatable_fingerprint(&self, mine: &str) -> String {
        format!(
            "coalesce((SELECT pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(' ', r.name, r.checksum, r.version), E'\\n' ORDER BY r.id)) \
             FROM {l}.repeatable AS r WHERE {mine} AND r.state = 'applied'), '')",
            l = self.quoted,
        )
    }

    /// The query for what a target has.
    pub(crate) fn read_repeatable(&self, target: &Target) -> String {
        format!(
            "SELECT {fingerprint} AS fingerprint, a.name, a.checksum, a.version, a.app, {at} AS applied_at \
             FROM (SELECT 1) AS one LEFT JOIN {l}.repeatable AS a ON {condition} AND a.state = 'applied' ORDER BY a.id",
            fingerprint = self.repeatable_fingerprint(&target.condition("r")),
            at = utc("a.finished_at"),
            l = self.quoted,
            condition = target.condition("a"),
        )
    }

    /// Stops everything after it in the message when another process has applied some since.
    pub(crate) fn still_repeatable(&self, target: &Target, repeats: &Repeats) -> String {
        self.still(&format!(
            "{} = {}",
            self.repeatable_fingerprint(&target.condition("r")),
            quote::literal(&repeats.fingerprint)
        ))
    }

    /// Records a repeatable migration as applied since `since`, an expression. Returns how long it
    /// took.
    pub(crate) fn record_repeatable(
        &self,
        target: &Target,
        migration: &Migration,
        newest: Option<&str>,
        since: &str,
    ) -> String {
        format!(
            "WITH done AS (INSERT INTO {l}.repeatable (schema, scope, name, checksum, version, state, app, pgmig, applied_by, started_at, finished_at, duration_ms) \
             SELECT t.schema, t.scope, {name}, {checksum}, {newest}, 'applied', {app}, {pgmig}, session_user, \
             {since}, pg_catalog.clock_timestamp(), extract(epoch FROM pg_catalog.clock_timestamp() - {since}) * 1000 \
             FROM {l}.target AS t WHERE {condition} RETURNING duration_ms) \
             UPDATE {l}.target AS t SET updated_at = pg_catalog.clock_timestamp() WHERE {condition} \
             RETURNING (SELECT pg_catalog.round(done.duration_ms) FROM done) AS duration_ms",
            l = self.quoted,
            name = quote::literal(migration.name()),
            checksum = quote::literal(&migration.checksum().to_string()),
            newest = quote::nullable(newest),
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            condition = target.condition("t"),
        )
    }

    /// Records that a target was brought to the binary's set. Sets that belong to another version
    /// are no use any more: whoever has that version is behind.
    pub(crate) fn reached(&self, target: &Target, repeats: &Repeats) -> String {
        format!(
            "WITH old AS (DELETE FROM {l}.repeatable_set AS o USING {l}.target AS t \
             WHERE {other} AND {condition} AND o.head <> t.head), \
             reached AS (INSERT INTO {l}.repeatable_set (schema, scope, digest, head, reached_at) \
             SELECT t.schema, t.scope, {digest}, t.head, pg_catalog.clock_timestamp() FROM {l}.target AS t WHERE {condition} ON CONFLICT DO NOTHING) \
             UPDATE {l}.target AS t SET error = NULL, state = 'active', \
             since = CASE WHEN t.state = 'active' THEN t.since ELSE pg_catalog.clock_timestamp() END, \
             updated_at = pg_catalog.clock_timestamp() WHERE {condition}",
            l = self.quoted,
            other = target.condition("o"),
            condition = target.condition("t"),
            digest = quote::bytes(&repeats.digest),
        )
    }

    /// Lets a target's repeatable migrations count as never applied: one of its versions is taken
    /// back, or it is made anew.
    pub(crate) fn forget_repeatable(&self, target: &Target) -> String {
        self.where_repeatable(&format!(
            "UPDATE {l}.repeatable AS t SET state = 'forgotten' WHERE {condition} AND t.state = 'applied';
    DELETE FROM {l}.repeatable_set AS t WHERE {condition};",
            l = self.quoted,
            condition = target.condition("t"),
        ))
    }

    /// Removes all that there is of a target.
    pub(crate) fn remove_repeatable(&self, target: &Target) -> String {
        self.where_repeatable(&format!(
            "DELETE FROM {l}.repeatable AS t WHERE {condition};
    DELETE FROM {l}.repeatable_set AS t WHERE {condition};",
            l = self.quoted,
            condition = target.condition("t"),
        ))
    }

    /// Statements that run where the ledger has the tables.
    fn where_repeatable(&self, statements: &str) -> String {
        let table = format!("{}.repeatable_set", self.quoted);
        block(&format!(
            "BEGIN
  IF pg_catalog.to_regclass({table}) IS NOT NULL THEN
    {statements}
  END IF;
END",
            table = quote::literal(&table),
        ))
    }
}

impl Applications {
    /// Reads the answer to [`read_repeatable`](Ledger::read_repeatable).
    pub(crate) fn decode(rows: &[PgRow]) -> sqlx::Result<Self> {
        let mut read = Applications::default();
        for row in rows {
            read.fingerprint = required(row, "fingerprint")?;
            if let Some(name) = text(row, "name")? {
                read.rows.push(Application {
                    name,
                    checksum: required(row, "checksum")?,
                    version: text(row, "version")?,
                    applied_at: required(row, "applied_at")?,
                    app: required(row, "app")?,
                });
            }
        }
        Ok(read)
    }
}
