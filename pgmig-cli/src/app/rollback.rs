//! `rollback`: takes migrations back by their down scripts.

use std::fmt::{self, Formatter};

use pgmig_runtime::{Migrator, RollbackPlan, RollbackReport, RollbackStep, RollbackTo};
use uuid::Uuid;

use super::human::longest;
use super::paint::{BAD, FAINT, GOOD, NAME, count, paint, time};
use super::{Answer, Common, Error};

/// Take the newest migration back, or all down to a version, by the down scripts of apply time
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app rollback --plan                 what would run, with its SQL; changes nothing
  app rollback                        the newest migration of public
  app rollback --to 3 --yes           all after version 3, although data is lost
  app rollback --tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11 --to 12

Without a down script in the way nothing runs. Each migration is taken back in a transaction of its
own, the newest first. A binary can take back what a later one applied.")]
#[non_exhaustive]
pub struct Rollback {
    /// The tenant whose schema is taken back, instead of public
    #[arg(long, value_name = "UUID")]
    pub tenant: Option<Uuid>,

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
        if !self.yes {
            let plan = match self.tenant {
                Some(tenant) => migrator.plan_rollback_tenant(&pool, tenant, &to).await?,
                None => migrator.plan_rollback_public(&pool, &to).await?,
            };
            if self.plan {
                return Ok(Answer::RollbackPlan(plan));
            }
            if plan.destroys_data() {
                return Err(Error::LosesData(Box::new(plan)));
            }
        }
        let report = match self.tenant {
            Some(tenant) => migrator.rollback_tenant(&pool, tenant, &to).await?,
            None => migrator.rollback_public(&pool, &to).await?,
        };
        Ok(Answer::Rollback(report))
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
    plan.steps.iter().try_for_each(|one| step(f, one))
}

fn step(f: &mut Formatter<'_>, step: &RollbackStep) -> fmt::Result {
    writeln!(f, "\n{}", paint(f, NAME, format!("-- {}", step.path)))?;
    if !step.transactional {
        writeln!(f, "-- runs outside a transaction")?;
    }
    if step.done > 0 {
        let done = count(step.done, "statement");
        writeln!(f, "-- was interrupted: {done} done already")?;
    }
    for (kind, line) in &step.destroys_data {
        let note = format!("-- loses data: {kind} in line {line}");
        writeln!(f, "{}", paint(f, BAD, note))?;
    }
    writeln!(f, "{}\n", step.sql.trim_end())
}

fn left(version: Option<&str>) -> String {
    version.map_or_else(
        || "nothing applied".to_owned(),
        |version| format!("at version {version}"),
    )
}

/// What of a plan loses data, a line a statement.
pub(super) fn losses(plan: &RollbackPlan) -> String {
    let lost = plan.steps.iter().flat_map(|step| {
        let statements = step.destroys_data.iter();
        statements.map(|(kind, line)| format!("\n  - {}:{line}: {kind}", step.path))
    });
    lost.collect()
}
