//! What is said about a migration that is not as the lock file has it.

use std::ops::Range;

use super::verify::{Finding, Kind, Present};
use super::{Entry, FILE};
use crate::shell::shell;
use crate::{Folder, Layout, Migration, Problem, Scope, settings};

/// What the messages need to know besides.
pub(crate) struct About<'a> {
    /// The folder.
    pub(crate) folder: &'a Folder,
    /// How messages spell it.
    pub(crate) shown: &'a str,
    /// The lock file's text.
    pub(crate) lock: &'a str,
    /// Whether the migrations of `public` are not in a folder of their own.
    pub(crate) flat: bool,
}

impl About<'_> {
    /// The problem that a finding is; `line` is where the lock file has the locked migration.
    pub(crate) fn problem(&self, finding: &Finding, line: Range<usize>) -> Problem {
        let Finding {
            kind,
            locked,
            present,
            ..
        } = finding;
        let Some(present) = present else {
            let instead = match kind {
                Kind::Removed { instead } => instead.as_deref(),
                _ => None,
            };
            return self.removed(locked, instead, line);
        };
        let Entry { name, version, .. } = locked;
        let now = &present.entry;
        match kind {
            Kind::Edited { twin } => self.edited(locked, present, twin.as_deref()),
            Kind::Renamed => self.renamed(
                "renamed-migration",
                format!(
                    "locked migration `{version} {name}` was renamed to `{} {}`",
                    now.version, now.name
                ),
                locked,
                present,
            ),
            Kind::Reordered => self
                .renamed(
                    "reordered-migration",
                    format!(
                        "locked migration `{name}` was moved from version {version} to {}",
                        now.version
                    ),
                    locked,
                    present,
                )
                .note("databases have applied it in the old order"),
            Kind::Moved => self.renamed(
                "moved-migration",
                format!(
                    "locked migration `{name}` was moved from {} to {}",
                    locked.scope, now.scope
                ),
                locked,
                present,
            ),
            Kind::Removed { .. } | Kind::OutOfOrder => self.out_of_order(locked, present),
        }
    }

    fn edited(&self, locked: &Entry, present: &Present, twin: Option<&str>) -> Problem {
        let Entry { name, checksum, .. } = locked;
        let path = self.path(&present.path);
        let (has, is) = (checksum.short(), present.entry.checksum.short());
        let title = format!("locked migration `{name}` was edited");
        let file = shell(&path);
        Problem::error("edited-migration", path, title)
            .note(format!(
                "{}/{FILE} has the checksum {has}, the file has {is}",
                self.shown
            ))
            .note(match twin {
                Some(twin) => format!("this is the text of `{twin}`"),
                None => "white space, comments and line endings do not count".to_owned(),
            })
            .help(restore(&file))
            .help("change what it made in a new migration: `cargo pgmig new NAME`")
            .help(accept(name))
    }

    /// The same text at another place.
    fn renamed(&self, code: &'static str, title: String, locked: &Entry, now: &Present) -> Problem {
        let path = self.path(&now.path);
        let back = match self.old_path(locked, now) {
            Some(old) => format!(": `git mv {} {}`", shell(&path), shell(&self.path(&old))),
            None => format!(" as version {} `{}`", locked.version, locked.name),
        };
        Problem::error(code, path, title)
            .note(format!(
                "{}/{FILE} has the checksum {} as `{} {}`, and the file has {}",
                self.shown,
                locked.checksum.short(),
                locked.version,
                locked.name,
                now.entry.checksum.short()
            ))
            .help(format!("bring it back{back}"))
            .help(accept(&locked.name))
    }

    fn removed(&self, locked: &Entry, instead: Option<&str>, line: Range<usize>) -> Problem {
        let Entry {
            scope,
            version,
            name,
            checksum,
        } = locked;
        let title = format!("locked migration `{version} {name}` of {scope} is gone");
        // Whatever zeros the version was written with, and whatever layout the file follows.
        let file = match self.folder.of(*scope).last().map(|last| last.layout) {
            None | Some(Layout::Pgmig) => format!("{}*{version}_{name}.sql", self.scope(*scope)),
            Some(_) => format!("{}*{name}*", self.scope(*scope)),
        };
        let file = shell(&self.path(&file));
        let named = format!("{scope} {version} {name}").len();
        let problem = Problem::error("removed-migration", self.path(FILE), title)
            .at(self.lock, line.start..line.start + named)
            .note(format!(
                "no file has this name, and none has the checksum {}",
                checksum.short()
            ));
        match instead {
            Some(path) => problem.note(format!("its version has `{}`", self.path(path))),
            None => problem,
        }
        .help(restore(&file))
        .help(accept(name))
    }

    fn out_of_order(&self, newest: &Entry, draft: &Present) -> Problem {
        let title = format!(
            "migration {} comes before {} `{}`, which is locked",
            draft.entry.version, newest.version, newest.name
        );
        Problem::error("out-of-order", self.path(&draft.path), title)
            .note("a database that has the locked one would get this one after it, a new one before it")
            .help("`cargo pgmig renumber` gives it the next version")
            .help(format!("`out-of-order = true` in {} allows it", self.path(settings::FILE)))
    }

    fn path(&self, below: &str) -> String {
        self.folder.shown(self.shown, below)
    }

    /// The file that a locked migration had, its version written as wide as it is now; `None` in a
    /// layout other than pgmig's own.
    fn old_path(&self, locked: &Entry, now: &Present) -> Option<String> {
        let mut migrations = self.folder.migrations();
        let is_it = |migration: &&Migration| migration.up.path == now.path;
        if migrations.find(is_it)?.layout != Layout::Pgmig {
            return None;
        }
        let file = now
            .path
            .rsplit_once('/')
            .map_or(now.path.as_str(), |(_, file)| file);
        let width = file.bytes().take_while(u8::is_ascii_digit).count();
        Some(format!(
            "{}{:0>width$}_{}.sql",
            self.scope(locked.scope),
            locked.version.as_str(),
            locked.name
        ))
    }

    /// The folder of a scope, below the folder.
    fn scope(&self, scope: Scope) -> String {
        if self.flat && scope == Scope::Public {
            String::new()
        } else {
            format!("{scope}/")
        }
    }
}

fn restore(file: &str) -> String {
    format!("bring it back: `git restore {file}`, with `--source COMMIT` if this is committed")
}

fn accept(name: &str) -> String {
    format!("if it was never applied anywhere: `cargo pgmig lock --accept {name}`")
}
