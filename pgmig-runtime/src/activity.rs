//! Who is in the way: sessions of the server, as far as the role may see them.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::db::{Session, number, required, send, text};
use crate::error::Activity;
use crate::quote;
use crate::target::Target;

const COLUMNS: &str = "a.pid, a.query, a.state, a.application_name, \
    coalesce(pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000), 0) AS running";

/// The session that most likely has the lock that could not be had: the oldest other transaction
/// with a lock on a relation of the target's schema, or of `public`.
pub(crate) async fn blocker(session: &mut Session<'_>, target: &Target) -> Option<Activity> {
    let query = format!(
        "SELECT {COLUMNS} FROM pg_catalog.pg_stat_activity AS a WHERE a.pid <> pg_catalog.pg_backend_pid() \
         AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE l.pid = a.pid AND l.granted AND n.nspname IN ({}, 'public') \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) \
         ORDER BY a.xact_start NULLS LAST LIMIT 1",
        quote::literal(&target.schema)
    );
    first(session, query).await
}

/// The session that most likely has the claim of a target: the oldest transaction that locked rows
/// of the ledger.
pub(crate) async fn holder(session: &mut Session<'_>, ledger: &str) -> Option<Activity> {
    let query = format!(
        "SELECT {COLUMNS} FROM pg_catalog.pg_stat_activity AS a WHERE a.pid <> pg_catalog.pg_backend_pid() \
         AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE l.pid = a.pid AND l.granted \
         AND l.relation = pg_catalog.to_regclass({}) AND l.mode IN ('RowShareLock', 'RowExclusiveLock')) \
         ORDER BY a.xact_start NULLS LAST LIMIT 1",
        quote::literal(&format!("{}.target", quote::ident(ledger)))
    );
    first(session, query).await
}

/// The session that blocks the one whose message begins with `marker`; the oldest where several do.
pub(crate) async fn blocking(
    connection: &mut PgConnection,
    marker: &str,
) -> sqlx::Result<Option<Activity>> {
    let query = format!(
        "SELECT {COLUMNS} FROM pg_catalog.pg_stat_activity AS w \
         CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid) \
         JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid \
         WHERE w.state = 'active' AND pg_catalog.left(w.query, {}) = {} \
         ORDER BY a.xact_start NULLS LAST LIMIT 1",
        marker.chars().count(),
        quote::literal(marker)
    );
    let answers = send(connection, query)
        .await
        .map_err(|failed| failed.error)?;
    answers.iter().flatten().next().map(decode).transpose()
}

/// Whether a session still runs a message that begins with `marker`.
pub(crate) async fn runs(connection: &mut PgConnection, marker: &str) -> sqlx::Result<bool> {
    let query = format!(
        "SELECT FROM pg_catalog.pg_stat_activity AS w WHERE w.pid <> pg_catalog.pg_backend_pid() \
         AND w.datname = pg_catalog.current_database() AND w.state = 'active' \
         AND pg_catalog.left(w.query, {}) = {}",
        marker.chars().count(),
        quote::literal(marker)
    );
    let answers = send(connection, query)
        .await
        .map_err(|failed| failed.error)?;
    Ok(answers.iter().flatten().next().is_some())
}

/// An error here must not hide the one that it would explain.
async fn first(session: &mut Session<'_>, query: String) -> Option<Activity> {
    let answers = session.send(query).await.ok()?;
    decode(answers.first()?.first()?).ok()
}

fn decode(row: &PgRow) -> sqlx::Result<Activity> {
    Ok(Activity {
        pid: required(row, "pid")?.parse().unwrap_or_default(),
        query: text(row, "query")?.filter(|query| !query.starts_with("<insufficient")),
        state: text(row, "state")?,
        running: Duration::from_millis(number(row, "running")?.unsigned_abs()),
        application: text(row, "application_name")?,
    })
}
