//! The project's own drizzle-kit: found, and run.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::config::Config;
use crate::dev::error::Error;

/// What a shell says of a script whose interpreter is not there.
const NOT_FOUND: i32 = 127;

/// drizzle-kit, as the project has it.
#[derive(Debug)]
pub(super) struct Kit<'a> {
    config: &'a Config,
    program: PathBuf,
    /// The arguments before drizzle-kit's own.
    before: &'static [&'static str],
    /// The major and the minor version, where the package says it.
    version: Option<(u64, u64)>,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// Its exit code; none where a signal ended it.
    pub(super) code: Option<i32>,
    /// What it said on standard output. On a terminal it talks with the person, and nobody else can
    /// listen.
    said: Option<String>,
    /// Whether it said anything on standard error.
    complained: bool,
}

impl Ran {
    /// Whether it said one of these: what it says when all went well. Where nobody could listen, it
    /// is taken to have said it unless it complained.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        match &self.said {
            Some(said) => words.iter().any(|word| said.contains(word)),
            None => !self.complained,
        }
    }
}

impl<'a> Kit<'a> {
    /// The nearest one from the config's folder upwards, as `npx` finds it. Nothing is installed.
    pub(super) fn find(config: &'a Config) -> Result<Self, Error> {
        let file = if cfg!(windows) {
            "drizzle-kit.cmd"
        } else {
            "drizzle-kit"
        };
        for folder in config.folder.ancestors() {
            let modules = folder.join("node_modules");
            let program = modules.join(".bin").join(file);
            if program.is_file() {
                let version = version(&modules.join("drizzle-kit/package.json"));
                return Ok(Kit {
                    config,
                    program,
                    before: &[],
                    version,
                });
            }
            // Yarn's Plug'n'Play has no such folder, and a command that knows.
            if folder.join(".pnp.cjs").is_file() {
                return Ok(Kit {
                    config,
                    program: "yarn".into(),
                    before: &["drizzle-kit"],
                    version: None,
                });
            }
        }
        Err(Error::NoKit {
            folder: config.folder.clone(),
            install: install(&config.folder),
        })
    }

    /// Whether it is of the time when commands had `:pg` at their end, and migrations no names.
    pub(super) fn is_old(&self) -> bool {
        self.version.is_some_and(|version| version < (0, 21))
    }

    /// Runs a command of it, with the person's terminal where there is one: it asks questions.
    pub(super) fn run(&self, word: &str, args: &[String]) -> Result<Ran, Error> {
        let word = match self.is_old() {
            true => format!("{word}:pg"),
            false => word.to_owned(),
        };
        let mut command = Command::new(&self.program);
        command
            .args(self.before)
            .arg(word)
            .arg(format!("--config={}", self.config.name))
            .args(args)
            .current_dir(&self.config.folder)
            .stdin(Stdio::inherit());
        let ran = listened(&mut command);
        match ran {
            Ok(ran) if ran.code == Some(NOT_FOUND) => Err(Error::NoNode),
            Ok(ran) => Ok(ran),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NoNode),
            Err(source) => Err(Error::io("run", &self.program, source)),
        }
    }
}

/// Runs it, passes on what it says, and keeps it. A question needs the terminal itself.
fn listened(command: &mut Command) -> io::Result<Ran> {
    let on_terminal = io::stdout().is_terminal();
    command.stderr(Stdio::piped());
    if !on_terminal {
        command.stdout(Stdio::piped());
    }
    let mut child = command.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = thread::scope(|scope| {
        let err = scope.spawn(|| passed_on(err, io::stderr()));
        (passed_on(out, io::stdout()), err.join().unwrap_or_default())
    });
    Ok(Ran {
        code: child.wait()?.code(),
        said: (!on_terminal).then_some(out),
        complained: !err.trim().is_empty(),
    })
}

fn passed_on(from: Option<impl Read>, mut to: impl Write) -> String {
    let mut said = Vec::new();
    let mut part = [0; 4096];
    let Some(mut from) = from else {
        return String::new();
    };
    while let Ok(length @ 1..) = from.read(&mut part) {
        said.extend_from_slice(&part[..length]);
        // Who listens to pgmig may have gone; what drizzle-kit does goes on.
        let _ = to.write_all(&part[..length]).and_then(|()| to.flush());
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn version(package: &Path) -> Option<(u64, u64)> {
    let text = fs::read_to_string(package).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let mut numbers = package["version"].as_str()?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

/// What installs drizzle-kit in a project, by the package manager that it uses.
pub(in crate::dev) fn install(folder: &Path) -> &'static str {
    const MANAGERS: [(&str, &str); 6] = [
        (
            "pnpm-lock.yaml",
            "pnpm add drizzle-orm pg && pnpm add --save-dev drizzle-kit",
        ),
        (
            "yarn.lock",
            "yarn add drizzle-orm pg && yarn add --dev drizzle-kit",
        ),
        (
            "bun.lock",
            "bun add drizzle-orm pg && bun add --dev drizzle-kit",
        ),
        (
            "bun.lockb",
            "bun add drizzle-orm pg && bun add --dev drizzle-kit",
        ),
        ("package-lock.json", NPM),
        ("node_modules", NPM),
    ];
    const NPM: &str = "npm install drizzle-orm pg && npm install --save-dev drizzle-kit";
    let has = |folder: &Path, file: &str| folder.join(OsStr::new(file)).exists();
    let mut found = folder.ancestors().filter_map(|folder| {
        let mut managers = MANAGERS.iter();
        managers.find(|(file, _)| has(folder, file))
    });
    found.next().map_or(NPM, |(_, install)| install)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_package_manager_is_the_one_whose_lock_file_is_nearest() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("web");
        fs::create_dir(&inner).unwrap();
        fs::write(root.path().join("pnpm-lock.yaml"), "").unwrap();
        assert!(install(&inner).starts_with("pnpm add"));
        fs::write(inner.join("bun.lock"), "").unwrap();
        assert!(install(&inner).starts_with("bun add"));
    }

    #[test]
    fn the_version_is_the_packages() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("package.json");
        fs::write(&package, r#"{"version": "1.0.0-rc.5"}"#).unwrap();
        assert_eq!(version(&package), Some((1, 0)));
        fs::write(&package, r#"{"version": "0.20.18"}"#).unwrap();
        assert_eq!(version(&package), Some((0, 20)));
        assert_eq!(version(root.path()), None);
    }
}
