//! What a [`Migrator`](crate::Migrator) can be told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::adopt::Adopt;
use crate::fleet::FleetSettings;
use crate::ledger::Ledger;
use crate::retry::Retry;
use crate::{FingerprintOptions, Migrations, Migrator};

/// What to do about migrations in the ledger that are newer than all that the binary carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownNewer {
    /// Go on, with a warning: an older binary still boots on a newer database.
    #[default]
    Allow,
    /// Refuse to run.
    Refuse,
}

/// What to do about a pending migration that comes before one that is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutOfOrder {
    /// Refuse to run.
    #[default]
    Refuse,
    /// Apply it.
    Allow,
}

/// How statements travel to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dispatch {
    /// One message a migration, unless the database has the extension `citus`.
    #[default]
    Auto,
    /// One message a migration, and one for all that a fresh target needs.
    Message,
    /// One statement a message, inside an explicit transaction: what Citus asks for.
    Statement,
}

/// What to do when a schema is not what its migrations make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDrift {
    /// Do not even look.
    #[default]
    Ignore,
    /// Go on, with a warning that says what is different.
    Warn,
    /// End the run with [`Error::Drift`](crate::Error::Drift).
    Refuse,
}

/// The settings, gathered.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) ledger: String,
    pub(crate) tenant_schema: Arc<dyn Fn(Uuid) -> String + Send + Sync>,
    pub(crate) tenants: String,
    pub(crate) lock_timeout: Duration,
    pub(crate) concurrent_lock_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) retry: Retry,
    pub(crate) claim_timeout: Duration,
    pub(crate) wait_for_database: Duration,
    pub(crate) unknown_newer: UnknownNewer,
    pub(crate) out_of_order: OutOfOrder,
    pub(crate) dispatch: Dispatch,
    pub(crate) adopt: Adopt,
    pub(crate) drizzle_ledger: bool,
    /// Whether a schema that has nothing yet begins with a baseline.
    pub(crate) baselines: bool,
    /// Whether tenant schemas have the names that pgmig gives by default.
    pub(crate) default_names: bool,
    pub(crate) fleet: FleetSettings,
    pub(crate) on_drift: OnDrift,
    /// What counts when a schema is compared with what its migrations make.
    pub(crate) counted: FingerprintOptions,
}

impl Settings {
    /// The defaults, as far as the folder's own settings do not say otherwise.
    pub(crate) fn new(migrations: &Migrations) -> Self {
        Settings {
            ledger: "pgmig".to_owned(),
            tenant_schema: Arc::new(|id| format!("tenant_{}", id.simple())),
            tenants: "SELECT id FROM public.tenants WHERE is_active".to_owned(),
            lock_timeout: Duration::from_secs(4),
            concurrent_lock_timeout: Duration::from_secs(600),
            statement_timeout: None,
            retry: Retry::default(),
            claim_timeout: Duration::from_secs(1800),
            wait_for_database: Duration::from_secs(30),
            unknown_newer: UnknownNewer::default(),
            out_of_order: match migrations.0.out_of_order {
                true => OutOfOrder::Allow,
                false => OutOfOrder::Refuse,
            },
            dispatch: Dispatch::default(),
            adopt: migrations.0.adopt.clone(),
            drizzle_ledger: true,
            baselines: true,
            default_names: true,
            fleet: FleetSettings::default(),
            on_drift: OnDrift::default(),
            counted: FingerprintOptions::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("ledger", &self.ledger)
            .field("tenants", &self.tenants)
            .field("lock_timeout", &self.lock_timeout)
            .field("concurrent_lock_timeout", &self.concurrent_lock_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("retry", &self.retry)
            .field("claim_timeout", &self.claim_timeout)
            .field("wait_for_database", &self.wait_for_database)
            .field("unknown_newer", &self.unknown_newer)
            .field("out_of_order", &self.out_of_order)
            .field("dispatch", &self.dispatch)
            .field("adopt", &self.adopt)
            .field("drizzle_ledger", &self.drizzle_ledger)
            .field("baselines", &self.baselines)
            .field("fleet", &self.fleet)
            .field("on_drift", &self.on_drift)
            .field("counted", &self.counted)
            .finish_non_exhaustive()
    }
}

impl Migrator {
    /// How the schema of a tenant is called; `tenant_` and the UUID's 32 digits otherwise. The
    /// name is quoted wherever it is used, so any name that PostgreSQL can hold will do.
    #[must_use]
    pub fn tenant_schema(mut self, name: impl Fn(Uuid) -> String + Send + Sync + 'static) -> Self {
        self.settings.tenant_schema = Arc::new(name);
        self.settings.default_names = false;
        self
    }

    /// The schema of the ledger; `pgmig` otherwise.
    #[must_use]
    pub fn ledger_schema(mut self, schema: impl Into<String>) -> Self {
        self.settings.ledger = schema.into();
        self.ledger = Ledger::new(&self.settings.ledger, self.migrations.0.app);
        self
    }

    /// The query that lists the tenants by their UUID; `SELECT id FROM public.tenants WHERE
    /// is_active` otherwise.
    #[must_use]
    pub fn tenants(mut self, query: impl Into<String>) -> Self {
        self.settings.tenants = query.into();
        self
    }

    /// How long a statement may wait for a lock before it is given up and tried again; 4 s
    /// otherwise, at least 1 ms. Everything that comes after the waiting statement queues behind
    /// it, so it is short.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = timeout;
        self
    }

    /// The same for statements outside a transaction, such as `CREATE INDEX CONCURRENTLY`;
    /// 10 minutes otherwise. While those wait, nothing that reads or writes waits behind them, and
    /// giving up loses an index that is nearly built.
    #[must_use]
    pub fn concurrent_lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.concurrent_lock_timeout = timeout;
        self
    }

