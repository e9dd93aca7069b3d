//! What is said about a migration that is not as the lock file has it.

use std::ops::Range;

use super::verify::{Finding, Kind, Present};
use super::{Entry, FILE};
use crate::shell::shell;
use crate::{Checksum, Folder, Problem, settings};

/// What the messages need to know besides.
pub(crate) struct About<'a> {
    /// The folder.
    pub(crate) folder: &'a Folder,
    /// How messages spell it.
    pub(crate) shown: &'a str,
    /// The lock file's text.
    pub(crate) lock: &'a str,
    /// Whether the folder has no `public/` and `tenant/`.
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
        let (has, is) = (short(*checksum), short(present.entry.checksum));
        let title = format!("locked migration `{name}` was edited");
        let file = shell(&path);
        Problem::error("edited-migration", path, title)
            .note(format!("{}/{FILE} has {has}, the file is {is}", self.shown))
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
        let old = self.path(&self.old_path(locked, &now.path));
        let back = format!("git mv {} {}", shell(&path), shell(&old));
        Problem::error(code, path, title)
            .note(format!(
                "{}/{FILE} has {} as `{} {}`, and the file is {}",
                self.shown,
                short(locked.checksum),
                locked.version,
                locked.name,
                short(now.entry.checksum)
            ))
            .help(format!("bring it back: `{back}`"))
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
        let folder = if self.flat {
            String::new()
        } else {
            format!("{scope}/")
        };
        // Whatever zeros the version was written with.
        let file = shell(&self.path(&format!("{folder}*{version}_{name}.sql")));
        let named = format!("{scope} {version} {name}").len();
        let problem = Problem::error("removed-migration", self.path(FILE), title)
            .at(self.lock, line.start..line.start + named)
            .note(format!(
                "no file has this name, and none the text {}",
                short(*checksum)
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

    /// The file that a locked migration had, its version written as wide as it is now.
    fn old_path(&self, locked: &Entry, now: &str) -> String {
        let file = now.rsplit_once('/').map_or(now, |(_, file)| file);
        let width = file.bytes().take_while(u8::is_ascii_digit).count();
        let folder = if self.flat {
            String::new()
        } else {
            format!("{}/", locked.scope)
        };
        format!(
            "{folder}{:0>width$}_{}.sql",
            locked.version.as_str(),
            locked.name
        )
    }
}

/// The beginning of a checksum, enough to tell two apart.
fn short(checksum: Checksum) -> String {
    checksum
        .to_string()
        .chars()
        .take("v1:".len() + 12)
        .collect()
}

fn restore(file: &str) -> String {
    format!("bring it back: `git restore {file}`, with `--source COMMIT` if this is committed")
}

fn accept(name: &str) -> String {
    format!("if it was never applied anywhere: `cargo pgmig lock --accept {name}`")
}
