//! The look at the whole fleet: one query that returns only who has something to do.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Tenants;
use crate::db::{number, required, text, truth};
use crate::ledger::{Ledger, numbers};
use crate::{Migration, quote};

/// What one query tells of the fleet.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// How many tenants are listed.
    pub(super) listed: usize,
    /// How many are ahead of the binary.
    pub(super) ahead: usize,
    /// The server's time.
    pub(super) at: String,
    /// Those that are not simply up to date.
    pub(super) rows: Vec<Row>,
}

/// A tenant that is not simply up to date.
#[derive(Debug)]
pub(super) struct Row {
    /// `None` for what the query lists as NULL.
    pub(super) tenant: Option<Uuid>,
    /// Whether it is listed.
    pub(super) listed: bool,
    /// What the ledger has of it.
    pub(super) known: Option<Known>,
}

/// A tenant's row in the ledger.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) schema: String,
    /// As hexadecimal digits.
    pub(super) head: String,
    pub(super) state: String,
    /// Whether its schema exists.
    pub(super) present: bool,
    /// Whether it was brought to the binary's set of repeatable migrations.
    pub(super) repeated: bool,
}

impl Tenants {
    /// The query that lists them with their places, to stand in a `FROM`; a condition may follow.
    pub(crate) fn listed(&self, active: &str) -> String {
        format!(
            "SELECT pg_catalog.row_number() OVER () AS place, r.tenant::uuid AS tenant FROM {}",
            self.named(active)
        )
    }

    /// The same as a table `r` of one column. A closing semicolon is no part of the query, and the
    /// line break ends a comment that it may end with.
    fn named(&self, active: &str) -> String {
        let query = match self {
            Tenants::Active => active.to_owned(),
            Tenants::Query(query) => query.clone(),
            Tenants::List(tenants) => {
                let tenants: Vec<String> = tenants.iter().map(|id| format!("'{id}'")).collect();
                format!(
                    "SELECT pg_catalog.unnest(ARRAY[{}]::uuid[])",
                    tenants.join(", ")
                )
            }
        };
        let query = query.trim_end().trim_end_matches(';');
        format!("(\n{query}\n) AS r (tenant)")
    }

    /// Whether tenants that are not listed are of interest.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self, Tenants::List(_))
    }
}

