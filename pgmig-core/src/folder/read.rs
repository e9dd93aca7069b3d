//! The files of a folder become migrations.

use std::path::Path;

use super::Absent;
use crate::layout::{self, Found};
use crate::lint::Levels;
use crate::parallel;
use crate::script;
use crate::settings;
use crate::{Folder, Head, Migration, Problem, Scope};

/// What is in a folder, before the lock file is looked at.
pub(super) struct Read {
    pub(super) folder: Folder,
    /// Migrations that are there, but could not be read.
    pub(super) unread: Vec<Absent>,
    /// How loud each lint is.
    pub(super) levels: Levels,
}

/// Reads all files of the folder but the lock file.
pub(super) fn all(root: &Path, shown: &str, problems: &mut Vec<Problem>) -> Read {
    let listing = layout::list(root, shown);
    problems.extend(listing.problems);
    let (settings, has_settings) = settings::read(root, shown, problems);
    let misnamed = listing.misnamed.into_iter();
    let mut read = Read {
        unread: misnamed.map(Absent::from).collect(),
        levels: settings.levels,
        folder: Folder {
            root: root.to_owned(),
            public: Vec::new(),
            drizzle: Vec::new(),
            tenant: Vec::new(),
            files: Vec::from_iter(has_settings.then(|| settings::FILE.to_owned())),
            out_of_order: settings.out_of_order,
        },
    };
    // Side by side, so that a folder of a thousand takes as little time as it can.
    let scripts = parallel::map(&listing.found, |found| Scripts::read(found, root, shown));
    for (found, scripts) in listing.found.into_iter().zip(scripts) {
        read.add(found, scripts, problems);
    }
    for scope in Scope::ALL {
        chain(read.folder.of_mut(scope));
    }
    read
}

/// What the files of a migration hold.
struct Scripts {
    up: Option<script::Read>,
    down: Option<script::Read>,
    problems: Vec<Problem>,
}

impl Scripts {
    fn read(found: &Found, root: &Path, shown: &str) -> Self {
        let mut problems = Vec::new();
        let mut read = |path: &str| script::read(root, shown, path, &mut problems);
        Scripts {
            up: read(&found.up),
            down: found.down.as_deref().and_then(read),
            problems,
        }
    }
}

impl Read {
    fn add(&mut self, found: Found, scripts: Scripts, problems: &mut Vec<Problem>) {
        let Scripts {
            up,
            down,
            problems: wrong,
        } = scripts;
        problems.extend(wrong);
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
