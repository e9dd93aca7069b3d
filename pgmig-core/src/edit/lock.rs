//! `cargo pgmig lock`: the folder as it is becomes final.

use super::named::{self, Candidate};
use super::{Change, Place, Plan};
use crate::lock::{self, BaselineEntry, Entry, Finding, Kind, Line, State};
use crate::{Checksum, Error, Loaded, Problem, Scope, Severity};

/// Plans the lock file that has every migration of the folder. A locked migration that is not as
/// it was has to be named in `accept`; a lock file that was changed by hand as `pgmig.lock`.
/// Conflict markers and the lines of two branches are resolved: the migrations of both stay
/// locked. A Drizzle folder that `drizzle-kit up` rewrote needs no acceptance.
///
/// # Errors
/// [`Error::Problems`]: something is wrong with the folder and was not accepted. Other errors are
/// about the names in `accept`.
pub fn lock(loaded: &Loaded, accept: &[String]) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let mut problems = besides(&loaded.problems);
    let accepts_file = accept.iter().any(|word| word == lock::FILE);
    let of_file = |problem: &&Problem| matches!(problem.code, "lock-edited" | "lock-unreadable");
    match loaded.lock.state {
        State::Damaged if accepts_file => {
            plan.notes.push(format!(
                "takes the lines of {}/{} as they are",
                loaded.shown,
                lock::FILE
            ));
        }
        State::Damaged | State::Unreadable => {
            problems.extend(loaded.problems.iter().filter(of_file).cloned());
            return Err(Error::Problems(problems));
        }
        State::Missing | State::Sound | State::Conflict | State::Merged => {}
    }
    let accepted = accepted(loaded, accept)?;
    for (finding, accepted) in loaded.findings.iter().zip(accepted) {
        if accepted || lock::is_upgrade(&loaded.folder, finding) {
            plan.notes.push(accepted_note(finding));
        } else {
            problems.push(loaded.problem(finding));
        }
    }
    if !problems.is_empty() {
        return Err(Error::Problems(problems));
    }
    let entries: Vec<Entry> = loaded.folder.migrations().map(Entry::of).collect();
    for migration in loaded
        .folder
        .migrations()
        .filter(|migration| !migration.locked)
    {
        plan.notes.push(format!(
            "locks {} {} {}",
            migration.scope, migration.version, migration.name
        ));
    }
    if matches!(loaded.lock.state, State::Conflict | State::Merged) {
        let notes = rechained(&loaded.lock.entries, &entries);
        plan.notes.extend(notes);
    }
    write(loaded, &entries, &mut plan);
    Ok(plan)
}

/// Writes the lock file, where it changes.
pub(super) fn write(loaded: &Loaded, entries: &[Entry], plan: &mut Plan) {
    let text = lock::render_with(entries, &baselines(loaded, plan));
    if text != loaded.lock.text {
        plan.changes.push(Change::Write {
            file: Place::below(loaded, lock::FILE),
            text,
        });
    }
}

/// The baselines that stay locked, as they were: whether each still fits is for the macro to say.
pub(super) fn baselines(loaded: &Loaded, plan: &mut Plan) -> Vec<BaselineEntry> {
    let mut kept = Vec::new();
    for scope in Scope::ALL {
        let lines = loaded.lock.baselines.iter().map(|line| &line.entry);
        let mut lines: Vec<&BaselineEntry> = lines.filter(|entry| entry.scope == scope).collect();
        if lines.is_empty() {
            continue;
        }
        let path = crate::baseline::file(scope);
        if !loaded.folder.files.contains(&path) {
            plan.notes
                .push(format!("the baseline of {scope} is no longer locked"));
            continue;
        }
        // Of those of two branches, the one whose file is there.
        let is_there = |entry: &&BaselineEntry| Some(entry.checksum) == checksum(loaded, scope);
        lines.sort_by(|a, b| a.version.cmp(&b.version));
        let entry = lines.iter().copied().find(is_there).or(lines.pop());
        kept.extend(entry.cloned());
    }
    kept
}

/// The checksum of the baseline that is there.
fn checksum(loaded: &Loaded, scope: Scope) -> Option<Checksum> {
    let mut all = loaded.baselines.iter();
    let found = all.find(|(of, _)| *of == scope)?;
    Some(found.1)
}

/// What is wrong besides what the lock file is about.
pub(super) fn besides(problems: &[Problem]) -> Vec<Problem> {
    let wrong = problems.iter().filter(|problem| {
        problem.severity == Severity::Error && !lock::CODES.contains(&problem.code)
    });
    wrong.cloned().collect()
}

/// Which of the findings a person accepts.
fn accepted(loaded: &Loaded, accept: &[String]) -> Result<Vec<bool>, Error> {
    let findings = &loaded.findings;
    let mut accepted = vec![false; findings.len()];
    // A renamed migration has two names.
    let mut candidates = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        if finding.kind == Kind::OutOfOrder {
            continue;
        }
        candidates.push(candidate(&finding.locked, index));
        if let Some(present) = &finding.present {
            candidates.push(candidate(&present.entry, index));
        }
    }
    for word in accept.iter().filter(|word| *word != lock::FILE) {
        match named::find(word, &candidates) {
            Ok(found) => accepted[found] = true,
            Err(Error::UnknownName { name, .. }) => return Err(unknown(loaded, name)),
            Err(error) => return Err(error),
        }
    }
    Ok(accepted)
}

fn candidate(entry: &Entry, index: usize) -> Candidate<'_> {
    Candidate {
        scope: entry.scope,
        version: &entry.version,
        name: &entry.name,
        index,
    }
}

/// No finding has the name; perhaps a migration has it.
fn unknown(loaded: &Loaded, name: String) -> Error {
    let all = named::candidates(loaded.folder.migrations());
    match named::find(&name, &all) {
        Err(error @ Error::UnknownName { .. }) => error,
        _ => Error::NothingToAccept { name },
    }
}

fn accepted_note(finding: &Finding) -> String {
    let Entry {
        scope,
        version,
        name,
        ..
    } = &finding.locked;
    let what = match (&finding.kind, &finding.present) {
        (Kind::Removed { .. }, _) | (_, None) => "is no longer locked".to_owned(),
        (Kind::Edited { .. }, Some(_)) => "is locked as it is now".to_owned(),
        (_, Some(present)) => {
            let now = &present.entry;
            format!("is locked as {} {} {}", now.scope, now.version, now.name)
        }
    };
    format!("{scope} {version} {name} {what}")
}

/// What a merge has put after a migration that it did not come after before.
fn rechained(before: &[Line], now: &[Entry]) -> Vec<String> {
    let lines = |wanted: &Entry| -> Vec<&Line> {
        let of_it = before.iter().filter(|line| line.entry == *wanted);
        of_it.collect()
    };
    let mut notes = Vec::new();
    let was_locked: Vec<&Entry> = now.iter().filter(|e| !lines(e).is_empty()).collect();
    for pair in was_locked.windows(2) {
        let [previous, entry] = pair else { continue };
        let chains = lines(previous).into_iter().map(|line| line.chain.as_str());
        let chains: Vec<&str> = chains.collect();
        let followed = lines(entry)
            .iter()
            .any(|line| chains.iter().any(|chain| line.follows(chain)));
        if previous.scope == entry.scope && !followed {
            notes.push(format!(
                "{} {} {} now comes after {} {}, of another branch: a database that has it already \
                 gets the other one late; `cargo pgmig renumber` can move either",
                entry.scope, entry.version, entry.name, previous.version, previous.name
            ));
        }
    }
    notes
}
