//! A crate in a folder of its own, and what a command said in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A crate with nothing in it but a `Cargo.toml`.
pub(crate) struct Project {
    dir: TempDir,
}

/// What a command said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Project {
            dir: tempfile::tempdir().unwrap(),
        };
        project.write("Cargo.toml", "[package]\nname = \"shop\"\n");
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// All files but `Cargo.toml`, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let below = path.strip_prefix(self.path()).unwrap();
                    files.push(below.to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        files.retain(|file| file != "Cargo.toml");
        files.sort();
        files
    }

    /// Runs `cargo-pgmig`, with the arguments separated by blanks.
    pub(crate) fn run(&self, args: &str) -> Said {
        self.run_in("", args)
    }

    pub(crate) fn run_in(&self, folder: &str, args: &str) -> Said {
        let mut command = self.command(args);
        command.current_dir(self.path().join(folder));
        let output = command.output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `cargo-pgmig`, to be run with arguments that are separated by blanks.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-pgmig"));
        command.args(args.split_whitespace());
        command
            .current_dir(self.path())
            .env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs a command that has to succeed in silence on standard error, and returns what it said.
    pub(crate) fn done(&self, args: &str) -> String {
        let said = self.run(args);
        assert_eq!(
            (said.code, said.err.as_str()),
            (0, ""),
            "{args}: {}",
            said.out
        );
        said.out
    }
}
