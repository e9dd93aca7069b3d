//! Whole crates outside the workspace, built by cargo as a user's crate is.
//!
//! trybuild would not do: a case needs a `Cargo.toml` with a folder of migrations beside it, files
//! that change between two builds, and both profiles.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The checkout of pgmig.
pub(crate) const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

/// A cargo workspace in a temporary directory, gone when dropped.
pub(crate) struct Scratch {
    directory: TempDir,
    packages: Vec<String>,
}

/// What one run of cargo said.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) success: bool,
    /// The compiler's messages by package, in its order.
    pub(crate) messages: BTreeMap<String, Vec<Message>>,
    /// The packages that the compiler was started for, the others being up to date.
    pub(crate) compiled: Vec<String>,
    stderr: String,
}

/// One message of the compiler: not the rendering, which changes from release to release, but
/// what the macro has a say in.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) level: String,
    pub(crate) text: String,
    /// Where it points, `src/lib.rs:5:1`.
    pub(crate) place: String,
}

impl Built {
    /// The messages about `package`.
    pub(crate) fn of(&self, package: &str) -> &[Message] {
        self.messages.get(package).map_or(&[], Vec::as_slice)
    }

    /// The texts of the errors about `package`.
    pub(crate) fn errors(&self, package: &str) -> Vec<&str> {
        let errors = self.of(package).iter();
        let errors = errors.filter(|message| message.level == "error");
        errors.map(|message| message.text.as_str()).collect()
    }

    /// Stops the test unless everything was built without a word.
    #[track_caller]
    pub(crate) fn clean(self) -> Self {
        assert!(
            self.success && self.messages.is_empty(),
            "{:#?}\n{}",
            self.messages,
            self.stderr
        );
        self
    }
}

impl Scratch {
    /// A workspace with `packages`, each of which depends on pgmig and has no source yet.
    pub(crate) fn new(packages: &[&str]) -> Self {
        let scratch = Scratch {
            directory: tempfile::Builder::new()
                .prefix("pgmig scratch ü ")
                .tempdir()
                .unwrap(),
            packages: packages.iter().map(|&name| name.to_owned()).collect(),
        };
        // Releases are built like debug builds in all that costs time.
        scratch.write(
            "Cargo.toml",
            format!(
                "[workspace]\nmembers = {packages:?}\nresolver = \"3\"\n\
                 [workspace.dependencies]\npgmig = {{ path = {CHECKOUT:?} }}\n\
                 [profile.dev]\ndebug = false\n\
                 [profile.release]\nopt-level = 0\ndebug = false\n"
            ),
        );
        for package in packages {
            scratch.manifest(package, "2024", "pgmig.workspace = true\n");
        }
        // The versions that the workspace was built with are the ones that are there offline.
        let lock = Path::new(CHECKOUT).join("Cargo.lock");
        fs::copy(lock, scratch.path().join("Cargo.lock")).unwrap();
        scratch
    }

    /// Writes the manifest of `package` anew.
    pub(crate) fn manifest(&self, package: &str, edition: &str, dependencies: &str) {
        let manifest = format!(
            "[package]\nname = \"{package}\"\nversion = \"1.4.0\"\nedition = \"{edition}\"\n\
             [dependencies]\n{dependencies}"
        );
        self.write(&format!("{package}/Cargo.toml"), manifest);
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file, its directories too.
    pub(crate) fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, path: &str) {
        let _ = fs::remove_file(self.path().join(path));
    }

    /// Copies a directory with all in it.
    pub(crate) fn copy(&self, from: &Path, to: &str) {
        copy(from, &self.path().join(to));
    }

    /// Runs cargo with `arguments`, and `PGMIG_LOCKED` only where `variables` has it.
    pub(crate) fn cargo(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Built {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        command.args(["--message-format=json", "--keep-going"]);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let mut built = Built {
            success: output.status.success(),
            messages: BTreeMap::new(),
            compiled: Vec::new(),
            stderr,
        };
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            self.read(&serde_json::from_str(line).unwrap(), &mut built);
        }
        // A failure that is not the compiler's is none that a test may take for its own.
        assert!(
            built.success || !built.messages.is_empty(),
            "{}",
            built.stderr
        );
        built
    }

