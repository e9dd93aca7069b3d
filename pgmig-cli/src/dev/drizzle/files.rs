//! What drizzle-kit did, seen in the files below the folder of migrations.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The scripts below a folder, as they are at one moment.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Files {
    /// Looks. A folder that is not there has no files.
    pub(super) fn below(root: &Path) -> Self {
        let mut files = Files::default();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(folder);
            for entry in entries.into_iter().flatten().flatten() {
                let path = entry.path();
                let Ok(metadata) = fs::metadata(&path) else {
                    continue;
                };
                if metadata.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "sql") {
                    let seen = (metadata.len(), metadata.modified().ok());
                    files.0.insert(path, seen);
                }
            }
        }
        files
    }

    /// The scripts that are new or other than before.
    pub(super) fn since<'a>(&'a self, before: &Files) -> Vec<&'a Path> {
        let changed = self
            .0
            .iter()
            .filter(|(path, seen)| before.0.get(*path) != Some(*seen));
        changed.map(|(path, _)| path.as_path()).collect()
    }
}
