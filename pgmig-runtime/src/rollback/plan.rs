//! What has to be taken back to come to a version, newest first, or why it may not be. A pure
//! function.

use std::collections::BTreeMap;

use super::RollbackTo;
use crate::Version;
use crate::planner::{Recorded, checksum_bytes, head};

/// How far a schema is taken back.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// As somebody asked for.
    To(RollbackTo),
    /// This version and everything newer, if there is any.
    From(String),
}

/// Rows to take back, in that order, and where that leads.
#[derive(Debug, Default)]
pub(super) struct Back<'r> {
    pub(super) steps: Vec<Row<'r>>,
    /// The version that is left; `None`: nothing.
    pub(super) version: Option<String>,
}

/// One row to take back.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub(super) row: &'r Recorded,
    /// The head once it is.
    pub(super) head: Vec<u8>,
    /// The newest version that is applied then.
    pub(super) newest: Option<String>,
}

/// Why nothing may be taken back.
#[derive(Debug)]
pub(super) enum Refused<'r> {
    /// The version to come back to is not applied.
    NotApplied(&'r str),
    /// A migration in the way is not finished.
    Unfinished(&'r Recorded),
}

/// Plans the way back. A down script that was interrupted is part of it in any case: it has to end
/// first.
pub(super) fn plan<'r>(recorded: &'r [Recorded], goal: &'r Goal) -> Result<Back<'r>, Refused<'r>> {
    let mut rows: Vec<&Recorded> = recorded.iter().collect();
    rows.sort_by(|a, b| {
        let key = |row: &Recorded| !row.rolling_back;
        let version = |row| Version::new(row_version(row));
        key(a).cmp(&key(b)).then(version(b).cmp(&version(a)))
    });
    let half = rows.iter().filter(|row| row.rolling_back).count();
    let count = match goal {
        Goal::To(RollbackTo::OneStep) => half.max(1).min(rows.len()),
        Goal::To(RollbackTo::Nothing) => rows.len(),
        Goal::To(RollbackTo::Version(version)) => {
            let is_it = |row: &&Recorded| row.version == *version && row.running.is_none();
            if !recorded.iter().any(|row| is_it(&row)) {
                return Err(Refused::NotApplied(version));
            }
            let version = Version::new(version);
            let newer = |row: &&&Recorded| row.rolling_back || Version::new(&row.version) > version;
            rows.iter().filter(newer).count()
        }
        Goal::From(version) => {
            let version = Version::new(version);
            let goes = |row: &&&Recorded| row.rolling_back || Version::new(&row.version) >= version;
            rows.iter().filter(goes).count()
        }
    };
    rows.truncate(count);
    if let Some(row) = rows
        .iter()
        .find(|row| row.running.is_some() && !row.rolling_back)
    {
        return Err(Refused::Unfinished(row));
    }
    Ok(chain(recorded, &rows))
}

fn row_version(row: &Recorded) -> &str {
    &row.version
}

/// The head and the newest version after each step.
fn chain<'r>(recorded: &'r [Recorded], rows: &[&'r Recorded]) -> Back<'r> {
    let mut applied: BTreeMap<Version<'_>, [u8; 32]> = recorded
        .iter()
        .filter(|row| row.running.is_none())
        .map(|row| (Version::new(&row.version), checksum_bytes(&row.checksum)))
        .collect();
    let newest = |applied: &BTreeMap<Version<'_>, [u8; 32]>| {
        let newest = applied.keys().next_back();
        newest.map(|version| version.as_str().to_owned())
    };
    let mut steps = Vec::with_capacity(rows.len());
    for row in rows {
        applied.remove(&Version::new(&row.version));
        steps.push(Row {
            row,
            head: match applied.is_empty() {
                true => Vec::new(),
                false => head(applied.values()).to_vec(),
            },
            newest: newest(&applied),
        });
    }
    Back {
        steps,
        version: newest(&applied),
    }
}

#[cfg(test)]
mod tests;
