//! The files of a folder become migrations.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Absent, Options, shadow};
use crate::baseline::{self, Found as FoundBaseline};
use crate::layout::{self, Asked, Found, Layout, Roots, drizzle};
use crate::lint::Levels;
use crate::parallel;
use crate::script;
use crate::settings;
use crate::{DrizzleEntry, Folder, Head, Migration, Problem, Scope};

/// What is in a folder, before the lock file is looked at.
pub(super) struct Read {
    pub(super) folder: Folder,
    /// Migrations that are there, but could not be read.
    pub(super) unread: Vec<Absent>,
    /// Baselines that are there.
    pub(super) baselines: Vec<FoundBaseline>,
    /// The scopes whose baseline is there, but could not be read.
    pub(super) unread_baselines: Vec<Scope>,
    /// How loud each lint is.
    pub(super) levels: Levels,
    /// Whether another tool made the folder.
    pub(super) foreign: bool,
}

/// Reads all files of the folder but the lock file.
pub(super) fn all(
    root: &Path,
    shown: &str,
    options: &Options,
    problems: &mut Vec<Problem>,
) -> Read {
    let (settings, has_settings) = settings::read(root, shown, problems);
    settings.disagree(root, shown, options, problems);
    let tenant = options.tenant.clone();
    let tenant = tenant.or_else(|| settings.tenant_folder(root, shown));
    let roots = &Roots {
        root,
        shown,
        tenant: tenant.as_ref(),
    };
    let layout = settings.layout.as_ref().map(|(layout, _)| *layout);
    let asked = Asked {
        layout: options.layout.or(layout),
        ignored: settings.ignored.into_iter().map(|(path, _)| path).collect(),
    };
    let listing = layout::list(roots, &asked);
    problems.extend(listing.problems);
    let mut files = listing.beside;
    files.extend(has_settings.then(|| settings::FILE.to_owned()));
    let misnamed = listing.misnamed.into_iter();
    let mut read = Read {
        unread: misnamed.map(Absent::from).collect(),
        baselines: Vec::new(),
        unread_baselines: Vec::new(),
        levels: settings.levels,
        foreign: listing
            .found
            .iter()
            .any(|found| found.layout != Layout::Pgmig),
        folder: Folder {
            root: roots.root.to_owned(),
            tenant_folder: tenant.clone(),
            files,
            ignored: asked.ignored,
            out_of_order: settings.out_of_order,
            ..Folder::default()
        },
    };
    // Side by side, so that a folder of a thousand takes as little time as it can.
    let scripts = parallel::map(&listing.found, |found| Scripts::read(found, roots));
    for (found, scripts) in listing.found.into_iter().zip(scripts) {
        read.add(found, scripts, roots.shown, problems);
    }
    for scope in listing.baselines {
        read.folder.files.push(baseline::file(scope));
        match script::read_baseline(roots, scope, problems) {
            Some(script) => read.baselines.push(FoundBaseline {
                scope,
                read: script,
            }),
            None => read.unread_baselines.push(scope),
        }
    }
    drizzle::tenant::fill(&mut read.folder.tenant);
    shadow::mark(&mut read.folder);
    for scope in Scope::ALL {
        chain(read.folder.of_mut(scope));
    }
    read
}

/// What the files of a migration hold.
struct Scripts {
    scripts: Option<script::Scripts>,
    problems: Vec<Problem>,
}

impl Scripts {
    fn read(found: &Found, roots: &Roots<'_>) -> Self {
        let mut problems = Vec::new();
        Scripts {
            scripts: script::read(roots, found, &mut problems),
            problems,
        }
    }
}

impl Read {
    fn add(&mut self, found: Found, scripts: Scripts, shown: &str, problems: &mut Vec<Problem>) {
        problems.extend(scripts.problems);
        self.folder.files.push(found.up.clone());
        self.folder.files.extend(found.down.clone());
        let Some(script::Scripts { up, down }) = scripts.scripts else {
            // Nothing can name a repeatable one.
            if !found.repeatable {
                self.unread.push(Absent::from(found));
            }
            return;
        };
        if found.repeatable && !up.script.transactional {
            problems.push(outside_transaction(&self.folder.shown(shown, &found.up)));
        }
        let list = match found.repeatable {
            true => &mut self.folder.repeatable,
            false => self.folder.of_mut(found.scope),
        };
        list.push(Migration {
            scope: found.scope,
            version: found.version,
            name: found.name,
            layout: found.layout,
            checksum: up.checksum,
            head: Head([0; 32]),
            locked: false,
            commit_before: false,
            drizzle: found.drizzle.map(|made| DrizzleEntry {
                created_at: made.at,
                hash: Sha256::digest(&up.script.text).into(),
                folder: made.folder,
            }),
            up: up.script,
            down: down.map(|down| down.script),
        });
    }
}

fn outside_transaction(path: &str) -> Problem {
    let title = "a repeatable migration that runs outside a transaction";
    Problem::error("unsupported-migration", path, title)
        .note("a crash could leave it half applied, and nothing would tell how far it came")
        .help("move the statement that cannot run in a transaction into a migration with a version")
}

/// Fills in the heads of a scope's migrations.
fn chain(migrations: &mut [Migration]) {
    let mut head = None;
    for migration in migrations {
        migration.head = Head::after(head, migration.checksum);
        head = Some(migration.head);
    }
}
