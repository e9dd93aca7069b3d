//! The baselines of a folder against its lock file.

use super::{command, file};
use crate::lock::{self, BaselineEntry, BaselineLine, Lock, State};
use crate::script::Read;
use crate::shell::shell;
use crate::{Baseline, Checksum, Folder, Migration, Problem, Scope};

/// A baseline that is there, not yet compared with the lock file.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) scope: Scope,
    pub(crate) read: Read,
}

/// Takes the baselines that are as the lock file has them; the others are in `problems`. `unread`
/// are the scopes whose file is there and could not be read.
pub(crate) fn settle(
    found: Vec<Found>,
    unread: &[Scope],
    folder: &Folder,
    lock: &Lock,
    shown: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Baseline> {
    // Of a lock file that is not sound nothing is concluded.
    if !matches!(lock.state, State::Sound | State::Missing) {
        return Vec::new();
    }
    let about = About {
        folder,
        lock,
        shown,
    };
    for line in &lock.baselines {
        let scope = line.entry.scope;
        let here = found.iter().any(|found| found.scope == scope) || unread.contains(&scope);
        if !here {
            problems.push(about.removed(line));
        }
    }
    let mut settled = Vec::new();
    for found in found {
        match about.settle(found) {
            Ok(baseline) => settled.push(baseline),
            Err(problem) => problems.push(*problem),
        }
    }
    settled
}

struct About<'a> {
    folder: &'a Folder,
    lock: &'a Lock,
    shown: &'a str,
}

impl About<'_> {
    fn settle(&self, found: Found) -> Result<Baseline, Box<Problem>> {
        let mut lines = self.lock.baselines.iter();
        let Some(line) = lines.find(|line| line.entry.scope == found.scope) else {
            return Err(self.unlocked(found.scope).into());
        };
        let entry = &line.entry;
        if entry.checksum != found.read.checksum {
            return Err(self.edited(entry, found.read.checksum).into());
        }
        let migrations = self.folder.of(entry.scope);
        let flattened = || migrations.iter().take_while(|m| m.version <= entry.version);
        if let Some(new) = flattened().find(|migration| !migration.locked) {
            return Err(self.not_in_it(entry, new).into());
        }
        let newest = flattened().last().filter(|m| m.version == entry.version);
        let mut locked = self.lock.entries.iter();
        let pinned = locked.any(|line| {
            line.entry.scope == entry.scope
                && line.entry.version == entry.version
                && line.chain == entry.after
        });
        match newest {
            // That the newest is gone, or not where it was, has its own message.
            None if pinned => Err(self.stale(entry).into()),
            Some(newest) if pinned => Ok(Baseline {
                scope: entry.scope,
                version: entry.version.clone(),
                checksum: entry.checksum,
                head: newest.head,
                script: found.read.script,
            }),
            _ => Err(self.stale(entry).into()),
        }
    }

    fn path(&self, scope: Scope) -> String {
        self.folder.shown(self.shown, &file(scope))
    }

    fn unlocked(&self, scope: Scope) -> Problem {
        let title = format!("the baseline of {scope} is not in the lock file");
        Problem::error("unlocked-baseline", self.path(scope), title)
            .note("nothing says which migrations it stands for, and that it makes what they make")
            .help(format!(
                "`{}` makes a baseline, proves it and locks it",
                command(scope)
            ))
            .help("or delete the file")
    }

    fn edited(&self, entry: &BaselineEntry, now: Checksum) -> Problem {
        let path = self.path(entry.scope);
        let title = format!("the baseline of {} was edited", entry.scope);
        let (has, is) = (entry.checksum.short(), now.short());
        let restore = restore(&path);
        Problem::error("edited-baseline", path, title)
            .note(format!(
                "{}/{} has the checksum {has}, the file has {is}",
                self.shown,
                lock::FILE
            ))
            .note("a schema made from it would not be what the migrations make")
            .help(restore)
            .help(format!("or make it anew: `{}`", command(entry.scope)))
    }

    fn stale(&self, entry: &BaselineEntry) -> Problem {
        let BaselineEntry { scope, version, .. } = entry;
        let title = format!("the baseline of {scope} is stale");
        self.outdated(entry, title).note(format!(
            "the migrations up to version {version} are not those that it was made from"
        ))
    }

    fn not_in_it(&self, entry: &BaselineEntry, new: &Migration) -> Problem {
        let BaselineEntry { scope, version, .. } = entry;
        let title = format!("the baseline of {scope} is stale");
        self.outdated(entry, title).note(format!(
            "it goes up to version {version}, and `{}` is not in it",
            self.folder.shown(self.shown, &new.up.path)
        ))
    }

    fn outdated(&self, entry: &BaselineEntry, title: String) -> Problem {
        Problem::error("stale-baseline", self.path(entry.scope), title)
            .help(format!("make it anew: `{}`", command(entry.scope)))
            .help("or delete the file and run `cargo pgmig lock`: new schemas get every migration")
    }

    fn removed(&self, line: &BaselineLine) -> Problem {
        let scope = line.entry.scope;
        let path = format!("{}/{}", self.shown, lock::FILE);
        let title = format!("the locked baseline of {scope} is gone");
        Problem::error("removed-baseline", path, title)
            .at(&self.lock.text, line.at.clone())
            .note(format!("there is no `{}`", self.path(scope)))
            .help(restore(&self.path(scope)))
            .help("`cargo pgmig lock` forgets it: new schemas get every migration again")
    }
}

fn restore(path: &str) -> String {
    format!(
        "bring it back: `git restore {}`, with `--source COMMIT` if this is committed",
        shell(path)
    )
}
