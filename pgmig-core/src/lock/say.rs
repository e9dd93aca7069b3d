//! What is said about the lock file itself, and about drafts.

use std::ops::Range;

use super::verify::Finding;
use super::{FILE, Lock, State};
use crate::shell::shell;
use crate::{Folder, Migration, Problem};

pub(super) fn unreadable(path: &str, error: &str) -> Problem {
    Problem::error("lock-unreadable", path, "the lock file cannot be read")
        .note(error)
        .help(restore(path))
}

pub(super) fn other_format(path: &str, text: &str, at: Range<usize>) -> Problem {
    Problem::error(
        "lock-unreadable",
        path,
        "the lock file's format is not known",
    )
    .at(text, at)
    .note("a newer pgmig made it; this one knows format 1")
    .help("update pgmig and cargo-pgmig")
}

pub(super) fn conflict(path: &str, text: &str, at: Range<usize>) -> Problem {
    Problem::error(
        "lock-conflict",
        path,
        "git's conflict markers in the lock file",
    )
    .at(text, at)
    .note("two branches add migrations")
    .help("`cargo pgmig renumber NAME` gives the newer ones the next versions, if versions clash")
    .help("`cargo pgmig lock` then resolves the conflict: the migrations of both sides stay locked")
}

pub(super) fn merged(path: &str, text: &str, at: Range<usize>) -> Problem {
    Problem::error(
        "lock-merged",
        path,
        "the lock file has the lines of two branches",
    )
    .at(text, at)
    .label("does not follow from the line before")
    .note("two branches add migrations, and git has kept the lines of both")
    .help("`cargo pgmig renumber NAME` gives the newer ones the next versions, if versions clash")
    .help("`cargo pgmig lock` then makes one file of them: the migrations of both stay locked")
}

fn by_hand(path: &str, title: &str) -> Problem {
    Problem::error("lock-edited", path, title)
        .help(restore(path))
        .help(format!(
            "`cargo pgmig lock --accept {FILE}` takes its lines as they are, if that is meant"
        ))
}

fn restore(path: &str) -> String {
    format!(
        "`git restore {}` brings back the committed one",
        shell(path)
    )
}

pub(super) fn nonsense(path: &str, text: &str, at: Range<usize>) -> Problem {
    by_hand(
        path,
        "the lock file was changed by hand: this is no line of it",
    )
    .at(text, at)
}

pub(super) fn changed_line(path: &str, text: &str, at: Range<usize>) -> Problem {
    by_hand(path, "the lock file was changed by hand")
        .at(text, at)
        .label("this line, or the one before it, is not as it was written")
}

pub(super) fn wrong_end(path: &str, text: &str, at: Range<usize>) -> Problem {
    by_hand(path, "the lock file was changed by hand")
        .at(text, at)
        .label("does not cover the lines above")
        .note("a line was removed or added, or a merge was resolved by hand")
}

pub(super) fn no_end(path: &str, text: &str, at: Range<usize>) -> Problem {
    by_hand(
        path,
        "the lock file was cut off: its last line is not `end`",
    )
    .at(text, at)
}

/// An error for each draft that nothing else is wrong with; one for all where there is no lock
/// file.
pub(crate) fn drafts(folder: &Folder, lock: &Lock, wrong: &[Finding], shown: &str) -> Vec<Problem> {
    let why = "a release build, or one with PGMIG_LOCKED=1, takes only migrations that are locked";
    let way = format!("`cargo pgmig lock` locks it; commit {shown}/{FILE} with it");
    match lock.state {
        State::Sound => {}
        State::Missing => {
            let title = "there is no lock file: every migration is a draft";
            let problem = Problem::error("draft", format!("{shown}/{FILE}"), title)
                .note(why)
                .help(format!(
                    "`cargo pgmig lock` makes it; commit {shown}/{FILE}"
                ))
                .help(format!(
                    "if there was one, bring it back instead: `git restore {}`",
                    shell(&format!("{shown}/{FILE}"))
                ));
            return Vec::from_iter(folder.migrations().next().map(|_| problem));
        }
        // What is wrong with the file has been said.
        State::Conflict | State::Merged | State::Damaged | State::Unreadable => return Vec::new(),
    }
    let is_wrong = |migration: &Migration| {
        wrong.iter().any(|finding| {
            finding
                .present
                .as_ref()
                .is_some_and(|present| present.path == migration.up.path)
        })
    };
    folder
        .migrations()
        .filter(|migration| !migration.locked && !is_wrong(migration))
        .map(|migration| {
            let title = format!(
                "migration `{}` is a draft: it is not locked",
                migration.name
            );
            Problem::error("draft", folder.shown(shown, &migration.up.path), title)
                .note(why)
                .help(way.as_str())
        })
        .collect()
}
