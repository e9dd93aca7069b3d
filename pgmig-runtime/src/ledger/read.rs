//! What the ledger says.

use sqlx::postgres::PgRow;

use super::{FORMAT, Ledger, utc};
use crate::db::{number, required, text, truth};
use crate::embedded::ScriptParts;
use crate::error::Error;
use crate::planner::{Progress, Recorded};
use crate::repeatable::Applications;
use crate::target::Target;
use crate::{Migration, quote};

/// What one query tells of one target: enough to know that there is nothing to do.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Whether the ledger has a row for it.
    pub(crate) known: bool,
    /// The head, as hexadecimal digits.
    pub(crate) head: String,
    pub(crate) version: Option<String>,
    /// Whether its schema exists; told of a target that the ledger knows.
    pub(crate) present: bool,
    /// Whether it was brought to the binary's set of repeatable migrations.
    pub(crate) repeated: bool,
    /// Whether it is being dropped.
    pub(crate) dropping: bool,
    /// Whether the ledger knows the schema as another tenant's.
    pub(crate) taken: bool,
}

/// What is needed besides to plan.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The head at the moment at which the rest was so, as hexadecimal digits.
    head: String,
    pub(crate) recorded: Vec<Recorded>,
    /// Whether anything was ever recorded, what is rolled back included.
    pub(crate) ever: bool,
    /// Whether the database has the extension `citus`.
    pub(crate) citus: bool,
    /// Whether the schema has no relation of its own, or does not exist.
    pub(crate) empty: bool,
    /// Whether the server lets this connection write.
    pub(crate) writable: bool,
    /// Digests of the down scripts that are kept already, as hexadecimal digits.
    pub(crate) kept: Vec<String>,
    /// Its repeatable migrations, where the binary has any.
    pub(crate) repeatable: Applications,
    /// The comment that says which format the ledger has.
    pub(crate) format: Option<String>,
    /// Whether the schema exists.
    pub(crate) present: bool,
    /// Whether the embedded head was reached once, and only newer migrations came after, if any.
    pub(crate) ahead: bool,
    /// Another schema under which the ledger knows the tenant.
    pub(crate) elsewhere: Option<String>,
    /// The settings of a caller's transaction, to be put back.
    pub(crate) settings: Vec<(&'static str, String)>,
}

/// The settings that a message changes, in a caller's transaction only until its end.
const CHANGED: [&str; 3] = ["search_path", "lock_timeout", "statement_timeout"];

impl Ledger {
    /// The one query of a boot with nothing to do. Hardly anything of its time is spent on the rows:
    /// what it names has to be looked up and planned for, so it asks for nothing that only those
    /// need who have something to do.
    pub(crate) fn read_state(&self, target: &Target, digest: Option<[u8; 32]>) -> String {
        let l = &self.quoted;
        let taken = target.tenant.map_or("false".to_owned(), |tenant| {
            format!("t.tenant IS DISTINCT FROM '{tenant}'")
        });
        format!(
            "SELECT pg_catalog.encode(t.head, 'hex') AS head, t.version, t.state = 'dropping' AS dropping, {taken} AS taken, \
             pg_catalog.to_regnamespace({schema}) IS NOT NULL AS present, {repeated} AS repeated \
             FROM {l}.target AS t WHERE {condition}",
            repeated = self.repeated("t", digest),
            condition = target.condition("t"),
            schema = quote::literal(&quote::ident(&target.schema)),
        )
    }

    /// An expression for whether a target had all up to the newest embedded migration once, and only
    /// newer ones came after. The same as [`ahead`](Self::ahead), in one look at its rows.
    fn passed(&self, target: &Target, newest: &Migration) -> String {
        format!(
            "(SELECT pg_catalog.max(h.id) FILTER (WHERE h.head = {head} AND h.state = 'applied') \
             >= coalesce(pg_catalog.max(h.id) FILTER (WHERE h.state <> 'rolled_back' AND {theirs} < {ours}), 0) \
             FROM {l}.history AS h WHERE {condition})",
            head = quote::bytes(&newest.0.head),
            theirs = numbers("h.version"),
            ours = numbers(&quote::literal(newest.0.version)),
            l = self.quoted,
            condition = target.condition("h"),
        )
    }

    /// Whether the embedded head was reached once, and only newer migrations came after. `mine` and
    /// `other` find the rows of one target in `h` and `o`.
    pub(crate) fn ahead(&self, mine: &str, other: &str, head: &str) -> String {
        let l = &self.quoted;
        format!(
            "EXISTS (SELECT FROM {l}.history AS h WHERE {mine} AND h.state = 'applied' AND h.head = {head} \
             AND NOT EXISTS (SELECT FROM {l}.history AS o WHERE {other} AND o.state <> 'rolled_back' AND o.id > h.id \
             AND {theirs} < {ours}))",
            theirs = numbers("o.version"),
            ours = numbers("h.version"),
        )
    }

