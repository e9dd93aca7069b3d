//! What is wrong with the SQL of a folder.

use std::collections::HashSet;

use crate::lint::Levels;
use crate::lock::{Finding, Kind, Lock, State, Verdict};
use crate::parallel;
use crate::sql;
use crate::{Folder, Problem, Script};

/// Checks the scripts that are not settled: the up scripts that the lock file does not have as they
/// are now, and all down scripts, which it does not have at all. What is locked was checked when it
/// was locked, and is not parsed again.
pub(super) fn check(
    folder: &Folder,
    lock: &Lock,
    verdict: &Verdict,
    shown: &str,
    levels: &Levels,
) -> Vec<Problem> {
    let edited: HashSet<&str> = verdict.findings.iter().filter_map(edited).collect();
    let settled = |up: &Script, locked: bool| {
        locked && lock.state == State::Sound && !edited.contains(up.path.as_str())
    };
    let mut scripts = Vec::new();
    for migration in folder.migrations() {
        if !settled(&migration.up, migration.locked) {
            scripts.push((migration.scope, &migration.up));
        }
        scripts.extend(migration.down.iter().map(|down| (migration.scope, down)));
    }
    let problems = parallel::map(&scripts, |(scope, script)| {
        let path = folder.shown(shown, &script.path);
        sql::check::script(script, *scope, &path, levels)
    });
    problems.into_iter().flatten().collect()
}

/// The script of a locked migration that has another text now.
fn edited(finding: &Finding) -> Option<&str> {
    match (&finding.kind, &finding.present) {
        (Kind::Edited { .. }, Some(present)) => Some(&present.path),
        _ => None,
    }
}
