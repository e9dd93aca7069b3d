//! A folder on disk becomes a [`Folder`] or a list of [`Problem`]s.

mod check;
mod read;
mod shadow;

use std::collections::HashSet;
use std::path::Path;

use crate::layout::{Found, Layout};
use crate::lock::{self, About, Entry, Finding, Line, Lock, Present, State, Verdict};
use crate::{Checksum, Folder, Problem, Scope, Severity, TenantFolder, Version, baseline};
use read::Read;

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
    /// How the folder differs from the lock file, sound or not.
    pub(crate) findings: Vec<Finding>,
    /// The checksums of the baselines that are there, whatever the lock file has.
    pub(crate) baselines: Vec<(Scope, Checksum)>,
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
    /// An error for each draft, a migration that is not locked and has no other error; one error
    /// for all where there is no lock file. A debug build takes drafts, so they are not among the problems: a release
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
        let mut drafts = lock::drafts(&self.folder, &self.lock, &self.findings, &self.shown);
        // One mistake, one message: what does not compile cannot be locked yet.
        let is_wrong = |path: &str| {
            let mut problems = self.problems.iter();
            problems.any(|one| one.severity == Severity::Error && one.path == path)
        };
        drafts.retain(|draft| !is_wrong(&draft.path));
        drafts
    }

    /// The migrations that are not in `folder` because of a problem: there is a file that cannot be
    /// read or is named almost like a migration, or the lock file has one that is gone. What is
    /// generated in spite of the problem can name them.
    pub fn absent(&self) -> Vec<Absent> {
        let present = self.folder.migrations();
        let mut known: HashSet<(Scope, &Version, &str)> = present
            .map(|one| (one.scope, &one.version, one.name.as_str()))
            .collect();
        let unread = self.unread.iter();
        known.extend(unread.map(|one| (one.scope, &one.version, one.name.as_str())));
        let mut absent = self.unread.clone();
        for Line { entry, .. } in &self.lock.entries {
            if known.insert((entry.scope, &entry.version, &entry.name)) {
                absent.push(Absent {
                    scope: entry.scope,
                    version: entry.version.clone(),
                    name: entry.name.clone(),
                });
            }
        }
        absent
    }

    /// Whether the migrations of `public` are in the folder itself. A tenant scope that is elsewhere
    /// says nothing about that.
    fn is_flat(&self) -> bool {
        let elsewhere = self.folder.tenant_folder.is_some();
        !self.folder.files.iter().any(|file| {
            let scope = file.split_once('/').map_or("", |(folder, _)| folder);
            scope == "public" || scope == "drizzle" || (scope == "tenant" && !elsewhere)
        })
    }

    /// What is said about such a difference.
    pub(crate) fn problem(&self, finding: &Finding) -> Problem {
        let about = About {
            folder: &self.folder,
            shown: &self.shown,
            lock: &self.lock.text,
            flat: self.is_flat(),
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
    load_with(root, shown, &Options::default())
}

/// What is asked for besides the folder itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The layout, where it is named; else `layout` in `pgmig.toml`, or the files tell. Two that are
    /// named have to be the same.
    pub layout: Option<Layout>,
    /// The folder of the tenant scope, where that is not `tenant/` in the folder; else `tenant` in
    /// `pgmig.toml` names it. Two that are named have to be the same.
    pub tenant: Option<TenantFolder>,
}

/// Reads and checks the folder at `root`, as [`load`] does, in a layout that is named or with a
/// tenant scope that is elsewhere.
///
/// ```
/// # let root = tempfile::tempdir()?;
/// std::fs::write(root.path().join("V1__create_users.sql"), "CREATE TABLE users (id uuid);")?;
///
/// let options = pgmig_core::Options {
///     layout: Some("refinery".parse()?),
///     ..Default::default()
/// };
/// let loaded = pgmig_core::load_with(root.path(), "migrations", &options);
/// assert!(loaded.problems.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_with(root: &Path, shown: &str, options: &Options) -> Loaded {
    let shown = shown.trim_end_matches(['/', '\\']);
    let mut problems = Vec::new();
    let Read {
        mut folder,
        unread,
        baselines,
        unread_baselines,
        levels,
        foreign,
    } = read::all(root, shown, options, &mut problems);
    let lock = lock::read(root, shown, &mut problems);
    if lock.state != State::Missing {
        folder.files.push(lock::FILE.to_owned());
    }
    folder.files.sort();
    let verdict = compare(&folder, &lock, &unread);
    for (index, migration) in folder.migrations_mut().enumerate() {
        migration.locked = verdict.claimed.contains(&index);
    }
    let checksum = |found: &baseline::Found| (found.scope, found.read.checksum);
    let checksums = baselines.iter().map(checksum).collect();
    folder.baselines = baseline::settle(
        baselines,
        &unread_baselines,
        &folder,
        &lock,
        shown,
        &mut problems,
    );
    crate::sql::check::commit_before(&mut folder);
    // Of a lock file that is not sound nothing is concluded, and a folder that is taken over has
    // been applied: there all migrations look new, and are not.
    let lints = match lock.state {
        State::Sound => true,
        State::Missing => !foreign,
        _ => false,
    };
    let levels = lints.then_some(&levels);
    let mut wrong_sql = check::check(&folder, &lock, &verdict, shown, levels);
    // What has a message of its own there is no second mistake.
    wrong_sql.retain(|one| problems.iter().all(|other| place(other) != place(one)));
    problems.extend(wrong_sql);
    let mut loaded = Loaded {
        folder,
        problems,
        shown: shown.to_owned(),
        lock,
        findings: verdict.findings,
        baselines: checksums,
        unread,
    };
    // Nothing is concluded from a lock file that is not sound: what is wrong with it has been told.
    if loaded.lock.state == State::Sound {
        loaded.problems.extend(against_the_lock(&loaded));
    }
    loaded.problems.sort_by(|a, b| place(a).cmp(&place(b)));
    loaded
}

/// Where a problem is: the file, and the byte.
fn place(problem: &Problem) -> (&str, Option<usize>) {
    let start = problem.span.as_ref().map(|span| span.start);
    (&problem.path, start)
}

/// What the folder has otherwise than its lock file says.
fn against_the_lock(loaded: &Loaded) -> Vec<Problem> {
    let is_upgrade = |finding: &&Finding| lock::is_upgrade(&loaded.folder, finding);
    let (upgrades, others): (Vec<&Finding>, Vec<&Finding>) =
        loaded.findings.iter().partition(is_upgrade);
    let mut problems: Vec<Problem> = others.into_iter().map(|one| loaded.problem(one)).collect();
    let spelled = |path: &str| loaded.folder.shown(&loaded.shown, path);
    problems.extend(lock::upgraded(&upgrades, spelled));
    problems
}

/// Compares a folder with its lock file.
fn compare(folder: &Folder, lock: &Lock, unread: &[Absent]) -> Verdict {
    let unread = unread.iter().map(|one| (one.scope, one.version.clone()));
    let unread: HashSet<(Scope, Version)> = unread.collect();
    let present: Vec<Present> = folder.migrations().map(Present::of).collect();
    let locked: Vec<Entry> = lock.entries.iter().map(|line| line.entry.clone()).collect();
    lock::verify(&locked, &present, &unread, folder.out_of_order)
}
