//! A line of the lock file, and the file as a whole.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{Checksum, Migration, Scope, Version};

/// A migration as the lock file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Whose schema it changes.
    pub scope: Scope,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Its checksum.
    pub checksum: Checksum,
}

impl Entry {
    /// The entry of a migration as it is in the folder.
    pub fn of(migration: &Migration) -> Self {
        Entry {
            scope: migration.scope,
            version: migration.version.clone(),
            name: migration.name.clone(),
            checksum: migration.checksum,
        }
    }
}

impl fmt::Display for Entry {
    /// The line without the chain value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry {
            scope,
            version,
            name,
            checksum,
        } = self;
        write!(f, "{scope} {version} {name} {checksum}")
    }
}

/// A baseline as the lock file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaselineEntry {
    /// Whose schema it makes.
    pub scope: Scope,
    /// The version of the newest migration that it flattens.
    pub version: Version,
    /// The chain value of that migration's line, which covers all that it flattens.
    pub after: String,
    /// Its checksum.
    pub checksum: Checksum,
}

impl fmt::Display for BaselineEntry {
    /// The line without the chain value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BaselineEntry {
            scope,
            version,
            after,
            checksum,
        } = self;
        write!(f, "{BASELINE} {scope} {version} {after} {checksum}")
    }
}

/// The word that begins the line of a baseline.
pub(super) const BASELINE: &str = "baseline";

const HEAD: &str = "\
# pgmig lock file, format 1
# Made by `cargo pgmig lock`. Commit it; do not edit it.
# A conflict here means that two branches add migrations: give the newer ones the next versions
# with `cargo pgmig renumber`, then run `cargo pgmig lock`.
";

/// The lock file that has `entries`, in any order, and no baseline.
pub fn render(entries: &[Entry]) -> String {
    render_with(entries, &[])
}

/// The lock file that has `entries` and `baselines`, in any order.
pub fn render_with(entries: &[Entry], baselines: &[BaselineEntry]) -> String {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| (a.scope, &a.version, &a.name).cmp(&(b.scope, &b.version, &b.name)));
    let mut file = String::from(HEAD);
    let mut before: Option<(Scope, String)> = None;
    let mut seal = Seal::default();
    for entry in sorted {
        let line = entry.to_string();
        let previous = before.filter(|(scope, _)| *scope == entry.scope);
        let chain = link(previous.as_ref().map_or("", |(_, chain)| chain), &line);
        seal.add(&line);
        file.push_str(&format!("{line} {chain}\n"));
        before = Some((entry.scope, chain));
    }
    let mut baselines: Vec<&BaselineEntry> = baselines.iter().collect();
    baselines.sort_by_key(|baseline| baseline.scope);
    for baseline in baselines {
        let line = baseline.to_string();
        seal.add(&line);
        file.push_str(&format!("{line} {}\n", link("", &line)));
    }
    file.push_str(&format!("end {}\n", seal.value()));
    file
}

/// The chain value of a line: `before` is the one in the line before it in its scope.
pub(super) fn link(before: &str, line: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{before}\n{line}"));
    short(hash)
}

/// The value in the last line, over all lines before it.
#[derive(Default)]
pub(super) struct Seal(String);

impl Seal {
    pub(super) fn add(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub(super) fn value(&self) -> String {
        short(Sha256::new_with_prefix(&self.0))
    }
}

fn short(hash: Sha256) -> String {
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
