//! In a debug build: is what the binary carries still what is in the folder?
//!
//! Cargo does not rebuild for a file that was added, unless `build.rs` says so; and nothing is as
//! puzzling as a migration that is there and does not run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::Dir;

use crate::Migrations;
use crate::embedded::MigrationsParts;

/// The binary carries other files than the folder that it was built from has now.
#[derive(Debug)]
#[non_exhaustive]
pub struct StaleError {
    /// The folder.
    pub folder: &'static str,
    /// What is different, by path below the folder.
    pub changes: BTreeMap<PathBuf, FileChange>,
}

/// How a file differs from what the binary carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileChange {
    /// It is in the folder, and not in the binary.
    Added,
    /// It is in the binary, and not in the folder.
    Removed,
    /// It is in both, and not the same.
    Changed,
}

impl fmt::Display for StaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the binary was built before {} was last changed; nothing was run",
            self.folder
        )?;
        for (path, change) in &self.changes {
            let word = match change {
                FileChange::Added => "added",
                FileChange::Removed => "removed",
                FileChange::Changed => "changed",
            };
            write!(f, "\n  - {word}: {}", path.display())?;
        }
        f.write_str(
            "\n  = help: build again; if cargo finds nothing to build, touch the file with embed_migrations!\
             \n  = help: with `pgmig::build::rerun_if_changed()` in build.rs cargo sees added files by itself",
        )
    }
}

impl std::error::Error for StaleError {}

/// Compares the folder, where it still is, with what is embedded.
pub(crate) fn check(migrations: &'static Migrations) -> Result<(), Box<StaleError>> {
    let parts = &migrations.0;
    let root = Path::new(parts.folder);
    if !parts.compare_folder || !root.is_dir() {
        return Ok(());
    }
    let folder = Folder { parts, root };
    let mut changes = BTreeMap::new();
    folder.embedded(&parts.files, &mut changes);
    folder.added(Path::new(""), &mut changes);
    if !parts.tenant_folder.is_empty() {
        folder.added(Path::new("tenant"), &mut changes);
    }
    if changes.is_empty() {
        return Ok(());
    }
    Err(Box::new(StaleError {
        folder: parts.folder,
        changes,
    }))
}

/// The folder as it is now.
struct Folder {
    parts: &'static MigrationsParts,
    root: &'static Path,
}

impl Folder {
    /// Where a path below the folder is: the tenant scope may be elsewhere.
    fn find(&self, below: &Path) -> PathBuf {
        match below.strip_prefix("tenant") {
            Ok(rest) if !self.parts.tenant_folder.is_empty() => {
                Path::new(self.parts.tenant_folder).join(rest)
            }
            _ => self.root.join(below),
        }
    }

    /// Files that were removed or changed.
    fn embedded(&self, dir: &Dir<'_>, changes: &mut BTreeMap<PathBuf, FileChange>) {
        for file in dir.files() {
            let change = match fs::read(self.find(file.path())) {
                Ok(now) if now == file.contents() => continue,
                Ok(_) => FileChange::Changed,
                Err(error) if error.kind() == io::ErrorKind::NotFound => FileChange::Removed,
                // One that cannot be read now was readable when the binary was built.
                Err(_) => FileChange::Changed,
            };
            changes.insert(file.path().to_owned(), change);
        }
        for dir in dir.dirs() {
            self.embedded(dir, changes);
        }
    }

    /// SQL files that were added. Other files are none of the binary's, and a folder that cannot
    /// be listed has nothing to compare.
    fn added(&self, below: &Path, changes: &mut BTreeMap<PathBuf, FileChange>) {
        let Ok(entries) = fs::read_dir(self.find(below)) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let path = below.join(&name);
            let ignored = self.parts.ignored.iter().any(|one| path == Path::new(one));
            if name.to_string_lossy().starts_with('.') || ignored {
                continue;
            }
            if entry.path().is_dir() {
                self.added(&path, changes);
            } else if path.extension().is_some_and(|kind| kind == "sql")
                && self.parts.files.get_file(&path).is_none()
            {
                changes.insert(path, FileChange::Added);
            }
        }
    }
}