    /// Cargo, to be run in the workspace.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .arg("--offline")
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", target())
            .env_remove("PGMIG_LOCKED")
            .env_remove("RUSTC_WORKSPACE_WRAPPER");
        command
    }

    fn read(&self, line: &Value, built: &mut Built) {
        let manifest = line["manifest_path"].as_str().map(Path::new);
        let Some(package) = manifest.and_then(|path| self.package_of(path)) else {
            return;
        };
        if line["reason"] == "compiler-artifact" {
            let build_script = line["target"]["kind"] == serde_json::json!(["custom-build"]);
            if line["fresh"] == false && !build_script {
                built.compiled.push(package);
            }
            return;
        }
        let message = &line["message"];
        let text = message["message"].as_str().unwrap_or_default();
        let summary = text.starts_with("aborting due to") || message["level"] == "failure-note";
        if line["reason"] != "compiler-message" || summary {
            return;
        }
        let spans = message["spans"].as_array().unwrap();
        let primary = spans.iter().find(|span| span["is_primary"] == true);
        let place = primary.map_or_else(String::new, |span| {
            let file = span["file_name"].as_str().unwrap().replace('\\', "/");
            let file = file.trim_start_matches(&format!("{package}/"));
            format!("{file}:{}:{}", span["line_start"], span["column_start"])
        });
        let message = Message {
            level: message["level"].as_str().unwrap().to_owned(),
            text: text.to_owned(),
            place,
        };
        built.messages.entry(package).or_default().push(message);
    }

    fn package_of(&self, manifest: &Path) -> Option<String> {
        let name = manifest.parent()?.file_name()?.to_str()?;
        self.packages
            .iter()
            .find(|&package| package == name)
            .cloned()
    }

    /// The binary of `package` as the last build in `profile` (`debug`, `release`) left it.
    pub(crate) fn binary(&self, profile: &str, package: &str) -> PathBuf {
        let file = format!("{package}{}", std::env::consts::EXE_SUFFIX);
        target().join(profile).join(file)
    }

    /// What the binary prints.
    pub(crate) fn run(&self, profile: &str, package: &str) -> String {
        self.run_with(profile, package, &[])
    }

    /// What the binary prints when it gets arguments.
    pub(crate) fn run_with(&self, profile: &str, package: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(self.binary(profile, package));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Scratch {
    /// The dependencies stay built for the next test; what was built of the scratch crates goes,
    /// because their temporary directory makes them new ones each time.
    fn drop(&mut self) {
        for profile in ["dev", "release"] {
            let mut clean = self.command(&["clean", "--quiet", "--profile", profile]);
            for package in &self.packages {
                clean.args(["--package", package]);
            }
            let _ = clean.output();
        }
    }
}

/// Where scratch crates and, once for all of them, their dependencies are built.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("scratch")
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// The files at and below `path` with what is in them.
pub(crate) fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn add(path: &Path, below: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                add(&entry.path(), &below.join(entry.file_name()), all);
            }
        } else if path.exists() {
            all.insert(below.to_owned(), fs::read(path).unwrap());
        }
    }
    let mut all = BTreeMap::new();
    add(path, Path::new(""), &mut all);
    all
}

/// The names of the directories in `directory`, sorted.
pub(crate) fn directories(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let directories = entries
        .map(Result::unwrap)
        .filter(|one| one.path().is_dir());
    let mut names: Vec<_> = directories
        .map(|one| one.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// How often `needle` is in `bytes`.
pub(crate) fn count(bytes: &[u8], needle: &str) -> usize {
    let windows = bytes.windows(needle.len());
    windows
        .filter(|window| OsStr::new(needle).as_encoded_bytes() == *window)
        .count()
}
