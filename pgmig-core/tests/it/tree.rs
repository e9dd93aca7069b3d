//! A folder of migrations made for a test.

use std::fs;
use std::path::{Path, PathBuf};

use pgmig_core::edit::{self, Plan};
use pgmig_core::{Layout, Loaded, Options, Problem, Severity, load, load_with};

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

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.root().join(from), self.root().join(to)).unwrap();
    }

    pub(crate) fn load(&self) -> Loaded {
        load(&self.root(), "migrations")
    }

    /// What does not compile.
    fn errors(&self) -> Vec<Problem> {
        let problems = self.load().problems.into_iter();
        problems
            .filter(|problem| problem.severity == Severity::Error)
            .collect()
    }

    /// The first line of each error.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.errors().iter().map(ToString::to_string).collect()
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.errors().iter().map(|problem| problem.code).collect()
    }

    pub(crate) fn rendered(&self) -> Vec<String> {
        self.load()
            .problems
            .iter()
            .map(|problem| problem.render())
            .collect()
    }

    /// Locks everything; what has to be accepted is named.
    pub(crate) fn lock(&self, accept: &[&str]) -> Plan {
        let accept: Vec<String> = accept.iter().map(ToString::to_string).collect();
        let plan = edit::lock(&self.load(), &accept).unwrap();
        plan.apply().unwrap();
        plan
    }

    /// The names of the files of a scope, or of the folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn load_as(&self, layout: Layout) -> Loaded {
        let options = Options {
            layout: Some(layout),
            ..Options::default()
        };
        load_with(&self.root(), "migrations", &options)
    }

    /// Each migration as `scope version name`, with `-tx` where it runs outside a transaction and
    /// `+down` where it can be taken back; the folder has no problem.
    pub(crate) fn migrations(&self) -> Vec<String> {
        migrations(&self.load())
    }
}

pub(crate) fn migrations(loaded: &Loaded) -> Vec<String> {
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    let errors = loaded.problems.iter().filter(is_error);
    let titles: Vec<String> = errors.map(ToString::to_string).collect();
    assert_eq!(titles, [""; 0]);
    let all = loaded.folder.all().map(|one| {
        let tx = if one.up.transactional { "" } else { " -tx" };
        let down = if one.down.is_some() { " +down" } else { "" };
        format!("{} {} {}{tx}{down}", one.scope, one.version, one.name)
    });
    all.collect()
}

/// The statements of a script, as the file has them.
pub(crate) fn statements(script: &pgmig_core::Script) -> Vec<&str> {
    let ranges = script.statements.iter().map(|one| one.range.clone());
    ranges.map(|range| &script.text[range]).collect()
}
