//! What is written to the ledger, in the transaction of what it records.

use std::time::Duration;

use super::{Ledger, block};
use crate::embedded::{Object, Probe, ScriptParts, Span, StatementParts};
use crate::quote;
use crate::retry::{BUSY, MOVED};
use crate::target::Target;

/// Whether the process that holds a lease still lives. A connection of its own tells: its backend
/// goes with it, and while it works the term does not matter. Behind a pooler no backend belongs
/// to anybody, and only the term and a running statement with the owner's mark tell. What the role
/// may not see of a backend is taken to be so.
pub(crate) const LEASED: &str = "coalesce(CASE WHEN t.lease_pid IS NULL THEN t.lease_until > pg_catalog.clock_timestamp() \
    OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.state = 'active' \
    AND a.datname = pg_catalog.current_database() AND pg_catalog.starts_with(a.query, '/* pgmig ' || t.lease_owner || ' */')) \
    ELSE EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = t.lease_pid \
    AND coalesce(a.backend_start = t.lease_backend_start, true) \
    AND (t.lease_until > pg_catalog.clock_timestamp() OR \
    (a.pid <> pg_catalog.pg_backend_pid() AND coalesce(a.state, 'active') = 'active'))) END, false)";

impl Ledger {
    /// Sets what a target's migrations see, until the end of the transaction.
    pub(crate) fn settings(
        &self,
        target: &Target,
        lock_timeout: Duration,
        statement_timeout: Option<Duration>,
    ) -> String {
        let mut settings = vec![("search_path", target.search_path())];
        settings.extend(timeout_settings(lock_timeout, statement_timeout));
        set_local(&settings)
    }

    /// Claims the target for the transaction and makes sure that its head is the one that the plan
    /// was made for. Raises [`BUSY`] or [`MOVED`], and nothing after it runs.
    ///
    /// The claim is the row lock: it goes with the process, it holds behind a pooler, and nobody
    /// waits for it. For a target without a row it is an advisory lock, tried and not awaited, and
    /// a plain look before the INSERT: `ON CONFLICT` waits for whoever updates the row, with a
    /// snapshot that a concurrent index build waits for in turn. The row is read in a statement of
    /// its own once it is locked: what is computed beside a lock can be of the row as it was before.
    pub(crate) fn guard(&self, target: &Target, head: &str) -> String {
        let tenant = target.tenant.map(|id| id.to_string());
        block(&format!(
            "DECLARE
  claimed record;
BEGIN
  PERFORM FROM {l}.target AS t WHERE {condition} FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    SELECT t.head, {LEASED} AS leased, t.state = 'dropping' AS dropping INTO claimed FROM {l}.target AS t WHERE {condition};
    IF claimed.leased THEN
      RAISE EXCEPTION 'another process migrates this schema' USING ERRCODE = '{BUSY}';
    END IF;
    IF claimed.dropping THEN
      RAISE EXCEPTION 'the schema is being dropped' USING ERRCODE = '{MOVED}';
    END IF;
    IF claimed.head <> pg_catalog.decode('{head}', 'hex') THEN
      RAISE EXCEPTION 'the head has moved' USING ERRCODE = '{MOVED}';
    END IF;
    UPDATE {l}.target AS t SET updated_at = pg_catalog.clock_timestamp() WHERE {condition};
  ELSE
    IF NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN
      RAISE EXCEPTION 'another process migrates this schema' USING ERRCODE = '{BUSY}';
    END IF;
    IF EXISTS (SELECT FROM {l}.target AS t WHERE {condition}) THEN
      RAISE EXCEPTION 'another process migrates this schema' USING ERRCODE = '{BUSY}';
    END IF;
    INSERT INTO {l}.target (schema, scope, tenant, state, since, updated_at)
      VALUES ({schema}, {scope}, {tenant}, 'provisioning', pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp());
    IF '{head}' <> '' THEN
      RAISE EXCEPTION 'the head has moved' USING ERRCODE = '{MOVED}';
    END IF;
  END IF;
END",
            l = self.quoted,
            condition = target.condition("t"),
            key = self.key(&[target.scope.as_str(), &target.schema]),
            schema = quote::literal(&target.schema),
            scope = quote::literal(target.scope.as_str()),
            tenant = quote::nullable(tenant.as_deref()),
        ))
    }

    /// Keeps a down script as it is now, so that an older binary can take back what this one
    /// applied. Once for all schemas: the digest is the key.
    pub(crate) fn keep_script(&self, script: &ScriptParts) -> Vec<String> {
        let l = &self.quoted;
        let digest = quote::bytes(&script_digest(script));
        let mut statements = vec![format!(
            "INSERT INTO {l}.script (digest, path, sql, transactional, idempotent) \
             SELECT {digest}, {path}, {sql}, {transactional}, {idempotent} \
             WHERE NOT EXISTS (SELECT FROM {l}.script WHERE digest = {digest}) ON CONFLICT DO NOTHING",
            path = quote::literal(script.path),
            sql = quote::literal(script.text),
            transactional = script.transactional,
            idempotent = script.idempotent,
        )];
        let rows: Vec<String> = (1..)
            .zip(script.statements.slice())
            .map(|(number, statement)| statement_row(&digest, number, &statement.0))
            .collect();
        if !rows.is_empty() {
            statements.push(format!(
                "INSERT INTO {l}.statement (digest, number, first, last, line, kind, in_transaction, destroys_data, objects, probe, concurrent, slots) \
                 VALUES {} ON CONFLICT DO NOTHING",
                rows.join(", ")
            ));
        }
        statements
    }

