//! Taking migrations of many tenants back.
//!
//! It begins with a plan that is made of the ledger alone: what would be taken back, from whom, and
//! whether all of it has a way back. Nothing else than what the plan shows is run then.

mod plan;

use std::fmt;
use std::sync::Arc;

use super::RollbackTo;
use super::plan::Goal;
use super::run::{Return, Shown};
use crate::Migrator;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::fleet::{FleetReport, Job, Tenants};
use crate::report::Pending;
use crate::target::Target;

/// What a rollback would do to the schemas of many tenants.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FleetRollbackPlan {
    /// How many tenants there are, by the query or the list.
    pub listed: usize,
    /// The tenants of which something would be taken back, in the order of the query or the list.
    pub tenants: Vec<Target>,
    /// What would be taken back, the newest first. A version is there twice where its down script
    /// was another one when it was applied to some of the tenants.
    pub steps: Vec<FleetRollbackStep>,
    /// Tenants of the ledger that have some of it and that the query does not list: they stay as
    /// they are. Empty when a list was given.
    pub unlisted: Vec<Target>,
    #[cfg_attr(feature = "serde", serde(skip))]
    report: FleetReport,
    #[cfg_attr(feature = "serde", serde(skip))]
    shown: Arc<[Shown]>,
    /// The lowest version that is taken back.
    #[cfg_attr(feature = "serde", serde(skip))]
    from: Option<String>,
}

/// One migration that would be taken back from many tenants.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FleetRollbackStep {
    /// How many tenants have it.
    pub tenants: usize,
    /// The down script, as it would be sent to one of them.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub migration: Pending,
}

impl FleetRollbackPlan {
    /// Whether data would be lost.
    pub fn destroys_data(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| !step.migration.destroys_data.is_empty())
    }
}

/// Tenants that cannot be taken back as far as asked.
#[derive(Debug)]
#[non_exhaustive]
pub struct IrreversibleFleetError {
    /// The migrations in the way that have no down script in the ledger.
    pub migrations: Vec<Irreversible>,
}

/// A migration that some tenants have without a down script.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Irreversible {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// How many tenants have it so.
    pub tenants: usize,
    /// The schema of one of them.
    pub schema: String,
}

impl fmt::Display for IrreversibleFleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the tenants cannot be rolled back so far: migrations without a down script are in the way; nothing was run",
        )?;
        for one in &self.migrations {
            let (version, name, schema) = (&one.version, &one.name, &one.schema);
            match one.tenants {
                1 => write!(f, "\n  - {version}_{name}, in {schema}")?,
                2 => write!(f, "\n  - {version}_{name}, in {schema} and 1 other")?,
                more => write!(
                    f,
                    "\n  - {version}_{name}, in {schema} and {} others",
                    more - 1
                )?,
            }
        }
        f.write_str(super::NO_WAY_BACK)
    }
}

impl std::error::Error for IrreversibleFleetError {}

/// Many tenants at once.
impl Migrator {
    /// Takes migrations of many tenants back: of all active ones, those of a query, or those of a
    /// list. Each tenant is taken back as by [`rollback_tenant`](Self::rollback_tenant), and all
    /// that is said of [`setup`](Self::setup) about many processes, canaries, waves and tenants
    /// that fail is true here.
    ///
    /// One step is the newest migration that any of the tenants has, taken back from all that have
    /// it: so a run that was interrupted goes on where it was. Tenants that have nothing newer than
    /// the version to come back to are left alone.
    ///
    /// # Errors
    /// Before anything runs, when a migration in the way has no down script in the ledger, or no
    /// tenant has the version to come back to. [`Error::Fleet`], with the report, when more
    /// tenants failed than may ([`on_failure`](Self::on_failure)).
    ///
    /// ```no_run
    /// # async fn undo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::{RollbackTo, Tenants};
    /// let to = RollbackTo::Version("3".to_owned());
    /// let report = migrator.rollback_tenants(&pool, Tenants::Active, &to).await?;
    /// println!("{} tenants taken back", report.rolled_back.len());
    /// # Ok(()) }
    /// ```
    pub async fn rollback_tenants<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenants: impl Into<Tenants>,
        to: &RollbackTo,
    ) -> Result<FleetReport, Error> {
        let mut session = self.session(db);
        let plan = self.plan_back(&mut session, &tenants.into(), to).await?;
        self.take_back(&mut session, &plan).await
    }

    /// What [`rollback_tenants`](Self::rollback_tenants) would do. Only reads.
    ///
    /// # Errors
    /// As [`rollback_tenants`](Self::rollback_tenants).
    pub async fn plan_rollback_tenants<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenants: impl Into<Tenants>,
        to: &RollbackTo,
    ) -> Result<FleetRollbackPlan, Error> {
        let mut session = self.session(db);
        self.plan_back(&mut session, &tenants.into(), to).await
    }

    /// Does what a plan shows, and nothing else: a tenant that has other migrations by now, or the
    /// same ones with other down scripts, fails and stays as it is. What another process has taken
    /// back since is no harm.
    ///
    /// # Errors
    /// As [`rollback_tenants`](Self::rollback_tenants).
    pub async fn rollback_tenants_as_planned<'c>(
        &self,
        db: impl Into<Db<'c>>,
        plan: &FleetRollbackPlan,
    ) -> Result<FleetReport, Error> {
        let mut session = self.session(db);
        self.take_back(&mut session, plan).await
    }

    async fn take_back(
        &self,
        session: &mut Session<'_>,
        plan: &FleetRollbackPlan,
    ) -> Result<FleetReport, Error> {
        let Some(from) = &plan.from else {
            return Ok(plan.report.clone());
        };
        let jobs = plan.tenants.iter().enumerate().map(|(place, target)| {
            let goal = Goal::From(from.clone());
            Job::back(place, Return::shown(target, goal, Arc::clone(&plan.shown)))
        });
        // Failures are not in the ledger, so none can be of an earlier run.
        let since = "infinity".to_owned();
        self.run_jobs(session, jobs.collect(), plan.report.clone(), since)
            .await
    }
}
