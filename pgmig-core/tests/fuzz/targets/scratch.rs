//! A folder of migrations that is made anew for each input.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use pgmig_core::{Loaded, Problem};

/// A folder, removed with this value.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// The file system's.
    pub(crate) fn new() -> Result<Self, String> {
        let scratch = Scratch(tempfile::tempdir().map_err(|error| error.to_string())?);
        fs::create_dir(scratch.root()).map_err(|error| error.to_string())?;
        Ok(scratch)
    }

    /// The folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.0.path().join("migrations")
    }

    /// Writes a file below it.
    ///
    /// # Errors
    /// The file system's: not every name is possible.
    pub(crate) fn write(&self, path: impl AsRef<OsStr>, bytes: &[u8]) -> Result<(), String> {
        let path = self.root().join(Path::new(path.as_ref()));
        let written = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = written.and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What pgmig makes of it. Every problem can be shown.
    pub(crate) fn load(&self) -> Loaded {
        let loaded = pgmig_core::load(&self.root(), "migrations");
        for problem in loaded.problems.iter().chain(&loaded.drafts()) {
            assert!(problem.render().starts_with("migrations"), "{problem:?}");
        }
        loaded
    }
}

/// The problems, to be shown.
pub(crate) fn told(problems: &[Problem]) -> String {
    let problems = problems.iter().map(|problem| format!("{problem}\n"));
    problems.collect()
}
