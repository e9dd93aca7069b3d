//! The rows that record migrations as applied, written in the transaction that applies them.

use super::{Ledger, script_digest};
use crate::planner::{Step, Way};
use crate::target::Target;
use crate::{drizzle, quote};

/// The columns of `history` that a migration is recorded with.
const COLUMNS: &str = "schema, scope, version, name, checksum, head, state, statements, down, app, pgmig, applied_by, started_at, finished_at, duration_ms, drizzle_at, drizzle_hash";

/// The server's time in seconds since 1970. A number, because a script may change how times are
/// written.
const NOW: &str = "pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())";

/// What was noted, or NULL after a script's `RESET ALL`.
const NOTED: &str =
    "nullif(pg_catalog.ltrim(pg_catalog.current_setting('pgmig.times', true), ','), '')";

/// When a transaction began to migrate, as [`begun`](Ledger::begun) noted it.
pub(crate) const BEGUN: &str = "coalesce(pg_catalog.to_timestamp(nullif(pg_catalog.current_setting('pgmig.times', true), '')::double precision), pg_catalog.clock_timestamp())";

impl Ledger {
    /// Notes when a transaction begins to migrate.
    pub(crate) fn begun() -> String {
        format!("SELECT pg_catalog.set_config('pgmig.times', {NOW}::text, true)")
    }

    /// Notes that one of several migrations has run. It stands behind every one of them, so it is
    /// made to cost little: no operator to be looked up, and no row, which would send all that is
    /// noted so far each time.
    pub(crate) fn ran() -> String {
        format!(
            "SELECT WHERE pg_catalog.set_config('pgmig.times', pg_catalog.concat(pg_catalog.current_setting('pgmig.times', true), ',', {NOW}), true) IS NULL"
        )
    }

    /// Records a migration as applied and moves the head. Returns how long it took, since the
    /// claim.
    pub(crate) fn record(&self, target: &Target, step: &Step) -> String {
        if let Way::Back(id) = step.way {
            return self.roll_back(target, step, id);
        }
        self.record_since(target, step, "t.updated_at")
    }

    /// The same, where the migration began at `since`, an expression.
    pub(crate) fn record_since(&self, target: &Target, step: &Step, since: &str) -> String {
        format!(
            "WITH done AS (INSERT INTO {l}.history ({COLUMNS}) \
             SELECT t.schema, t.scope, {what}, {since}, pg_catalog.clock_timestamp(), pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - {since}) * 1000, {drizzle} \
             FROM {l}.target AS t WHERE {condition} RETURNING duration_ms) \
             UPDATE {l}.target AS t SET {moved} WHERE {condition} \
             RETURNING (SELECT pg_catalog.round(done.duration_ms) FROM done) AS duration_ms",
            l = self.quoted,
            what = self.applied(step),
            drizzle = drizzle::row(step.migration),
            condition = target.condition("t"),
            moved = moved(step),
        )
    }

    /// Records several migrations of one target, each of which was noted when it had run. Returns a
    /// row each: how long it took.
    pub(crate) fn record_all(&self, target: &Target, steps: &[Step]) -> String {
        let Some(last) = steps.last() else {
            return String::new();
        };
        let rows: Vec<_> = steps.iter().map(plain).collect();
        // A constant for each column: to read so many values as expressions takes longer than to
        // write them.
        let columns: Vec<String> = (0..COLUMNS_OF_STEP)
            .map(|column| {
                let values = rows.iter().map(|row| row[column].as_deref());
                format!("pg_catalog.unnest({})", quote::texts(values))
            })
            .collect();
        // The times are read once, and not once a row.
        format!(
            "WITH noted AS MATERIALIZED (SELECT pg_catalog.string_to_array({NOTED}, ',')::double precision[] AS times), \
             done AS (INSERT INTO {l}.history ({COLUMNS}) \
             SELECT {schema}, {scope}, s.version, s.name, s.checksum, pg_catalog.decode(s.head, 'hex'), 'applied', s.statements::int, pg_catalog.decode(s.down, 'hex'), {app}, {pgmig}, session_user, \
             coalesce(pg_catalog.to_timestamp(n.times[s.number]), pg_catalog.clock_timestamp()), coalesce(pg_catalog.to_timestamp(n.times[s.number + 1]), pg_catalog.clock_timestamp()), (n.times[s.number + 1] - n.times[s.number]) * 1000, s.drizzle_at::bigint, s.drizzle_hash \
             FROM noted AS n, ROWS FROM ({columns}) WITH ORDINALITY AS s (version, name, checksum, head, statements, down, drizzle_at, drizzle_hash, number) \
             ORDER BY s.number RETURNING id, duration_ms), \
             moved AS (UPDATE {l}.target AS t SET {moved} WHERE {condition}) \
             SELECT pg_catalog.round(d.duration_ms) AS duration_ms FROM done AS d ORDER BY d.id",
            l = self.quoted,
            schema = quote::literal(&target.schema),
            scope = quote::literal(target.scope.as_str()),
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
            columns = columns.join(", "),
            moved = moved(last),
            condition = target.condition("t"),
        )
    }

