//! Answers as text: a line a schema, what happened to it below.

use std::fmt::{self, Display, Formatter};

use pgmig_runtime::{
    MigrationState, MigrationStatus, Pending, Report, ScopeStatus, SetupReport, Status, TargetPlan,
    TenantState, TenantStatus,
};

use super::paint::{BAD, DOUBTFUL, FAINT, GOOD, NAME, count, paint, time};
use super::{Answer, adopt, export, fleet, repair, rollback, verify};

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Run(report) => run(f, report),
            Answer::Setup(report) => setup(f, report),
            Answer::Status(report) => status(f, report),
            Answer::Fleet(report) => fleet::status(f, report),
            Answer::Plan(plans) => {
                if plans.iter().all(is_empty) {
                    writeln!(f, "-- nothing to do")?;
                }
                plans.iter().try_for_each(|target| plan(f, target))
            }
            Answer::Rollback(report) => rollback::report(f, report),
            Answer::RollbackPlan(plan) => rollback::plan(f, plan),
            Answer::FleetRollback(report) => fleet::report(f, report),
            Answer::FleetRollbackPlan(plan) => rollback::fleet_plan(f, plan),
            Answer::Repair(repaired) => repair::report(f, repaired),
            Answer::Adopted(adopted) => adopt::report(f, adopted),
            Answer::Verification(found) => verify::report(f, found),
            Answer::Repairs(found) => verify::repairs(f, found),
            Answer::Export(exported) => export::report(f, exported),
        }
    }
}

/// One schema, migration by migration.
fn run(f: &mut Formatter<'_>, report: &Report) -> fmt::Result {
    headline(f, report)?;
    let applied = &report.applied;
    let name = longest(applied.iter().map(|migration| migration.name));
    let version = longest(applied.iter().map(|migration| migration.version));
    for migration in applied {
        let took = paint(f, FAINT, format!("{:>8}", time(migration.duration)));
        let (number, title) = (migration.version, migration.name);
        writeln!(f, "  {number:>version$}  {title:<name$}  {took}")?;
    }
    Ok(())
}

/// `public: 3 migrations applied in 84 ms`
pub(super) fn headline(f: &mut Formatter<'_>, report: &Report) -> fmt::Result {
    let schema = paint(f, NAME, &report.target.schema);
    let took = time(report.duration);
    if let Some(adoption) = &report.adopted {
        let migrations = count(adoption.migrations, "migration");
        let from = format!("{} ({})", adoption.tool, adoption.table);
        writeln!(f, "{schema}: took over {migrations} from {from}")?;
    }
    if report.is_noop() {
        write!(f, "{schema}: nothing to do ({took})")?;
    } else {
        let applied = paint(f, GOOD, done(report));
        let created = if report.created { "created, " } else { "" };
        write!(f, "{schema}: {created}{applied} in {took}")?;
    }
    if let Some(version) = &report.ahead {
        let ahead = format!("at version {version}, which is newer than this binary");
        write!(f, ", {}", paint(f, DOUBTFUL, ahead))?;
    }
    writeln!(f)
}

/// `3 migrations applied`, or what the schema began with besides.
fn done(report: &Report) -> String {
    let applied = count(report.applied.len(), "migration");
    let Some(baseline) = &report.baseline else {
        return format!("{applied} applied");
    };
    let flattened = count(baseline.migrations, "migration");
    let begun = format!(
        "begun with the baseline of version {} ({flattened})",
        baseline.version
    );
    match report.applied.is_empty() {
        true => begun,
        false => format!("{begun}, {applied} applied"),
    }
}

/// `public` migration by migration; of each tenant what was applied in a line or two, of those with
/// nothing to do their number: there may be thousands.
fn setup(f: &mut Formatter<'_>, report: &SetupReport) -> fmt::Result {
    run(f, &report.public)?;
    fleet::report(f, &report.tenants)
}

