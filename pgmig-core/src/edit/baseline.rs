//! `cargo pgmig baseline`: the locked migrations of a scope get a script that makes the same at
//! once.

use super::lock::{baselines, besides};
use super::{Change, Place, Plan};
use crate::lock::{self, BaselineEntry, Entry, Line, State};
use crate::tokens::Lexed;
use crate::{Error, Loaded, Migration, Problem, Scope, checksum};

/// The problems that a new baseline solves.
const SOLVED: [&str; 4] = [
    "edited-baseline",
    "removed-baseline",
    "stale-baseline",
    "unlocked-baseline",
];

/// The migrations of a scope that a baseline made now would flatten: all that are locked.
///
/// # Errors
/// [`Error::Problems`]: something is wrong with the folder or its lock file.
/// [`Error::NothingLocked`]: nothing is locked in the scope. [`Error::DraftBefore`]: a migration
/// that is not locked comes before one that is, so that it would be left out and then never run.
pub fn flattened(loaded: &Loaded, scope: Scope) -> Result<&[Migration], Error> {
    let mut wrong = besides(&loaded.problems);
    let of_lock =
        |problem: &&Problem| lock::CODES.contains(&problem.code) && !SOLVED.contains(&problem.code);
    wrong.extend(loaded.problems.iter().filter(of_lock).cloned());
    if !wrong.is_empty() {
        return Err(Error::Problems(wrong));
    }
    let migrations = loaded.folder.of(scope);
    let newest = migrations.iter().rposition(|migration| migration.locked);
    let Some(newest) = newest.filter(|_| loaded.lock.state == State::Sound) else {
        return Err(Error::NothingLocked { scope });
    };
    let flattened = &migrations[..=newest];
    match flattened.iter().find(|migration| !migration.locked) {
        Some(draft) => Err(Error::DraftBefore {
            path: loaded.folder.shown(&loaded.shown, &draft.up.path),
            newest: migrations[newest].name.clone(),
        }),
        None => Ok(flattened),
    }
}

/// Plans the baseline `text` of a scope, for all of its migrations that are locked, and the lock
/// file that has it.
///
/// # Errors
/// As [`flattened`].
pub fn baseline(loaded: &Loaded, scope: Scope, text: &str) -> Result<Plan, Error> {
    let newest = flattened(loaded, scope)?.last();
    let line = newest.and_then(|newest| {
        let mut lines = loaded.lock.entries.iter();
        lines.find(|line| line.entry.scope == scope && line.entry.version == newest.version)
    });
    let Some(Line { entry, chain, .. }) = line else {
        return Err(Error::NothingLocked { scope });
    };
    let mut plan = Plan::default();
    let mut all = baselines(loaded, &mut plan);
    all.retain(|baseline| baseline.scope != scope);
    all.push(BaselineEntry {
        scope,
        version: entry.version.clone(),
        after: chain.clone(),
        checksum: checksum::checksum(&Lexed::new(text)),
    });
    let file = Place::below(loaded, &crate::baseline::file(scope));
    let text = text.to_owned();
    plan.changes.push(match file.path.exists() {
        true => Change::Write { file, text },
        false => Change::Create { file, text },
    });
    let entries = loaded.lock.entries.iter().map(|line| line.entry.clone());
    let entries: Vec<Entry> = entries.collect();
    plan.changes.push(Change::Write {
        file: Place::below(loaded, lock::FILE),
        text: lock::render_with(&entries, &all),
    });
    Ok(plan)
}
