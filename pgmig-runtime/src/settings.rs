//! What a [`Migrator`](crate::Migrator) can be told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::adopt::Adopt;
use crate::fleet::FleetSettings;
use crate::retry::Retry;
use crate::{FingerprintOptions, Migrations};

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