impl Ledger {
    /// The query for who has something to do, or is not as it should be. `default_names`: whether
    /// schemas are named as pgmig does by default, which the query can verify itself; where the app
    /// names them, the query returns every tenant that is listed, so that the app can.
    ///
    /// Mostly everybody is as they should be. That is found out first, by counting; the rest of the
    /// query hangs on a condition that is known once it is, and does not run otherwise.
    ///
    /// Just-in-time compilation would take longer than the query: it is chosen by the cost of
    /// asking of every tenant whether it is ahead, and hardly any is (PostgreSQL, "When to JIT?").
    pub(super) fn survey(
        &self,
        tenants: &Tenants,
        active: &str,
        (newest, digest): (Option<&Migration>, Option<[u8; 32]>),
        default_names: bool,
        allow_ahead: bool,
    ) -> String {
        let l = self.quoted();
        let head = quote::bytes(newest.map_or(&[], |newest| &newest.0.head));
        let repeated = self.repeated("t", digest);
        let (query, listed) = (tenants.named(active), tenants.listed(active));
        let known = format!(
            "SELECT k.tenant, k.schema, k.scope, k.head, k.version, k.state FROM {l}.target AS k WHERE k.scope = 'tenant' AND k.tenant IS NOT NULL"
        );
        let (join, unlisted) = match tenants.is_whole() {
            true => ("FULL", "l.tenant IS NULL OR "),
            false => ("LEFT", ""),
        };
        let misnamed = match default_names {
            true => {
                " OR t.schema <> 'tenant_' || pg_catalog.encode(pg_catalog.uuid_send(t.tenant), 'hex')"
            }
            // Whoever is listed: only the app knows what its schema is to be called.
            false => " OR l.tenant IS NOT NULL",
        };
        let differs = format!(
            "{unlisted}t.head IS DISTINCT FROM {head} OR t.state <> 'active' OR n.oid IS NULL OR NOT {repeated}{misnamed}"
        );
        let named = "LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema";
        let ahead = match newest.filter(|_| allow_ahead) {
            Some(newest) => format!(
                "(d.place IS NOT NULL AND d.present AND d.state = 'active' AND d.head <> {head} AND {} AND {})",
                not_before("d.version", newest),
                self.ahead(
                    "h.schema = d.schema AND h.scope = 'tenant'",
                    "o.schema = d.schema AND o.scope = 'tenant'",
                    &head
                )
            ),
            None => "false".to_owned(),
        };
        format!(
            "SELECT pg_catalog.set_config('jit', 'off', true); \
             WITH counted AS MATERIALIZED (SELECT pg_catalog.count(l.listed) AS listed, pg_catalog.count(*) FILTER (WHERE {differs}) AS differing, pg_catalog.clock_timestamp()::text AS at \
             FROM (SELECT true AS listed, r.tenant::uuid AS tenant FROM {query}) AS l {join} JOIN ({known}) AS t ON t.tenant = l.tenant {named}), \
             listed AS MATERIALIZED ({listed} WHERE {SOME}), \
             differs AS MATERIALIZED (SELECT l.place, coalesce(l.tenant, t.tenant) AS tenant, t.schema, t.head, t.version, t.state, n.oid IS NOT NULL AS present, {repeated} AS repeated \
             FROM listed AS l {join} JOIN ({known} AND {SOME}) AS t ON t.tenant = l.tenant {named} WHERE {differs}), \
             judged AS MATERIALIZED (SELECT d.*, coalesce({ahead}, false) AS ahead FROM differs AS d) \
             SELECT c.listed, (SELECT pg_catalog.count(*) FROM judged AS a WHERE a.ahead) AS ahead, \
             c.at, j.tenant IS NOT NULL OR j.place IS NOT NULL AS found, \
             j.tenant, j.place IS NOT NULL AS is_listed, j.schema, pg_catalog.encode(j.head, 'hex') AS head, j.state, j.present, j.repeated \
             FROM counted AS c LEFT JOIN judged AS j ON NOT j.ahead ORDER BY j.place, j.schema",
        )
    }
}

/// Whether a version is not before the newest embedded one, where it is known. Whoever is ahead has
/// it, so that nobody who is behind needs a look at its history.
fn not_before(version: &str, newest: &Migration) -> String {
    let (theirs, ours) = (numbers(version), numbers(&quote::literal(newest.0.version)));
    format!("coalesce({theirs} >= {ours}, true)")
}

/// Whether anybody is not as they should be.
const SOME: &str = "(SELECT c.differing > 0 FROM counted AS c)";

impl Survey {
    /// Reads the answer to [`survey`](Ledger::survey).
    pub(super) fn decode(rows: &[PgRow]) -> sqlx::Result<Self> {
        let mut survey = Survey::default();
        for row in rows {
            survey.listed = usize::try_from(number(row, "listed")?).unwrap_or(0);
            survey.ahead = usize::try_from(number(row, "ahead")?).unwrap_or(0);
            survey.at = required(row, "at")?;
            if truth(row, "found")? {
                survey.rows.push(decode(row)?);
            }
        }
        Ok(survey)
    }
}

fn decode(row: &PgRow) -> sqlx::Result<Row> {
    let tenant = text(row, "tenant")?;
    let known = match text(row, "schema")? {
        None => None,
        Some(schema) => Some(Known {
            schema,
            head: required(row, "head")?,
            state: required(row, "state")?,
            present: truth(row, "present")?,
            repeated: truth(row, "repeated")?,
        }),
    };
    Ok(Row {
        tenant: tenant.and_then(|id| Uuid::parse_str(&id).ok()),
        listed: truth(row, "is_listed")?,
        known,
    })
}
