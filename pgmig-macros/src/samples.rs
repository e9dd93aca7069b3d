//! Crates with a folder of migrations, for the tests of this crate.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use pgmig_core::Loaded;
use tempfile::TempDir;

use crate::valid::Environment;

/// The directory of a crate, gone when dropped.
pub(crate) struct Sample(TempDir);

impl Sample {
    /// With these files in `migrations`.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let sample = Sample(tempfile::tempdir().unwrap());
        for (path, bytes) in files {
            let path = sample.folder().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        sample
    }

    /// With one migration of `public`, a draft.
    pub(crate) fn draft() -> Self {
        Sample::new(&[(
            "public/001_create_users.sql",
            b"CREATE TABLE users (id uuid);",
        )])
    }

    /// Locks what is there.
    pub(crate) fn locked(self) -> Self {
        let plan = pgmig_core::edit::lock(&self.load(), &[]).unwrap();
        plan.apply().unwrap();
        self
    }

    pub(crate) fn load(&self) -> Loaded {
        pgmig_core::load(&self.folder(), "migrations")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    fn folder(&self) -> std::path::PathBuf {
        self.0.path().join("migrations")
    }

    /// A build of the crate.
    pub(crate) fn environment(&self, locked: bool) -> Environment {
        Environment {
            manifest_dir: Some(self.0.path().to_owned()),
            locked,
        }
    }
}