    /// Records one migration of `count` tenants, whose schemas are given as an array. Returns how long
    /// it took for each: a fair share, because nothing is noted between them.
    pub(crate) fn record_for(&self, schemas: &str, count: usize, step: &Step) -> String {
        format!(
            "WITH noted AS MATERIALIZED (SELECT coalesce({NOTED}::double precision, {NOW}) AS began, {NOW} AS ended), \
             moved AS (UPDATE {l}.target AS t SET {moved} WHERE t.scope = 'tenant' AND t.schema = ANY ({schemas}) RETURNING t.schema, t.scope), \
             done AS (INSERT INTO {l}.history ({COLUMNS}) \
             SELECT m.schema, m.scope, {what}, pg_catalog.to_timestamp(n.began), pg_catalog.to_timestamp(n.ended), (n.ended - n.began) * 1000 / {count}, {drizzle} \
             FROM noted AS n, moved AS m) \
             SELECT pg_catalog.round((n.ended - n.began) * 1000 / {count}) AS duration_ms FROM noted AS n",
            l = self.quoted,
            what = self.applied(step),
            drizzle = drizzle::row(step.migration),
            moved = moved(step),
        )
    }

    /// The values of `version` up to `applied_by`.
    fn applied(&self, step: &Step) -> String {
        let [version, name, checksum, head, statements, down] = values(step);
        format!(
            "{version}, {name}, {checksum}, {head}, 'applied', {statements}, {down}, {app}, {pgmig}, session_user",
            app = self.app,
            pgmig = quote::literal(env!("CARGO_PKG_VERSION")),
        )
    }
}

/// How many values [`plain`] has.
const COLUMNS_OF_STEP: usize = 8;

/// Version, name, checksum, head, number of statements, the key of the kept down script, and what
/// drizzle-kit's own ledger says of it: when and which hash. Bytes are hexadecimal digits.
fn plain(step: &Step) -> [Option<String>; COLUMNS_OF_STEP] {
    let migration = &step.migration.0;
    let down = migration.down.as_ref();
    let drizzle = migration.drizzle.as_ref();
    [
        Some(migration.version.to_owned()),
        Some(migration.name.to_owned()),
        Some(step.migration.checksum().to_string()),
        Some(quote::hex(&step.head)),
        Some(migration.up.0.statements.len().to_string()),
        down.map(|down| quote::hex(&script_digest(&down.0))),
        drizzle.map(|entry| entry.created_at.to_string()),
        drizzle.map(|entry| quote::hex(&entry.hash)),
    ]
}

/// The first of them as SQL.
fn values(step: &Step) -> [String; 6] {
    let [version, name, checksum, head, statements, down, ..] =
        plain(step).map(|value| quote::nullable(value.as_deref()));
    let decoded = |digits| format!("pg_catalog.decode({digits}, 'hex')");
    [
        version,
        name,
        checksum,
        decoded(head),
        format!("{statements}::int"),
        decoded(down),
    ]
}

/// The columns of `target` once a migration has run.
pub(super) fn moved(step: &Step) -> String {
    format!(
        "head = {}, version = {}, error = NULL, state = 'active', \
         since = CASE WHEN t.state = 'active' THEN t.since ELSE pg_catalog.clock_timestamp() END, \
         lease_owner = NULL, lease_pid = NULL, lease_backend_start = NULL, lease_until = NULL, \
         updated_at = pg_catalog.clock_timestamp()",
        quote::bytes(&step.head),
        quote::nullable(step.newest.as_deref()),
    )
}