/// What was applied, one after the other, in lines of a readable length.
pub(super) fn names(f: &mut Formatter<'_>, report: &Report) -> fmt::Result {
    const WIDTH: usize = 96;
    let mut line = String::new();
    let last = report.applied.len().saturating_sub(1);
    for (index, migration) in report.applied.iter().enumerate() {
        let comma = if index == last { "" } else { "," };
        let word = format!("{} {}{comma}", migration.version, migration.name);
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            writeln!(f, "  {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if line.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {line}")
}

fn status(f: &mut Formatter<'_>, status: &Status) -> fmt::Result {
    let public = &status.public;
    // A folder of drizzle-kit alone has nothing else in `public`.
    let is_told =
        status.drizzle.is_none() || public.version.is_some() || !public.migrations.is_empty();
    if is_told {
        scope(f, "", public)?;
    }
    if let Some(drizzle) = &status.drizzle {
        scope(f, " (drizzle)", drizzle)?;
    }
    // Before `public` is as it should be, the tenants' table need not be there.
    if let Some(why) = &status.tenants_error
        && public.migrations.iter().all(is_settled)
    {
        let told = paint(f, BAD, format!("cannot be listed: {why}"));
        writeln!(f, "tenants: {told}")?;
    }
    let mut tenants = status.tenants.iter();
    tenants.try_for_each(|tenant| tenant_line(f, tenant))
}

fn is_settled(migration: &MigrationStatus) -> bool {
    matches!(
        migration.state,
        MigrationState::Applied | MigrationState::Replaced
    )
}

/// A scope of the schema `public`, migration by migration.
fn scope(f: &mut Formatter<'_>, what: &str, scope: &ScopeStatus) -> fmt::Result {
    let migrations = &scope.migrations;
    let schema = paint(f, NAME, "public");
    let at = at(scope.version.as_deref());
    match migrations.iter().all(is_settled) {
        true => writeln!(f, "{schema}{what}: {at}, {}", paint(f, GOOD, "up to date"))?,
        false => writeln!(f, "{schema}{what}: {at}")?,
    }
    let version = longest(migrations.iter().map(|m| m.version.as_str()));
    let name = longest(migrations.iter().map(|m| m.name.as_str()));
    for migration in migrations {
        let (word, style) = match migration.state {
            MigrationState::Applied => ("applied", GOOD),
            MigrationState::Pending => ("pending", DOUBTFUL),
            MigrationState::Running => ("not finished", BAD),
            MigrationState::Edited => ("edited", BAD),
            MigrationState::RollingBack => ("half rolled back", BAD),
            MigrationState::Replaced => ("replaced by another binary", DOUBTFUL),
            _ => ("not in this binary", DOUBTFUL),
        };
        let (number, title) = (&migration.version, &migration.name);
        write!(
            f,
            "  {number:>version$}  {title:<name$}  {}",
            paint(f, style, word)
        )?;
        if let (Some(when), Some(app)) = (&migration.applied_at, &migration.app) {
            write!(f, "  {}", paint(f, FAINT, format!("{when} by {app}")))?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn tenant_line(f: &mut Formatter<'_>, tenant: &TenantStatus) -> fmt::Result {
    let style = match tenant.state {
        TenantState::UpToDate => GOOD,
        TenantState::Failed | TenantState::Gone => BAD,
        _ => DOUBTFUL,
    };
    let word = fleet::word(tenant.state);
    let schema = paint(f, NAME, &tenant.schema);
    let at = at(tenant.version.as_deref());
    write!(f, "{schema}: {at}, {}", paint(f, style, word))?;
    if !tenant.listed {
        write!(f, " {}", paint(f, FAINT, "(not active)"))?;
    }
    writeln!(f)?;
    // Of one that is up to date it is a migration of another binary that failed.
    match &tenant.error {
        Some(error) if tenant.state != TenantState::UpToDate => {
            writeln!(f, "  {}", error.replace('\n', "\n  "))
        }
        _ => Ok(()),
    }
}

fn at(version: Option<&str>) -> String {
    version.map_or_else(
        || "nothing applied".to_owned(),
        |version| format!("at version {version}"),
    )
}

/// SQL that can be read, kept and piped: what is not a statement is a comment.
fn plan(f: &mut Formatter<'_>, plan: &TargetPlan) -> fmt::Result {
    if is_empty(plan) {
        return Ok(());
    }
    let number = count(plan.pending.len(), "migration");
    let number = match &plan.baseline {
        Some(baseline) => format!("the baseline of version {} and {number}", baseline.version),
        None => number,
    };
    let creates = if plan.creates_schema {
        ", in a new schema"
    } else {
        ""
    };
    let line = format!("-- {}: {number} to apply{creates}", plan.target.schema);
    writeln!(f, "{}", paint(f, NAME, line))?;
    let baseline = plan.baseline.iter().map(|baseline| &**baseline);
    for migration in baseline.chain(&plan.pending) {
        writeln!(f)?;
        pending(f, migration)?;
    }
    Ok(())
}

fn is_empty(plan: &TargetPlan) -> bool {
    plan.pending.is_empty() && plan.baseline.is_none()
}

/// One migration as SQL; what is to know of it as comments.
pub(super) fn pending(f: &mut Formatter<'_>, migration: &Pending) -> fmt::Result {
    writeln!(f, "{}", paint(f, NAME, format!("-- {}", migration.path)))?;
    if !migration.transactional {
        writeln!(f, "-- runs outside a transaction")?;
    }
    if migration.done > 0 {
        let done = count(migration.done, "statement");
        writeln!(f, "-- was interrupted: {done} done already")?;
    }
    for (kind, line) in &migration.destroys_data {
        let note = format!("-- loses data: {kind} in line {line}");
        writeln!(f, "{}", paint(f, BAD, note))?;
    }
    writeln!(f, "{}\n", migration.sql.trim_end())
}

pub(super) fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}
