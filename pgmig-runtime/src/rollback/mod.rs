//! Taking migrations back, by the down scripts that the ledger kept when they were applied.

mod fleet;
mod kept;
mod plan;
mod rehearse;
mod run;

pub use fleet::{FleetRollbackPlan, FleetRollbackStep, Irreversible, IrreversibleFleetError};
pub use rehearse::{Rehearsal, RehearsalOutcome};

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use uuid::Uuid;

pub(crate) use self::run::Return;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::message::Fill;
use crate::planner::Way;
use crate::report::{Applied, Pending};
use crate::target::Target;
use crate::{Migrator, Version};

/// How far a schema is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RollbackTo {
    /// The newest migration alone. One whose way back was interrupted is finished instead.
    OneStep,
    /// Everything newer than this version, which stays: `3`.
    Version(String),
    /// Everything.
    Nothing,
}

/// What a rollback did to one schema.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RollbackReport {
    /// The schema.
    pub target: Target,
    /// What was taken back, in order: the newest first. The paths are those of the down scripts.
    pub rolled_back: Vec<Applied>,
    /// The newest version that is left; `None` when nothing is.
    pub version: Option<String>,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

/// What a rollback would do to one schema.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RollbackPlan {
    /// The schema.
    pub target: Target,
    /// What would be taken back, in order: the newest first.
    pub steps: Vec<Pending>,
    /// The newest version that would be left; `None` when nothing would be.
    pub version: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pin: Pin,
}

/// What a plan was made for.
#[derive(Clone, Debug)]
struct Pin {
    /// The rows of the ledger that would be taken back.
    rows: BTreeSet<i64>,
    head: String,
    version: Option<String>,
}

impl RollbackPlan {
    /// Whether data would be lost.
    pub fn destroys_data(&self) -> bool {
        self.steps.iter().any(|step| !step.destroys_data.is_empty())
    }
}

/// A schema that cannot be taken back as far as asked.
#[derive(Debug)]
#[non_exhaustive]
pub struct IrreversibleError {
    /// The schema.
    pub target: Target,
    /// Version and name of the migrations in the way that have no down script in the ledger.
    pub migrations: Vec<(String, String)>,
}

impl fmt::Display for IrreversibleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "schema {} cannot be rolled back so far: migrations without a down script are in the way; nothing was run",
            self.target.schema
        )?;
        for (version, name) in &self.migrations {
            write!(f, "\n  - {} {version}_{name}", self.target.scope)?;
        }
        f.write_str(NO_WAY_BACK)
    }
}

impl std::error::Error for IrreversibleError {}

const NO_WAY_BACK: &str = "\n  = note: the ledger keeps the down script that a migration has when it is applied\
    \n  = help: undo them by a new migration, or give a version after them to come back to";