    /// How long a statement may run; without a limit otherwise, whatever the role's own setting.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.statement_timeout = timeout.into();
        self
    }

    /// How often to try again when locks cannot be had.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.settings.retry = retry;
        self
    }

    /// How long to wait for another process that migrates the same schema; 30 minutes otherwise.
    /// The wait ends as soon as that process is done or dead.
    #[must_use]
    pub fn claim_timeout(mut self, timeout: Duration) -> Self {
        self.settings.claim_timeout = timeout;
        self
    }

    /// How long to go on trying when the server cannot be reached or is lost; 30 s otherwise.
    #[must_use]
    pub fn wait_for_database(mut self, timeout: Duration) -> Self {
        self.settings.wait_for_database = timeout;
        self
    }

    /// What to do about migrations in the ledger that are newer than all in the binary.
    #[must_use]
    pub fn unknown_newer(mut self, policy: UnknownNewer) -> Self {
        self.settings.unknown_newer = policy;
        self
    }

    /// What to do about a pending migration that comes before one that is applied; as the
    /// folder's `pgmig.toml` says otherwise.
    #[must_use]
    pub fn out_of_order(mut self, policy: OutOfOrder) -> Self {
        self.settings.out_of_order = policy;
        self
    }

    /// What to do at the end of a run when a schema that it was about is not what its migrations
    /// make; [`OnDrift::Ignore`] otherwise. Looking costs what [`verify`](Self::verify) does, also
    /// when there was nothing to apply: a replay of all migrations, and about 3 ms a tenant.
    #[must_use]
    pub fn on_drift(mut self, policy: OnDrift) -> Self {
        self.settings.on_drift = policy;
        self
    }

    /// What counts as drift besides what always does: the order of columns, grants, owners; and
    /// tables that are no business of the migrations.
    #[must_use]
    pub fn drift_counts(mut self, options: FingerprintOptions) -> Self {
        self.settings.counted = options;
        self
    }

    /// How statements travel to the server.
    #[must_use]
    pub fn dispatch(mut self, dispatch: Dispatch) -> Self {
        self.settings.dispatch = dispatch;
        self
    }

    /// What to do about migrations that another tool has applied; as the macro's `adopt = "..."`
    /// says otherwise, or else to refuse where there are any.
    ///
    /// ```no_run
    /// # async fn boot(migrations: &'static pgmig_runtime::Migrations, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::{Migrator, Tool};
    /// // The first boot after the change from sqlx::migrate!: nothing is run again.
    /// let report = Migrator::new(migrations).adopt(Tool::Sqlx).run_public(&pool).await?;
    /// assert!(report.adopted.is_some());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn adopt(mut self, adopt: impl Into<Adopt>) -> Self {
        self.settings.adopt = adopt.into();
        self
    }

    /// Whether `drizzle.__drizzle_migrations` is kept in step with what is applied of a Drizzle
    /// folder, and what it has more is taken over; it is otherwise.
    #[must_use]
    pub fn drizzle_ledger(mut self, keep: bool) -> Self {
        self.settings.drizzle_ledger = keep;
        self
    }

    /// Whether a schema that has nothing yet begins with the baseline that the binary carries, if
    /// any; it does otherwise. Without, every migration is applied, which comes to the same and
    /// takes longer.
    #[must_use]
    pub fn baselines(mut self, use_them: bool) -> Self {
        self.settings.baselines = use_them;
        self
    }
}
