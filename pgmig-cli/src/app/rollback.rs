//! `rollback`: takes migrations back by their down scripts.

use std::fmt::{self, Formatter};

use pgmig_runtime::{
    FleetRollbackPlan, Migrator, Pending, RollbackPlan, RollbackReport, RollbackTo, Tenants,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::among::Among;
use super::human::{longest, pending};
use super::paint::{FAINT, GOOD, NAME, count, paint, time};
use super::progress::Progress;
use super::{Answer, Common, Error};

/// Take the newest migration back, or all down to a version, by the down scripts of apply time
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app rollback --plan                 what would run, with its SQL; changes nothing
  app rollback                        the newest migration of public
  app rollback --to 3 --yes           all after version 3, although data is lost
  app rollback --tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11 --to 12
  app rollback --fleet --plan         the newest migration that a tenant has, from all that have it
  app rollback --fleet --to 12 --yes

Without a down script in the way nothing runs. Each migration is taken back in a transaction of its
own, the newest first. What runs is what the plan shows. A binary can take back what a later one
applied. Of a fleet, a tenant that fails stays as it is and the others go on: ends with 6 then, with
1 when more failed than may.")]
#[non_exhaustive]
pub struct Rollback {
    /// The tenant whose schema is taken back, instead of public
    #[arg(long, value_name = "UUID")]
    pub tenant: Option<Uuid>,

    /// Take the schemas of all active tenants back, instead of public
    #[arg(long, conflicts_with = "tenant")]
    pub fleet: bool,

    /// Take back what drizzle-kit generated, in drizzle/ beside public/
    #[arg(long, conflicts_with_all = ["tenant", "fleet"])]
    pub drizzle: bool,

    /// The version to come back to; it stays [default: the one before the newest]
    #[arg(long, value_name = "VERSION", conflicts_with = "all")]
    pub to: Option<String>,

    /// Take everything back
    #[arg(long)]
    pub all: bool,

    /// Show what would run, with its SQL, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub plan: bool,

    /// Go on although data is lost
    #[arg(long)]
    pub yes: bool,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub among: Among,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Rollback {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        let to = match &self.to {
            Some(version) => RollbackTo::Version(version.clone()),
            None if self.all => RollbackTo::Nothing,
            None => RollbackTo::OneStep,
        };
        if self.fleet {
            return self.fleet(&pool, migrator, &to).await;
        }
        let plan = match self.tenant {
            Some(tenant) => migrator.plan_rollback_tenant(&pool, tenant, &to).await?,
            None if self.drizzle => migrator.plan_rollback_drizzle(&pool, &to).await?,
            None => migrator.plan_rollback_public(&pool, &to).await?,
        };
        if self.plan {
            return Ok(Answer::RollbackPlan(plan));
        }
        if plan.destroys_data() && !self.yes {
            return Err(Error::LosesData(Box::new(plan)));
        }
        let report = migrator.rollback_as_planned(&pool, &plan).await?;
        Ok(Answer::Rollback(report))
    }

    async fn fleet(
        &self,
        pool: &PgPool,
        migrator: Migrator,
        to: &RollbackTo,
    ) -> Result<Answer, Error> {
        let plan = migrator
            .plan_rollback_tenants(pool, Tenants::Active, to)
            .await?;
        if self.plan {
            return Ok(Answer::FleetRollbackPlan(plan));
        }
        if plan.destroys_data() && !self.yes {
            return Err(Error::LosesFleetData(Box::new(plan)));
        }
        let (events, progress) = Progress::start(self.common.json);
        let migrator = self.among.set(migrator).events(events);
        let report = migrator.rollback_tenants_as_planned(pool, &plan).await;
        drop(migrator);
        progress.end().await;
        Ok(Answer::FleetRollback(report?))
    }
}

/// One schema, migration by migration.
pub(super) fn report(f: &mut Formatter<'_>, report: &RollbackReport) -> fmt::Result {
    let schema = paint(f, NAME, &report.target.schema);
    let took = time(report.duration);
    let at = left(report.version.as_deref());
    if report.rolled_back.is_empty() {
        return writeln!(f, "{schema}: nothing to roll back, {at} ({took})");
    }
    let number = count(report.rolled_back.len(), "migration");
    let done = paint(f, GOOD, format!("{number} rolled back"));
    writeln!(f, "{schema}: {done} in {took}, {at}")?;
    let name = longest(report.rolled_back.iter().map(|one| one.name));
    let version = longest(report.rolled_back.iter().map(|one| one.version));
    for one in &report.rolled_back {
        let took = paint(f, FAINT, format!("{:>8}", time(one.duration)));
        let (number, title) = (&one.version, &one.name);
        writeln!(f, "  {number:>version$}  {title:<name$}  {took}")?;
    }
    Ok(())
}

/// One of many schemas.
pub(super) fn line(f: &mut Formatter<'_>, report: &RollbackReport) -> fmt::Result {
    let schema = paint(f, NAME, &report.target.schema);
    let number = count(report.rolled_back.len(), "migration");
    let done = paint(f, GOOD, format!("{number} rolled back"));
    let (took, at) = (time(report.duration), left(report.version.as_deref()));
    writeln!(f, "{schema}: {done} in {took}, {at}")
}

/// SQL that can be read, kept and piped: what is not a statement is a comment.
pub(super) fn plan(f: &mut Formatter<'_>, plan: &RollbackPlan) -> fmt::Result {
    let schema = &plan.target.schema;
    let at = left(plan.version.as_deref());
    if plan.steps.is_empty() {
        return writeln!(f, "-- {schema}: nothing to roll back, {at}");
    }
    let number = count(plan.steps.len(), "migration");
    let line = format!("-- {schema}: {number} to roll back, then {at}");
    writeln!(f, "{}", paint(f, NAME, line))?;
    for step in &plan.steps {
        writeln!(f)?;
        pending(f, step)?;
    }
    Ok(())
}

/// The same of many tenants.
pub(super) fn fleet_plan(f: &mut Formatter<'_>, plan: &FleetRollbackPlan) -> fmt::Result {
    let tenants = count(plan.tenants.len(), "tenant");
    if plan.steps.is_empty() {
        return writeln!(
            f,
            "-- {}: nothing to roll back",
            count(plan.listed, "tenant")
        );
    }
    let line = format!("-- {tenants} of {} to roll back", plan.listed);
    writeln!(f, "{}", paint(f, NAME, line))?;
    if !plan.unlisted.is_empty() {
        let unlisted = count(plan.unlisted.len(), "tenant");
        let note = format!("-- {unlisted} not active, left as they are");
        writeln!(f, "{}", paint(f, FAINT, note))?;
    }
    for step in &plan.steps {
        writeln!(f, "\n-- in {}:", count(step.tenants, "tenant"))?;
        pending(f, &step.migration)?;
    }
    Ok(())
}

fn left(version: Option<&str>) -> String {
    version.map_or_else(
        || "nothing applied".to_owned(),
        |version| format!("at version {version}"),
    )
}

/// What of a plan loses data, a line a statement.
pub(super) fn losses<'p>(steps: impl IntoIterator<Item = &'p Pending>) -> String {
    let lost = steps.into_iter().flat_map(|step| {
        let statements = step.destroys_data.iter();
        statements.map(|(kind, line)| format!("\n  - {}:{line}: {kind}", step.path))
    });
    lost.collect()
}

pub(super) fn fleet_losses(plan: &FleetRollbackPlan) -> String {
    losses(plan.steps.iter().map(|step| &step.migration))
}