    /// Reads the answer to [`read_state`](Self::read_state).
    pub(crate) fn state(&self, rows: &[PgRow]) -> Result<State, Error> {
        let decoded = rows.first().map_or(Ok(State::default()), decode_state);
        decoded.map_err(unreadable)
    }

    /// Reads the answer to [`read_facts`](Self::read_facts), which comes before anything is
    /// written: a format that is not known here is refused.
    pub(crate) fn facts(&self, answers: &[Vec<PgRow>], repeatable: bool) -> Result<Facts, Error> {
        let facts = Facts::decode(answers, repeatable).map_err(unreadable)?;
        self.known_format(facts.format.as_deref())?;
        Ok(facts)
    }

    /// A comment that says no format was not written by pgmig: its schema was made by hand.
    fn known_format(&self, comment: Option<&str>) -> Result<(), Error> {
        let found = comment
            .and_then(|comment| comment.strip_prefix("pgmig ledger, format "))
            .and_then(|format| format.parse::<u32>().ok());
        match found {
            Some(found) if found > FORMAT => Err(Error::NewerLedger {
                ledger: self.schema.clone(),
                found: found.to_string(),
                known: FORMAT,
            }),
            _ => Ok(()),
        }
    }

    /// The statements that read [`Facts`]; `newest` is the newest embedded migration, where it may have
    /// been passed, `scripts` are the down scripts that may have to be kept, `repeatable` asks for the
    /// repeatable migrations.
    pub(crate) fn read_facts(
        &self,
        target: &Target,
        newest: Option<&Migration>,
        scripts: &[&ScriptParts],
        repeatable: bool,
    ) -> String {
        let repeatable = match repeatable {
            false => String::new(),
            true => format!("; {}", self.read_repeatable(target)),
        };
        let kept = match scripts {
            [] => String::new(),
            scripts => format!("; {}", self.kept_scripts(scripts)),
        };
        // The head in the same statement, which has one snapshot: another process may be at work.
        format!(
            "SELECT {row}, pg_catalog.encode(t.head, 'hex') AS head FROM (SELECT 1) AS one \
             LEFT JOIN {l}.target AS t ON {this} LEFT JOIN {l}.history AS h ON {its} AND h.state <> 'rolled_back'; SELECT \
             EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') AS citus, \
             EXISTS (SELECT FROM {l}.history AS e WHERE {ever}) AS ever, \
             {empty} AS empty, \
             (SELECT f.description FROM pg_catalog.pg_description AS f WHERE f.objoid = pg_catalog.to_regnamespace({name}) \
             AND f.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND f.objsubid = 0) AS format, \
             NOT pg_catalog.pg_is_in_recovery() AND pg_catalog.current_setting('transaction_read_only') = 'off' AS writable, \
             pg_catalog.to_regnamespace({schema}) IS NOT NULL AS present, {elsewhere} AS elsewhere, coalesce({ahead}, false) AS ahead{settings}{repeatable}{kept}",
            schema = quote::literal(&quote::ident(&target.schema)),
            elsewhere = self.elsewhere(target),
            ahead = newest.map_or("false".to_owned(), |newest| self.passed(target, newest)),
            settings = settings(),
            row = history_row(),
            l = self.quoted,
            this = target.condition("t"),
            its = target.condition("h"),
            ever = target.condition("e"),
            empty = nothing_in(&target.schema),
            name = quote::literal(&self.quoted),
        )
    }

    /// An expression for another schema under which the ledger knows a tenant.
    fn elsewhere(&self, target: &Target) -> String {
        target.tenant.map_or("NULL".to_owned(), |tenant| {
            format!(
                "(SELECT o.schema FROM {l}.target AS o WHERE o.tenant = '{tenant}' AND o.schema <> {schema})",
                l = self.quoted,
                schema = quote::literal(&target.schema)
            )
        })
    }

    /// The query for all that is recorded of a target.
    pub(crate) fn read_history(&self, target: &Target) -> String {
        format!(
            "SELECT {row} FROM {l}.history AS h WHERE {condition} AND h.state <> 'rolled_back'",
            row = history_row(),
            l = self.quoted,
            condition = target.condition("h"),
        )
    }

    /// The query for all tenants; `repeated` is an expression for whether the one in `t` was brought
    /// to the binary's set of repeatable migrations.
    pub(crate) fn read_tenants(&self, repeated: &str) -> String {
        format!(
            "SELECT t.tenant, t.schema, t.version, pg_catalog.encode(t.head, 'hex') AS head, t.state, t.error, \
             {since} AS since, pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp() - t.since)) AS seconds, n.oid IS NOT NULL AS present, {repeated} AS repeated \
             FROM {l}.target AS t LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema \
             WHERE t.scope = 'tenant' AND t.tenant IS NOT NULL ORDER BY t.schema",
            since = utc("t.since"),
            l = self.quoted,
        )
    }
}

