//! What is wrong with the SQL of a folder.

use std::collections::HashSet;

use crate::lint::Levels;
use crate::lock::{Finding, Kind, Lock, State, Verdict};
use crate::parallel;
use crate::sql;
use crate::{Folder, Problem, Script};

/// Checks the scripts that are not settled: the up scripts that the lock file does not have as they
/// are now, and all down scripts and repeatable migrations, which it does not have at all. What is locked was checked when it
/// was locked, and is not parsed again. Without `levels` no rules are asked about statements.
pub(super) fn check(
    folder: &Folder,
    lock: &Lock,
    verdict: &Verdict,
    shown: &str,
    levels: Option<&Levels>,
) -> Vec<Problem> {
    let lints = levels.is_some();
    let usual = Levels::default();
    let levels = levels.unwrap_or(&usual);
    let edited: HashSet<&str> = verdict.findings.iter().filter_map(edited).collect();
    let settled = |up: &Script, locked: bool| {
        locked && lock.state == State::Sound && !edited.contains(up.path.as_str())
    };
    let mut scripts = Vec::new();
    let mut done = HashSet::new();
    for migration in folder.all() {
        // Of one that was edited, that is what there is to say.
        if migration.locked {
            done.insert(migration.up.path.as_str());
        }
        if !settled(&migration.up, migration.locked) {
            scripts.push((migration.scope, &migration.up));
        }
        scripts.extend(migration.down.iter().map(|down| (migration.scope, down)));
    }
    let problems = parallel::map(&scripts, |(scope, script)| {
        let path = folder.shown(shown, &script.path);
        sql::check::script(script, *scope, &path, levels)
    });
    let is_broken = |problems: &Vec<Problem>| problems.iter().any(sql::check::is_unreadable);
    let broken = scripts.iter().zip(&problems);
    let broken = broken.filter(|(_, problems)| is_broken(problems));
    let checks = sql::names::Checks {
        settled: done,
        broken: broken
            .map(|((_, script), _)| script.path.as_str())
            .collect(),
        shown,
        levels,
        lints,
    };
    let mut problems: Vec<Problem> = problems.into_iter().flatten().collect();
    if checks.settled.len() < folder.all().count() {
        problems.extend(sql::names::check(folder, &checks));
    }
    problems
}

/// The script of a locked migration that has another text now.
fn edited(finding: &Finding) -> Option<&str> {
    match (&finding.kind, &finding.present) {
        (Kind::Edited { .. }, Some(present)) => Some(&present.path),
        _ => None,
    }
}
