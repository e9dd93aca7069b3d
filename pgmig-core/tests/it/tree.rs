//! A folder of migrations made for a test.

use std::fs;
use std::path::{Path, PathBuf};

use pgmig_core::{Loaded, load};

/// A temporary crate directory with `migrations` in it.
pub(crate) struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    /// A folder with these files: path below it, text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Tree {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(tree.root()).unwrap();
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    /// The folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("migrations")
    }

    /// The crate's directory.
    pub(crate) fn above(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_bytes(path, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    pub(crate) fn load(&self) -> Loaded {
        load(&self.root(), "migrations")
    }

    /// The first line of each problem.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.load()
            .problems
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    pub(crate) fn rendered(&self) -> Vec<String> {
        self.load()
            .problems
            .iter()
            .map(|problem| problem.render())
            .collect()
    }
}