/// An expression for a version as numbers, by which versions are ordered.
pub(crate) fn numbers(version: &str) -> String {
    format!("pg_catalog.string_to_array({version}, '.')::numeric[]")
}

/// Columns with the settings that a message changes.
fn settings() -> String {
    CHANGED
        .iter()
        .map(|name| format!(", pg_catalog.current_setting('{name}') AS {name}"))
        .collect()
}

/// What is read of a row of `history`, for [`recorded`].
fn history_row() -> String {
    format!(
        "h.id, h.version, h.name, h.checksum, h.state, h.statements, h.in_flight, \
         pg_catalog.encode(h.done, 'hex') AS done, pg_catalog.encode(h.down, 'hex') AS down, h.app, {at} AS applied_at",
        at = utc("coalesce(h.finished_at, h.started_at)"),
    )
}

/// Whether a schema has no relation, or does not exist. What an extension has put there does not
/// count: it is nobody's data, and no migration makes it.
pub(crate) fn nothing_in(schema: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = pg_catalog.to_regnamespace({}) AND c.relkind NOT IN ('i', 'I') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         AND d.objid = c.oid AND d.deptype = 'e'))",
        quote::literal(&quote::ident(schema))
    )
}

/// The row of one tenant.
#[derive(Debug)]
pub(crate) struct TargetRow {
    pub(crate) tenant: String,
    pub(crate) schema: String,
    pub(crate) version: Option<String>,
    pub(crate) head: String,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
    pub(crate) since: String,
    pub(crate) seconds: u64,
    pub(crate) present: bool,
    pub(crate) repeated: bool,
}

impl TargetRow {
    pub(crate) fn decode(row: &PgRow) -> sqlx::Result<Self> {
        Ok(TargetRow {
            tenant: required(row, "tenant")?,
            schema: required(row, "schema")?,
            version: text(row, "version")?,
            head: required(row, "head")?,
            state: required(row, "state")?,
            error: text(row, "error")?,
            since: required(row, "since")?,
            seconds: u64::try_from(number(row, "seconds")?).unwrap_or(0),
            present: truth(row, "present")?,
            repeated: truth(row, "repeated")?,
        })
    }
}

impl Facts {
    /// Reads the answer to [`read_facts`](Ledger::read_facts).
    pub(crate) fn decode(answers: &[Vec<PgRow>], repeatable: bool) -> sqlx::Result<Self> {
        let [history, facts, rest @ ..] = answers else {
            return Ok(Facts::default());
        };
        let (repeatable, kept) = rest.split_at(usize::from(repeatable).min(rest.len()));
        let mut read = Facts::default();
        if let [rows] = repeatable {
            read.repeatable = Applications::decode(rows)?;
        }
        for row in history {
            read.head = text(row, "head")?.unwrap_or_default();
            // Nothing is recorded: one row all the same.
            if text(row, "id")?.is_some() {
                read.recorded.push(recorded(row)?);
            }
        }
        for row in kept.iter().flatten() {
            read.kept.push(required(row, "digest")?);
        }
        if let Some(row) = facts.first() {
            read.citus = truth(row, "citus")?;
            read.ever = truth(row, "ever")?;
            read.empty = truth(row, "empty")?;
            read.format = text(row, "format")?;
            read.writable = truth(row, "writable")?;
            read.present = truth(row, "present")?;
            read.elsewhere = text(row, "elsewhere")?;
            read.ahead = truth(row, "ahead")?;
            for name in CHANGED {
                read.settings.push((name, required(row, name)?));
            }
        }
        Ok(read)
    }

    /// Whether they are of the time at which the target had the head of `state`.
    pub(crate) fn fit(&self, state: &State) -> bool {
        self.head == state.head
    }
}

fn decode_state(row: &PgRow) -> sqlx::Result<State> {
    Ok(State {
        known: true,
        head: required(row, "head")?,
        version: text(row, "version")?,
        present: truth(row, "present")?,
        repeated: truth(row, "repeated")?,
        dropping: truth(row, "dropping")?,
        taken: truth(row, "taken")?,
    })
}

/// A row of `history`.
pub(crate) fn recorded(row: &PgRow) -> sqlx::Result<Recorded> {
    let state = required(row, "state")?;
    let running = match state.as_str() {
        "running" | "rolling_back" => Some(Progress {
            done: usize::try_from(number(row, "statements")?).unwrap_or(0),
            in_flight: truth(row, "in_flight")?,
            digest: text(row, "done")?.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Recorded {
        id: number(row, "id")?,
        version: required(row, "version")?,
        name: required(row, "name")?,
        checksum: required(row, "checksum")?,
        running,
        rolling_back: state == "rolling_back",
        down: text(row, "down")?,
        applied_at: required(row, "applied_at")?,
        app: required(row, "app")?,
    })
}

/// The error of an answer that is not what the ledger's tables should give.
pub(crate) fn unreadable(source: sqlx::Error) -> Error {
    Error::Ledger {
        doing: "read the ledger",
        source,
    }
}
