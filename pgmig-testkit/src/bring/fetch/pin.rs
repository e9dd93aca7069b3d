//! The packages whose contents are known.

use crate::bring::files;
use sha2::{Digest as _, Sha512};
use std::path::Path;

const PINS: &str = include_str!("pins.txt");

/// The program that fetches a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Npm,
    Pip,
}

impl Client {
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pip => "pip",
        }
    }
}

/// One version of one package, for one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) client: Client,
    pub(super) package: String,
    pub(super) version: String,
    os: String,
    arch: String,
    major: u32,
    sha512: String,
}

/// The packages of `client` that run on this machine.
pub(super) fn of_this_machine(client: Client, major: u32) -> impl Iterator<Item = Pin> {
    all().filter(move |pin| {
        pin.client == client
            && pin.major == major
            && pin.os == std::env::consts::OS
            && pin.arch == std::env::consts::ARCH
    })
}

fn all() -> impl Iterator<Item = Pin> {
    PINS.lines().filter_map(parse)
}

fn parse(line: &str) -> Option<Pin> {
    let mut words = line.split(' ').map(str::to_owned);
    let mut next = || words.next();
    let (os, arch, major) = (next()?, next()?, next()?.parse().ok()?);
    let client = match next()?.as_str() {
        "npm" => Client::Npm,
        "pip" => Client::Pip,
        _ => return None,
    };
    Some(Pin {
        os,
        arch,
        major,
        client,
        package: next()?,
        version: next()?,
        sha512: next()?,
    })
}

impl Pin {
    /// Compares the archive with what is pinned.
    pub(super) fn verify(&self, archive: &Path) -> Result<(), String> {
        let content = std::fs::read(archive).map_err(|error| error.to_string())?;
        let digest = Sha512::digest(&content);
        let found = files::hex(&digest);
        if found == self.sha512 {
            return Ok(());
        }
        Err(format!(
            "the archive of {} {} is not the one pinned (its SHA-512 is {found}); it was not used",
            self.package, self.version
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::bring::settings::MAJORS;

    #[test]
    fn every_row_is_read_and_whole() {
        let rows = PINS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(all().count(), rows);
        for pin in all() {
            assert_eq!(pin.sha512.len(), 128, "{pin:?}");
            assert!(MAJORS.contains(&pin.major), "{pin:?}");
            assert!(pin.version.starts_with(&pin.major.to_string()), "{pin:?}");
        }
    }

    #[test]
    fn linux_on_x86_has_every_major_version() {
        for major in MAJORS {
            let found =
                all().any(|pin| pin.major == major && pin.os == "linux" && pin.arch == "x86_64");
            assert!(found, "{major}");
        }
    }

    #[test]
    fn an_archive_with_another_hash_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("archive.tgz");
        std::fs::write(&archive, "not what was pinned").unwrap();
        let why = all().next().unwrap().verify(&archive).unwrap_err();
        assert!(why.contains("not the one pinned"), "{why}");
    }
}
