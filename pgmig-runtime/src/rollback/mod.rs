//! Taking migrations back, by the down scripts that the ledger kept when they were applied.

mod kept;
mod plan;
mod rehearse;
mod run;

pub use rehearse::{Rehearsal, RehearsalOutcome};

use std::fmt;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::db::{Db, Session};
use crate::error::Error;
use crate::message::{Fill, script_text};
use crate::planner::Step;
use crate::report::Applied;
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
    pub steps: Vec<RollbackStep>,
    /// The newest version that would be left; `None` when nothing would be.
    pub version: Option<String>,
}

/// One migration that would be taken back.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RollbackStep {
    /// Its version.
    pub version: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The file of its down script when it was applied.
    pub path: &'static str,
    /// Whether the down script runs in a transaction.
    pub transactional: bool,
    /// Statements that are done already, where it was interrupted.
    pub done: usize,
    /// The statements that lose data (`DROP TABLE`), with their lines.
    pub destroys_data: Vec<(&'static str, u32)>,
    /// The down script as it would be sent.
    pub sql: String,
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
        f.write_str(
            "\n  = note: the ledger keeps the down script that a migration has when it is applied\
             \n  = help: undo them by a new migration, or give a version after them to come back to",
        )
    }
}

impl std::error::Error for IrreversibleError {}

impl Migrator {
    /// Takes migrations of `public` back, newest first, each in a transaction of its own unless
    /// its down script says otherwise. What drizzle-kit generated has no way back.
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
    /// if !migrator.plan_rollback_public(&pool, &to).await?.destroys_data() {
    ///     migrator.rollback_public(&pool, &to).await?;
    /// }
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

    async fn rollback(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        to: &RollbackTo,
    ) -> Result<RollbackReport, Error> {
        let started = Instant::now();
        let mut report = RollbackReport {
            target: target.clone(),
            rolled_back: Vec::new(),
            version: None,
            duration: Duration::ZERO,
        };
        self.runner().roll_back(session, to, &mut report).await?;
        report.duration = started.elapsed();
        Ok(report)
    }

    async fn plan_rollback(
        &self,
        session: &mut Session<'_>,
        target: Target,
        to: &RollbackTo,
    ) -> Result<RollbackPlan, Error> {
        let (steps, version) = self.runner().plan_back(session, &target, to).await?;
        let fill = Fill {
            schema: &target.schema,
            plain: false,
            public: None,
        };
        let steps = steps.iter().map(|step| planned(step, fill)).collect();
        Ok(RollbackPlan {
            target,
            steps,
            version,
        })
    }
}

fn planned(step: &Step, fill: Fill<'_>) -> RollbackStep {
    let script = &step.migration.0.up.0;
    let progress = step.resume.as_ref().map(|(_, progress)| progress);
    let loses = script.statements.iter().filter(|s| s.0.destroys_data);
    RollbackStep {
        version: step.migration.0.version,
        name: step.migration.0.name,
        path: script.path,
        transactional: script.transactional,
        done: progress.map_or(0, |progress| progress.done),
        destroys_data: loses.map(|s| (s.0.kind, s.0.line)).collect(),
        sql: script_text(script, fill),
    }
}

/// The version as files and the ledger write it: `003` is `3`.
fn canonical(to: &RollbackTo) -> RollbackTo {
    match to {
        RollbackTo::Version(version) => RollbackTo::Version(Version::canonical(version)),
        other => other.clone(),
    }
}
