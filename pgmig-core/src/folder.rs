//! A folder on disk becomes a [`Folder`] or a list of [`Problem`]s.

use std::path::Path;

use crate::layout::{self, Found};
use crate::script;
use crate::settings;
use crate::{Folder, Head, Migration, Problem, Scope};

/// What [`load`] found. The folder is there even when there are problems: it holds whatever could
/// be understood, so that a build with one mistake shows one error.
#[derive(Debug)]
pub struct Loaded {
    /// What could be understood.
    pub folder: Folder,
    /// What is wrong, in the order of the files.
    pub problems: Vec<Problem>,
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
    let mut listing = layout::list(root, shown);
    let mut problems = std::mem::take(&mut listing.problems);
    let (settings, has_settings) = settings::read(root, shown, &mut problems);
    let mut folder = Folder {
        root: root.to_owned(),
        public: Vec::new(),
        drizzle: Vec::new(),
        tenant: Vec::new(),
        files: Vec::new(),
        out_of_order: settings.out_of_order,
    };
    if has_settings {
        folder.files.push(settings::FILE.to_owned());
    }
    for found in listing.found {
        let Some(migration) = migration(root, shown, found, &mut problems) else {
            continue;
        };
        folder.files.push(migration.up.path.clone());
        folder
            .files
            .extend(migration.down.as_ref().map(|down| down.path.clone()));
        folder.of_mut(migration.scope).push(migration);
    }
    for scope in Scope::ALL {
        chain(folder.of_mut(scope));
    }
    folder.files.sort();
    problems.sort_by(|a, b| {
        let start = |problem: &Problem| problem.span.as_ref().map(|span| span.start);
        a.path.cmp(&b.path).then_with(|| start(a).cmp(&start(b)))
    });
    Loaded { folder, problems }
}

/// Reads the scripts of a migration.
fn migration(
    root: &Path,
    shown: &str,
    found: Found,
    problems: &mut Vec<Problem>,
) -> Option<Migration> {
    let up = script::read(root, shown, &found.up, problems);
    let down = found
        .down
        .and_then(|down| script::read(root, shown, &down, problems));
    let up = up?;
    Some(Migration {
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
    })
}

/// Fills in the heads of a scope's migrations.
fn chain(migrations: &mut [Migration]) {
    let mut head = None;
    for migration in migrations {
        migration.head = Head::after(head, migration.checksum);
        head = Some(migration.head);
    }
}
