//! PostgreSQL binaries on this machine: which there are, and of what version.

use super::settings::{MAJORS, Settings};
use crate::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory that holds `postgres` and `initdb`.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    /// What `postgres --version` prints.
    pub(crate) version: String,
    pub(crate) major: u32,
    /// Where their shared libraries are, if the system does not know.
    libraries: Option<OsString>,
}

/// Where distributions keep server binaries; `*` stands for a version.
const PLACES: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr/local/pgsql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/usr/libexec", ""),
    ("/usr", "bin"),
    ("/Library/PostgreSQL", "bin"),
];

impl Binaries {
    /// Looks at one directory.
    pub(crate) fn at(dir: &Path) -> Result<Self, String> {
        Self::with_libraries(dir, None)
    }

    /// Looks at one directory, with shared libraries of its own.
    pub(crate) fn with_libraries(dir: &Path, libraries: Option<OsString>) -> Result<Self, String> {
        if !dir.join("postgres").is_file() || !dir.join("initdb").is_file() {
            return Err("does not hold `postgres` and `initdb`".to_owned());
        }
        let output = command(&dir.join("postgres"), libraries.as_ref())
            .arg("--version")
            .output()
            .map_err(|error| format!("`postgres --version` failed: {error}"))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let major = major_of(&version).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("`postgres --version` says {version:?} {}", said.trim())
        })?;
        // The place itself, not a link to it on PATH.
        let program = dir.join("postgres").canonicalize();
        let program = program.map_err(|error| error.to_string())?;
        let own = program.parent().filter(|dir| dir.join("initdb").is_file());
        Ok(Self {
            dir: own.unwrap_or(dir).to_owned(),
            version,
            major,
            libraries,
        })
    }

    /// A command that runs one of the programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        command(&self.dir.join(program), self.libraries.as_ref())
    }

    /// Where their shared libraries are, if the system does not know.
    pub(crate) fn libraries(&self) -> Option<&OsString> {
        self.libraries.as_ref()
    }

    fn fits(self, wanted: Option<u32>) -> Result<Self, String> {
        match wanted {
            Some(wanted) if wanted != self.major => {
                Err(format!("is PostgreSQL {}, not {wanted}", self.major))
            }
            None if !MAJORS.contains(&self.major) => Err(format!(
                "is PostgreSQL {}; {} to {} are supported",
                self.major,
                MAJORS.start(),
                MAJORS.end()
            )),
            _ => Ok(self),
        }
    }
}

pub(crate) fn command(program: &Path, libraries: Option<&OsString>) -> Command {
    let mut command = Command::new(program);
    if let Some(libraries) = libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command
}

/// The binaries of this machine that fit, or `None` and a line in `tried` for each that did not.
pub(crate) fn local(settings: &Settings, tried: &mut String) -> Result<Option<Binaries>, Error> {
    if let Some(dir) = &settings.bin {
        let found = Binaries::at(dir).and_then(|found| found.fits(settings.major));
        // A directory that somebody named is used or complained about, never passed over.
        return found.map(Some).map_err(|why| Error::Setting {
            name: "PGMIG_TEST_PG_BIN",
            value: dir.display().to_string(),
            help: format!("the directory {why}"),
        });
    }
    for dir in on_path().into_iter().chain(in_known_places()) {
        match Binaries::at(&dir).and_then(|found| found.fits(settings.major)) {
            Ok(found) => return Ok(Some(found)),
            Err(why) => {
                let _ = writeln!(tried, "  - {} {why}", dir.display());
            }
        }
    }
    if tried.is_empty() {
        tried.push_str("  - no `postgres` on PATH or where distributions keep it\n");
    }
    Ok(None)
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|dir| dir.join("postgres").is_file())
        .collect()
}

/// The directories of `PLACES` that hold a server, the newest first.
fn in_known_places() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (parent, bin) in PLACES {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let dir = entry.path().join(bin);
            if dir.join("postgres").is_file() {
                found.push((version_in(&name), dir));
            }
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// The directories where client programs may be: those of `PATH`, then those of distributions.
pub(crate) fn client_places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for (parent, bin) in PLACES {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        places.extend(entries.map(|entry| entry.path().join(bin)));
    }
    places
}

/// The major version of a client program; `None` when it cannot be run.
pub(crate) fn version_of(program: &Path, libraries: Option<&OsString>) -> Option<u32> {
    let output = command(program, libraries).arg("--version").output().ok()?;
    major_of(String::from_utf8_lossy(&output.stdout).trim())
}

/// The first number in a directory's name: `15`, `postgresql@16`, `pgsql-17`.
fn version_in(name: &str) -> u32 {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().unwrap_or(0)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` -> 15.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let end = number.find(|c: char| !c.is_ascii_digit());
    number[..end.unwrap_or(number.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn versions_are_read_from_every_distributions_form() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(major_of(debian), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres 15"), None);
        assert_eq!(version_in("postgresql@16"), 16);
        assert_eq!(version_in("pgsql-17"), 17);
        assert_eq!(version_in("share"), 0);
    }

    #[test]
    fn a_named_directory_without_a_server_is_an_error_and_not_passed_over() {
        let settings = Settings {
            bin: Some(PathBuf::from("/nonexistent")),
            ..Settings::default()
        };
        let error = local(&settings, &mut String::new()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("PGMIG_TEST_PG_BIN"), "{message}");
        assert!(message.contains("`postgres` and `initdb`"), "{message}");
    }
}
