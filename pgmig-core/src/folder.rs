//! A folder on disk becomes a [`Folder`] or a list of [`Problem`]s.

use std::collections::HashSet;
use std::path::Path;

use crate::layout::{self, Found};
use crate::lock::{self, About, Entry, Finding, Line, Lock, Present, State, Verdict};
use crate::script;
use crate::settings;
use crate::{Folder, Head, Migration, Problem, Scope, Version};

/// What [`load`] found. The folder is there even when there are problems: it holds whatever could
/// be understood, so that a build with one mistake shows one error.
#[derive(Debug)]
pub struct Loaded {
    /// What could be understood.
    pub folder: Folder,
    /// What is wrong, in the order of the files.
    pub problems: Vec<Problem>,
    /// How messages spell the folder.
    pub(crate) shown: String,
    /// The lock file.
    pub(crate) lock: Lock,
    /// Migrations that are there, but could not be read.
    unread: Vec<Absent>,
}

/// A migration that is known by name only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Whose schema it changes.
    pub scope: Scope,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
}

impl From<Found> for Absent {
    fn from(found: Found) -> Self {
        Absent {
            scope: found.scope,
            version: found.version,
            name: found.name,
        }
    }
}

impl Loaded {
    /// An error for each draft, a migration that is not locked; one error for all where there is
    /// no lock file. A debug build takes drafts, so they are not among the problems: a release
    /// build, one with `PGMIG_LOCKED=1`, and `cargo pgmig check` add them.
    ///
    /// ```
    /// # let root = tempfile::tempdir()?;
    /// std::fs::write(root.path().join("001_create_users.sql"), "CREATE TABLE users (id uuid);")?;
    ///
    /// let loaded = pgmig_core::load(root.path(), "migrations");
    /// assert!(loaded.problems.is_empty());
    /// assert_eq!(loaded.drafts()[0].code, "draft");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn drafts(&self) -> Vec<Problem> {
        lock::drafts(&self.folder, &self.lock, &self.differences(), &self.shown)
    }

    /// The migrations that are not in `folder` because of a problem: there is a file that cannot be
    /// read or is named almost like a migration, or the lock file has one that is gone. What is
    /// generated in spite of the problem can name them.
    pub fn absent(&self) -> Vec<Absent> {
        let mut absent = self.unread.clone();
        for Line { entry, .. } in &self.lock.entries {
            let gone = Absent {
                scope: entry.scope,
                version: entry.version.clone(),
                name: entry.name.clone(),
            };
            let mut present = self.folder.of(gone.scope).iter();
            let is_there = present.any(|one| one.version == gone.version && one.name == gone.name);
            if !is_there && !absent.contains(&gone) {
                absent.push(gone);
            }
        }
        absent
    }

    /// How the folder differs from the lock file, sound or not.
    pub(crate) fn differences(&self) -> Vec<Finding> {
        compare(&self.folder, &self.lock, &self.unread).findings
    }

    /// What is said about such a difference.
    pub(crate) fn problem(&self, finding: &Finding) -> Problem {
        let about = About {
            shown: &self.shown,
            lock: &self.lock.text,
            flat: self.folder.files.iter().all(|file| !file.contains('/')),
        };
        about.problem(finding, self.lock.entries[finding.index].at.clone())
    }
}

/// Reads and checks the folder at `root`; `shown` is how messages spell it (`migrations`).
///
/// ```
/// # let root = tempfile::tempdir()?;
/// std::fs::write(root.path().join("001_create_users.sql"), "CREATE TABLE users (id uuid);")?;
///
/// let loaded = pgmig_core::load(root.path(), "migrations");
/// assert!(loaded.problems.is_empty());
/// assert_eq!(loaded.folder.public[0].name, "create_users");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn load(root: &Path, shown: &str) -> Loaded {
    let shown = shown.trim_end_matches(['/', '\\']);
    let mut problems = Vec::new();
    let Read { mut folder, unread } = read_all(root, shown, &mut problems);
    let lock = lock::read(root, shown, &mut problems);
    if lock.state != State::Missing {
        folder.files.push(lock::FILE.to_owned());
    }
    folder.files.sort();
    let verdict = compare(&folder, &lock, &unread);
    for (index, migration) in folder.migrations_mut().enumerate() {
        migration.locked = verdict.claimed.contains(&index);
    }
    let mut loaded = Loaded {
        folder,
        problems,
        shown: shown.to_owned(),
        lock,
        unread,
    };
    // Nothing is concluded from a lock file that is not sound: what is wrong with it has been told.
    if loaded.lock.state == State::Sound {
        let found = verdict
            .findings
            .iter()
            .map(|finding| loaded.problem(finding));
        let found: Vec<Problem> = found.collect();
        loaded.problems.extend(found);
    }
    loaded.problems.sort_by(|a, b| {
        let start = |problem: &Problem| problem.span.as_ref().map(|span| span.start);
        a.path.cmp(&b.path).then_with(|| start(a).cmp(&start(b)))
    });
    loaded
}

/// Compares a folder with its lock file.
fn compare(folder: &Folder, lock: &Lock, unread: &[Absent]) -> Verdict {
    let unread = unread.iter().map(|one| (one.scope, one.version.clone()));
    let unread: HashSet<(Scope, Version)> = unread.collect();
    let present: Vec<Present> = folder.migrations().map(Present::of).collect();
    let locked: Vec<Entry> = lock.entries.iter().map(|line| line.entry.clone()).collect();
    lock::verify(&locked, &present, &unread, folder.out_of_order)
}

/// What is in a folder, before the lock file is looked at.
struct Read {
    folder: Folder,
    unread: Vec<Absent>,
}

fn read_all(root: &Path, shown: &str, problems: &mut Vec<Problem>) -> Read {
    let listing = layout::list(root, shown);
    problems.extend(listing.problems);
    let (settings, has_settings) = settings::read(root, shown, problems);
    let misnamed = listing.misnamed.into_iter();
    let mut read = Read {
        unread: misnamed.map(Absent::from).collect(),
        folder: Folder {
            root: root.to_owned(),
            public: Vec::new(),
            drizzle: Vec::new(),
            tenant: Vec::new(),
            files: Vec::from_iter(has_settings.then(|| settings::FILE.to_owned())),
            out_of_order: settings.out_of_order,
        },
    };
    for found in listing.found {
        read.add(found, root, shown, problems);
    }
    for scope in Scope::ALL {
        chain(read.folder.of_mut(scope));
    }
    read
}

impl Read {
    /// Reads the scripts of a migration.
    fn add(&mut self, found: Found, root: &Path, shown: &str, problems: &mut Vec<Problem>) {
        let up = script::read(root, shown, &found.up, problems);
        let down = found.down.as_deref();
        let down = down.and_then(|down| script::read(root, shown, down, problems));
        let Some(up) = up else {
            self.folder.files.push(found.up.clone());
            self.folder.files.extend(found.down.clone());
            self.unread.push(Absent::from(found));
            return;
        };
        self.folder.files.push(found.up);
        self.folder.files.extend(found.down);
        self.folder.of_mut(found.scope).push(Migration {
            scope: found.scope,
            version: found.version,
            name: found.name,
            checksum: up.checksum,
            head: Head([0; 32]),
            up: up.script,
            down: down.map(|down| down.script),
            locked: false,
            commit_before: false,
            drizzle: None,
        });
    }
}

/// Fills in the heads of a scope's migrations.
fn chain(migrations: &mut [Migration]) {
    let mut head = None;
    for migration in migrations {
        migration.head = Head::after(head, migration.checksum);
        head = Some(migration.head);
    }
}