    /// The query for those of the scripts that are kept already.
    pub(crate) fn kept_scripts(&self, scripts: &[&ScriptParts]) -> String {
        let digests: Vec<String> = scripts
            .iter()
            .map(|script| quote::bytes(&script_digest(script)))
            .collect();
        format!(
            "SELECT pg_catalog.encode(digest, 'hex') AS digest FROM {}.script WHERE digest IN ({})",
            self.quoted,
            digests.join(", ")
        )
    }
}

/// The row of one statement of a kept script: all that is needed to run it without a parser.
fn statement_row(digest: &str, number: i32, statement: &StatementParts) -> String {
    let spans = |spans: &[Span]| {
        let numbers: Vec<String> = spans.iter().map(|(a, b)| format!("{a}, {b}")).collect();
        format!("ARRAY[{}]::int[]", numbers.join(", "))
    };
    let words = |words: Vec<Option<&str>>| {
        let words: Vec<String> = words.into_iter().map(quote::nullable).collect();
        words.join(", ")
    };
    let objects = statement.objects.iter().flat_map(object_words);
    format!(
        "({digest}, {number}, {first}, {last}, {line}, {kind}, {in_transaction}, {destroys}, ARRAY[{objects}]::text[], ARRAY[{probe}]::text[], {concurrently}, {slots})",
        first = statement.span.0,
        last = statement.span.1,
        line = statement.line,
        kind = quote::literal(statement.kind),
        in_transaction = statement.in_transaction,
        destroys = statement.destroys_data,
        objects = words(objects.collect()),
        probe = words(probe_words(&statement.probe)),
        concurrently = statement
            .concurrently
            .map_or("NULL".to_owned(), |word| spans(&[word])),
        slots = spans(&statement.slots),
    )
}

/// A probe as words: its kind, then kind, schema and name of each object, then the label.
fn probe_words(probe: &Probe) -> Vec<Option<&'static str>> {
    let (kind, objects, label) = match probe {
        Probe::None => ("none", vec![], None),
        Probe::Repeat => ("repeat", vec![], None),
        Probe::IndexCreated(index) => ("index-created", vec![object_words(index)], None),
        Probe::IndexDropped(index) => ("index-dropped", vec![object_words(index)], None),
        Probe::EnumValue { on, label } => ("enum-value", vec![object_words(on)], Some(*label)),
        Probe::PartitionDetached { parent, partition } => (
            "partition-detached",
            vec![object_words(parent), object_words(partition)],
            None,
        ),
    };
    let mut words = vec![Some(kind)];
    words.extend(objects.into_iter().flatten());
    words.extend(label.map(Some));
    words
}

/// An object as words: kind, schema, name.
fn object_words(object: &Object) -> [Option<&'static str>; 3] {
    [Some(object.kind), object.schema, Some(object.name)]
}

/// Sets how long statements may wait and run, until the end of the transaction.
pub(crate) fn timeouts(lock_timeout: Duration, statement_timeout: Option<Duration>) -> String {
    set_local(&timeout_settings(lock_timeout, statement_timeout))
}

fn timeout_settings(
    lock_timeout: Duration,
    statement_timeout: Option<Duration>,
) -> [(&'static str, String); 2] {
    let statement_timeout = statement_timeout.map_or(0, |timeout| timeout.as_millis().max(1));
    [
        // Zero would mean to wait for ever.
        ("lock_timeout", lock_timeout.as_millis().max(1).to_string()),
        ("statement_timeout", statement_timeout.to_string()),
    ]
}

/// Sets parameters until the end of the transaction.
pub(crate) fn set_local(settings: &[(&'static str, String)]) -> String {
    set_config(settings, true)
}

/// Sets parameters, until the end of the transaction or of the session.
pub(crate) fn set_config(settings: &[(&'static str, String)], local: bool) -> String {
    let calls: Vec<String> = settings
        .iter()
        .map(|(name, value)| {
            format!(
                "pg_catalog.set_config('{name}', {}, {local})",
                quote::literal(value)
            )
        })
        .collect();
    format!("SELECT {}", calls.join(", "))
}

/// The key of a kept script.
pub(crate) fn script_digest(script: &ScriptParts) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(script.path);
    hash.update([
        0,
        u8::from(script.transactional),
        u8::from(script.idempotent),
    ]);
    hash.update(script.span.0.to_le_bytes());
    hash.update(script.span.1.to_le_bytes());
    hash.update(script.text);
    hash.finalize().into()
}
