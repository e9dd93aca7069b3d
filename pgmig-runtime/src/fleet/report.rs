//! What a fleet run did.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::error::Error;
use crate::render;
use crate::report::Report;
use crate::rollback::RollbackReport;
use crate::target::Target;

/// What a fleet run did. Tenants with nothing to do are only counted.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FleetReport {
    /// How many tenants there are, by the query or the list.
    pub listed: usize,
    /// The tenants that this process brought to head, in the order of the query or the list.
    pub migrated: Vec<Report>,
    /// The tenants that this process took back, in that order: by a rollback, which migrates none.
    pub rolled_back: Vec<RollbackReport>,
    /// How many had something to do at first and were brought where they should be by another
    /// process.
    pub elsewhere: usize,
    /// How many have everything this binary carries, and newer migrations besides.
    pub ahead: usize,
    /// The tenants that failed; the next run tries them again. Those that were to be migrated are in
    /// the ledger as failed.
    pub failed: Vec<TenantFailure>,
    /// Tenants that are at a version by the ledger, but whose schema does not exist. Nothing is
    /// done about them: data may have been lost.
    pub gone: Vec<Target>,
    /// Tenants that the ledger knows under another schema than their name gives now.
    pub moved: Vec<Moved>,
    /// Tenants whose removal was begun and not finished;
    /// [`drop_tenant`](crate::Migrator::drop_tenant) goes on with it.
    pub dropping: Vec<Target>,
    /// Tenants of the ledger that the query does not list. Empty when a list was given.
    pub unlisted: Vec<Target>,
    /// How many tenants are still behind: not tried because the run stopped, or in the hands of
    /// another process that was not waited for.
    pub left: usize,
    /// Whether the run stopped because too many tenants failed.
    pub stopped: bool,
    /// How long the run took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

impl FleetReport {
    /// Whether nothing was to do and nothing is wrong.
    pub fn is_noop(&self) -> bool {
        let done = self.migrated.len() + self.rolled_back.len() + self.elsewhere;
        done == 0 && self.is_healthy() && self.left == 0
    }

    /// Whether no tenant failed, is gone, or lives elsewhere than it should.
    pub fn is_healthy(&self) -> bool {
        self.failed.is_empty() && self.gone.is_empty() && self.moved.is_empty()
    }
}

/// A tenant that failed.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TenantFailure {
    /// The tenant.
    pub target: Target,
    /// The error, as the ledger has it.
    pub message: String,
    /// The error itself; `None` when another process had it in the same run.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub error: Option<Arc<Error>>,
}

/// A tenant that the ledger knows under another schema than its name gives now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Moved {
    /// The tenant.
    pub tenant: Uuid,
    /// Its schema by the ledger.
    pub recorded: String,
    /// The schema that [`tenant_schema`](crate::Migrator::tenant_schema) gives.
    pub expected: String,
}

/// A fleet run that ended because too many tenants failed. What it did stays.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FleetError {
    /// What was done, and who failed.
    pub report: FleetReport,
    /// How many tenants were allowed to fail.
    pub budget: usize,
    /// Whether a tenant of the canary is among them.
    pub canary: bool,
}

/// How many failures are written out; a run over thousands may have as many.
const SHOWN: usize = 5;

impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FleetReport {
            migrated,
            rolled_back,
            failed,
            left,
            ..
        } = &self.report;
        let (done, what) = match rolled_back.len() {
            0 => (migrated.len(), "migrated"),
            done => (done, "rolled back"),
        };
        let failures = failed.len();
        write!(
            f,
            "{} failed, {done} {what}, {left} not tried",
            render::count(failures, "tenant")
        )?;
        for failure in failed.iter().take(SHOWN) {
            let message = failure.message.replace('\n', "\n    ");
            write!(f, "\n  - {}: {message}", failure.target.schema)?;
        }
        if let Some(more @ 1..) = failed.len().checked_sub(SHOWN) {
            write!(f, "\n  - and {more} more")?;
        }
        match self.canary {
            true => write!(
                f,
                "\n  = note: a canary failed, so no other tenant was tried"
            )?,
            false => write!(
                f,
                "\n  = note: {} may fail before no further one is begun",
                render::count(self.budget, "tenant")
            )?,
        }
        write!(
            f,
            "\n  = help: correct the migration or the tenants' data and run again; who is done is not touched"
        )
    }
}

impl std::error::Error for FleetError {}
