//! What a fleet run can be told.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::event::Event;
use crate::Migrator;

/// What to do when a tenant fails.
///
/// Whatever is chosen, a tenant that failed is left at a migration boundary, is recorded with its
/// error, is in the report, and is tried again by the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// End the run at the first tenant that fails.
    Stop,
    /// Go on with the others. When more than `budget` tenants have failed the run ends, because
    /// then it is the migration and not the tenant.
    Continue {
        /// How many tenants may fail before the run ends with an error.
        budget: usize,
    },
}

impl Default for OnFailure {
    /// Ten tenants may fail.
    fn default() -> Self {
        OnFailure::Continue { budget: 10 }
    }
}

impl OnFailure {
    /// How many may fail.
    pub(super) fn budget(self) -> usize {
        match self {
            OnFailure::Stop => 0,
            OnFailure::Continue { budget } => budget,
        }
    }
}

/// When a run that shares its work with other processes returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finish {
    /// When every tenant is at head or failed, whoever migrates it.
    #[default]
    Fleet,
    /// When nothing is left to claim: tenants that another process has in hand are not waited for.
    Share,
}

/// The settings of fleet runs, gathered.
#[derive(Clone)]
pub(crate) struct FleetSettings {
    pub(super) parallel: Option<NonZeroUsize>,
    pub(super) recycle: usize,
    pub(super) on_failure: OnFailure,
    pub(super) canary: Vec<Uuid>,
    pub(super) waves: Option<NonZeroUsize>,
    pub(super) batch: usize,
    pub(super) finish: Finish,
    pub(super) events: Option<UnboundedSender<Event>>,
}

/// The size of the first wave after a canary, where none is set.
const FIRST_WAVE: usize = 10;

impl Default for FleetSettings {
    fn default() -> Self {
        FleetSettings {
            parallel: None,
            recycle: 500,
            on_failure: OnFailure::default(),
            canary: Vec::new(),
            waves: None,
            batch: 500,
            finish: Finish::default(),
            events: None,
        }
    }
}

impl FleetSettings {
    /// The size of the first wave; `None`: all at once.
    pub(super) fn first_wave(&self) -> Option<usize> {
        match self.waves {
            Some(first) => Some(first.get()),
            None if self.canary.is_empty() => None,
            None => Some(FIRST_WAVE),
        }
    }
}

impl fmt::Debug for FleetSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetSettings")
            .field("parallel", &self.parallel)
            .field("recycle", &self.recycle)
            .field("on_failure", &self.on_failure)
            .field("canary", &self.canary)
            .field("waves", &self.waves)
            .field("batch", &self.batch)
            .field("finish", &self.finish)
            .finish_non_exhaustive()
    }
}

/// Settings of fleet runs.
impl Migrator {
    /// Over how many connections of the pool tenants are migrated at the same time; all of the
    /// pool otherwise. Given one connection instead of a pool, a run uses only that.
    #[must_use]
    pub fn parallel(mut self, connections: usize) -> Self {
        self.settings.fleet.parallel = NonZeroUsize::new(connections);
        self
    }

    /// After how many tenants a connection is replaced; 500 otherwise, a newly made tenant counting
    /// as five. A server process keeps what it learnt of every table it touched, and only grows.
    #[must_use]
    pub fn recycle_connections(mut self, tenants: usize) -> Self {
        self.settings.fleet.recycle = tenants.max(1);
        self
    }

    /// What to do when a tenant fails; go on until more than ten have otherwise.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.settings.fleet.on_failure = on_failure;
        self
    }

    /// Tenants that are migrated first, before any other. When one of them fails the run ends with
    /// an error and has changed no other tenant. The others follow in waves.
    ///
    /// ```
    /// # fn canary(migrations: &'static pgmig_runtime::Migrations, ours: pgmig_runtime::Uuid) {
    /// use pgmig_runtime::{Migrator, OnFailure};
    /// let migrator = Migrator::new(migrations)
    ///     .canary([ours])
    ///     .waves(20)
    ///     .on_failure(OnFailure::Continue { budget: 3 });
    /// # }
    /// ```
    #[must_use]
    pub fn canary(mut self, tenants: impl IntoIterator<Item = Uuid>) -> Self {
        self.settings.fleet.canary = tenants.into_iter().collect();
        self
    }

    /// Migrates tenants in waves: `first` tenants, then twice as many, and so on, each wave begun
    /// when the one before is done. All at once otherwise; after a [`canary`](Self::canary) the
    /// first wave has ten. 0 makes one wave of all.
    #[must_use]
    pub fn waves(mut self, first: usize) -> Self {
        self.settings.fleet.waves = Some(NonZeroUsize::new(first).unwrap_or(NonZeroUsize::MAX));
        self
    }

    /// How many tenants may share one transaction at most; 500 otherwise. How many do is found by
    /// measuring: as many as take about a tenth of a second, and never more than a fair part of the
    /// server's lock table holds. 1 gives each tenant its own.
    #[must_use]
    pub fn batch_limit(mut self, tenants: usize) -> Self {
        self.settings.fleet.batch = tenants.max(1);
        self
    }

    /// When a run returns whose tenants other processes migrate too; when all are done otherwise.
    #[must_use]
    pub fn finish(mut self, finish: Finish) -> Self {
        self.settings.fleet.finish = finish;
        self
    }

    /// Sends what happens in fleet runs to a channel, besides `tracing`. A receiver that is gone
    /// is no error.
    ///
    /// ```no_run
    /// # async fn show(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    /// let migrator = migrator.events(sender);
    /// let show = tokio::spawn(async move {
    ///     while let Some(event) = events.recv().await {
    ///         println!("{event:?}");
    ///     }
    /// });
    /// migrator.setup(&pool).await?;
    /// # drop(show); Ok(()) }
    /// ```
    #[must_use]
    pub fn events(mut self, sender: UnboundedSender<Event>) -> Self {
        self.settings.fleet.events = Some(sender);
        self
    }
}

/// How long one transaction over several tenants may take: it holds their locks all the while.
pub(super) const BATCH_TIME: Duration = Duration::from_millis(100);

/// How long a batch waits for a lock. The others of the batch are locked meanwhile, so whoever has
/// to be waited for longer is taken out of it.
pub(super) const BATCH_LOCK_TIMEOUT: Duration = Duration::from_millis(200);
