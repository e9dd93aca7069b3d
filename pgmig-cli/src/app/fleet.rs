//! The fleet as text: numbers, and one by one only who needs somebody.

use std::fmt::{self, Formatter};

use pgmig_runtime::{FleetReport, FleetStatus, TenantState};

use super::human::{headline, names};
use super::paint::{BAD, DOUBTFUL, FAINT, GOOD, NAME, age, count, paint, time};
use super::rollback;

/// How many tenants are written out one by one.
const SHOWN: usize = 20;

/// Of each tenant what was applied in a line or two, of those with nothing to do their number.
pub(super) fn report(f: &mut Formatter<'_>, fleet: &FleetReport) -> fmt::Result {
    for tenant in fleet.migrated.iter().take(SHOWN) {
        headline(f, tenant)?;
        names(f, tenant)?;
    }
    for tenant in fleet.rolled_back.iter().take(SHOWN) {
        rollback::line(f, tenant)?;
    }
    let done = fleet.migrated.len() + fleet.rolled_back.len();
    if let Some(more @ 1..) = done.checked_sub(SHOWN) {
        let took = time(fleet.duration);
        writeln!(f, "and {}, all in {took}", count(more, "more tenant"))?;
    }
    let mut note = |number: usize, what: &str| match number {
        0 => Ok(()),
        _ => writeln!(f, "{}: {what}", count(number, "tenant")),
    };
    note(fleet.elsewhere, "done by another process meanwhile")?;
    note(fleet.ahead, "newer than this binary")?;
    note(fleet.unlisted.len(), "in the ledger, but not active")?;
    note(fleet.dropping.len(), "being dropped")?;
    note(fleet.left, "left to another process")?;
    troubles(f, fleet)?;
    let touched = done + fleet.elsewhere + fleet.ahead + fleet.left;
    let troubled = fleet.failed.len() + fleet.gone.len() + fleet.moved.len();
    let idle = fleet.listed.saturating_sub(touched + troubled);
    match (fleet.listed, idle) {
        (0, _) => writeln!(f, "no active tenants"),
        (_, 0) => Ok(()),
        (all, idle) if all == idle => writeln!(f, "{}: nothing to do", count(idle, "tenant")),
        (_, idle) => writeln!(f, "{}: nothing to do", count(idle, "other tenant")),
    }
}

/// The tenants that somebody has to look after.
fn troubles(f: &mut Formatter<'_>, fleet: &FleetReport) -> fmt::Result {
    for failure in &fleet.failed {
        let schema = paint(f, NAME, &failure.target.schema);
        let failed = paint(f, BAD, "failed");
        let message = failure.message.replace('\n', "\n  ");
        writeln!(f, "{schema}: {failed}\n  {message}")?;
    }
    for gone in &fleet.gone {
        let schema = paint(f, NAME, &gone.schema);
        writeln!(f, "{schema}: {}", paint(f, BAD, word(TenantState::Gone)))?;
    }
    for moved in &fleet.moved {
        let schema = paint(f, NAME, &moved.recorded);
        let why = format!("its name would now be {}", moved.expected);
        writeln!(f, "{schema}: {}", paint(f, BAD, why))?;
    }
    Ok(())
}

/// How many at which version and in which state, then who failed.
pub(super) fn status(f: &mut Formatter<'_>, fleet: &FleetStatus) -> fmt::Result {
    let tenants = count(fleet.tenants.len(), "tenant");
    writeln!(f, "{}", paint(f, NAME, tenants))?;
    for states in &fleet.states {
        let style = match states.state {
            TenantState::UpToDate => GOOD,
            TenantState::Failed | TenantState::Gone => BAD,
            _ => DOUBTFUL,
        };
        let number = states.tenants;
        writeln!(f, "  {number:>7}  {}", paint(f, style, word(states.state)))?;
    }
    for versions in fleet.versions.iter().rev() {
        let number = versions.tenants;
        match versions.version.as_deref() {
            Some(version) => writeln!(f, "  {number:>7}  at version {version}")?,
            None => writeln!(f, "  {number:>7}  with nothing applied")?,
        }
    }
    let troubled = |state| fleet.in_state(state);
    let failed = troubled(TenantState::Failed).chain(troubled(TenantState::Gone));
    for tenant in failed.take(SHOWN) {
        let schema = paint(f, NAME, &tenant.schema);
        let state = paint(f, BAD, word(tenant.state));
        let since = match tenant.state {
            // Since when a schema is gone nobody knows.
            TenantState::Gone => String::new(),
            _ => format!(" for {}", age(tenant.seconds.unwrap_or(0))),
        };
        writeln!(f, "{schema}: {state}{}", paint(f, FAINT, since))?;
        if let Some(error) = &tenant.error {
            writeln!(f, "  {}", error.replace('\n', "\n  "))?;
        }
    }
    Ok(())
}

/// The word for a state.
pub(super) fn word(state: TenantState) -> &'static str {
    match state {
        TenantState::UpToDate => "up to date",
        TenantState::Behind => "behind",
        TenantState::Ahead => "newer than this binary",
        TenantState::New => "new",
        TenantState::Failed => "failed",
        TenantState::Dropping => "being dropped",
        _ => "its schema does not exist",
    }
}