impl Migrator {
    /// Takes migrations of `public` back, newest first, each in a transaction of its own unless
    /// its down script says otherwise. What drizzle-kit generated beside them is
    /// [`rollback_drizzle`](Self::rollback_drizzle)'s.
    ///
    /// The down scripts are those that the ledger kept when the migrations were applied, so a
    /// binary can take back what a later one applied. Where the ledger has none and this binary
    /// carries the same migration with a down script, that one is used.
    ///
    /// # Errors
    /// Before anything runs, when a migration in the way has no down script or is not finished, or
    /// the version is not applied; otherwise as [`run_public`](Self::run_public). What was taken
    /// back before a down script fails stays so.
    ///
    /// ```no_run
    /// # async fn undo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::RollbackTo;
    /// let to = RollbackTo::Version("3".to_owned());
    /// migrator.rollback_public(&pool, &to).await?;
    /// # Ok(()) }
    /// ```
    pub async fn rollback_public<'c>(
        &self,
        db: impl Into<Db<'c>>,
        to: &RollbackTo,
    ) -> Result<RollbackReport, Error> {
        let mut session = self.session(db);
        self.rollback(&mut session, &Target::public(), to).await
    }

    /// Takes migrations of a `drizzle/` beside `public/` back: those that somebody wrote down scripts
    /// for. They leave Drizzle's own ledger too, where that is kept in step.
    ///
    /// # Errors
    /// As [`rollback_public`](Self::rollback_public).
    pub async fn rollback_drizzle<'c>(
        &self,
        db: impl Into<Db<'c>>,
        to: &RollbackTo,
    ) -> Result<RollbackReport, Error> {
        let mut session = self.session(db);
        self.rollback(&mut session, &Target::drizzle(), to).await
    }

    /// Takes migrations of one tenant's schema back. The schema itself stays.
    ///
    /// # Errors
    /// As [`rollback_public`](Self::rollback_public).
    pub async fn rollback_tenant<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
        to: &RollbackTo,
    ) -> Result<RollbackReport, Error> {
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        self.rollback(&mut session, &target, to).await
    }

    /// What [`rollback_public`](Self::rollback_public) would do. Only reads.
    ///
    /// # Errors
    /// As [`rollback_public`](Self::rollback_public).
    pub async fn plan_rollback_public<'c>(
        &self,
        db: impl Into<Db<'c>>,
        to: &RollbackTo,
    ) -> Result<RollbackPlan, Error> {
        let mut session = self.session(db);
        self.plan_rollback(&mut session, Target::public(), to).await
    }

    /// What [`rollback_drizzle`](Self::rollback_drizzle) would do. Only reads.
    ///
    /// # Errors
    /// As [`rollback_public`](Self::rollback_public).
    pub async fn plan_rollback_drizzle<'c>(
        &self,
        db: impl Into<Db<'c>>,
        to: &RollbackTo,
    ) -> Result<RollbackPlan, Error> {
        let mut session = self.session(db);
        self.plan_rollback(&mut session, Target::drizzle(), to)
            .await
    }

    /// What [`rollback_tenant`](Self::rollback_tenant) would do. Only reads.
    ///
    /// # Errors
    /// As [`rollback_public`](Self::rollback_public).
    pub async fn plan_rollback_tenant<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
        to: &RollbackTo,
    ) -> Result<RollbackPlan, Error> {
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        self.plan_rollback(&mut session, target, to).await
    }

    /// Takes a schema back as a plan shows, and only if it is still as the plan found it.
    ///
    /// # Errors
    /// [`Error::PlanOutdated`], before anything runs, when the schema was migrated or taken back
    /// since; otherwise as [`rollback_public`](Self::rollback_public).
    ///
    /// ```no_run
    /// # async fn undo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::RollbackTo;
    /// let plan = migrator.plan_rollback_public(&pool, &RollbackTo::OneStep).await?;
    /// if !plan.destroys_data() {
    ///     migrator.rollback_as_planned(&pool, &plan).await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn rollback_as_planned<'c>(
        &self,
        db: impl Into<Db<'c>>,
        plan: &RollbackPlan,
    ) -> Result<RollbackReport, Error> {
        let mut session = self.session(db);
        self.go_back(&mut session, Return::pinned(plan)).await
    }

    async fn rollback(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        to: &RollbackTo,
    ) -> Result<RollbackReport, Error> {
        self.go_back(session, Return::new(target, to)).await
    }

    async fn go_back(
        &self,
        session: &mut Session<'_>,
        mut back: Return,
    ) -> Result<RollbackReport, Error> {
        let started = Instant::now();
        let done = self.runner().roll_back(session, &mut back).await;
        if let Some(tenant) = back.report.target.tenant {
            self.ensured.forget(tenant);
        }
        done?;
        back.report.duration = started.elapsed();
        Ok(back.report)
    }

    async fn plan_rollback(
        &self,
        session: &mut Session<'_>,
        target: Target,
        to: &RollbackTo,
    ) -> Result<RollbackPlan, Error> {
        let (work, version) = self.runner().plan_back(session, &target, to).await?;
        let fill = Fill {
            schema: &target.schema,
            plain: false,
            public: None,
        };
        let steps = &work.plan.steps;
        let rows = steps.iter().filter_map(|step| match step.way {
            Way::Back(row) => Some(row),
            Way::Up => None,
        });
        Ok(RollbackPlan {
            steps: steps.iter().map(|step| Pending::of(step, fill)).collect(),
            version,
            pin: Pin {
                rows: rows.collect(),
                head: work.state.head,
                version: work.state.version,
            },
            target,
        })
    }
}

/// The version as files and the ledger write it: `003` is `3`.
fn canonical(to: &RollbackTo) -> RollbackTo {
    match to {
        RollbackTo::Version(version) => RollbackTo::Version(Version::canonical(version)),
        other => other.clone(),
    }
}
