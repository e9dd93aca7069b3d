//! A plan is carried out, and told.

use pgmig_core::edit::{Change, Plan};

use super::error::Error;
use super::{Outcome, say};

/// Carries out a plan, or tells what has to be put right before.
pub(super) fn carry_out(plan: Result<Plan, pgmig_core::Error>) -> Result<Outcome, Error> {
    let plan = match plan {
        Ok(plan) => plan,
        Err(pgmig_core::Error::Problems(problems)) => {
            say::problems(&problems);
            say::summary(&problems);
            return Ok(Outcome::Wrong);
        }
        Err(error) => return Err(error.into()),
    };
    plan.apply()?;
    for change in &plan.changes {
        match change {
            Change::Create { file, .. } => say::done("Created", &file.shown),
            Change::Write { file, .. } => say::done("Written", &file.shown),
            Change::Rename { from, to } => {
                say::done("Renamed", &format!("{} to {}", from.shown, to.shown));
            }
        }
    }
    if plan.changes.is_empty() {
        say::done("Unchanged", "nothing to do");
    }
    for note in &plan.notes {
        say::done("Note", note);
    }
    Ok(Outcome::Done)
}
