//! The directory of one scope, while a layout lists it.

use std::path::{Path, PathBuf};

use super::entries::{Entry, entries};
use super::{Asked, Found, Layout, Listing};
use crate::{Problem, Scope, TenantFolder, Version};

/// Where the files of a folder are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roots<'a> {
    /// The folder.
    pub(crate) root: &'a Path,
    /// How messages spell it.
    pub(crate) shown: &'a str,
    /// The folder of the tenant scope, where that is not `tenant/` in the folder.
    pub(crate) tenant: Option<&'a TenantFolder>,
}

impl Roots<'_> {
    /// Where `path`, below the folder, is on disk, and how messages spell that.
    pub(crate) fn find(&self, path: &str) -> (PathBuf, String) {
        if let Some(tenant) = self.tenant
            && let Some(rest) = path.strip_prefix("tenant/")
        {
            return (tenant.root.join(rest), format!("{}/{rest}", tenant.shown));
        }
        (self.root.join(path), format!("{}/{path}", self.shown))
    }
}

/// The directory of one scope.
pub(super) struct Dir<'a> {
    pub(super) scope: Scope,
    /// Where it is on disk.
    pub(super) root: PathBuf,
    /// How messages spell it.
    pub(super) shown: String,
    /// Its path below the folder, with a `/` at the end; empty for the folder itself.
    pub(super) below: String,
    pub(super) asked: &'a Asked,
}

impl Dir<'_> {
    /// The entries of the directory, or of one in it: `within` is empty or ends with `/`.
    pub(super) fn entries(&self, within: &str, problems: &mut Vec<Problem>) -> Vec<Entry> {
        let shown = format!("{}/{within}", self.shown);
        let mut found = entries(
            &self.root.join(within),
            shown.trim_end_matches('/'),
            problems,
        );
        found.retain(|entry| {
            let path = format!("{}{within}{}", self.below, entry.name);
            !self.asked.ignored.contains(&path)
        });
        found
    }

    /// How messages spell a file in it.
    pub(super) fn shown(&self, file: &str) -> String {
        format!("{}/{file}", self.shown)
    }

    /// A file in it, from the folder.
    pub(super) fn path(&self, file: &str) -> String {
        format!("{}{file}", self.below)
    }

    /// A migration of it.
    pub(super) fn found(&self, layout: Layout, version: Version, name: &str, up: &str) -> Found {
        Found {
            scope: self.scope,
            version,
            name: word(name),
            up: self.path(up),
            down: None,
            layout,
            transactional: None,
            placeholders: layout == Layout::Flyway,
            drizzle: None,
            repeatable: false,
        }
    }

    /// What is wrong with a file that `layout` knows nothing of.
    pub(super) fn stray(&self, file: &str, layout: Layout, note: &str) -> Problem {
        let title = format!("not a migration in the layout `{layout}`");
        Problem::error("stray-file", self.shown(file), title)
            .note(note)
            .help("rename it, or move it out of the folder")
            .help(format!(
                "or say in pgmig.toml that it is none: `ignore = [\"{}\"]`",
                self.path(file)
            ))
    }

    /// Puts the migrations in version order into `listing`, each version once.
    pub(super) fn finish(&self, mut found: Vec<Found>, listing: &mut Listing) {
        found.sort_by(|a, b| (&a.version, &a.name).cmp(&(&b.version, &b.name)));
        for pair in found.windows(2) {
            if pair[0].version == pair[1].version {
                let title = format!("version {} is taken twice", pair[1].version);
                let shown = |found: &Found| self.shown(&found.up[self.below.len()..]);
                let problem = Problem::error("duplicate-version", shown(&pair[1]), title)
                    .note(format!("the other one is `{}`", shown(&pair[0])))
                    .help("give one of them a version of its own");
                listing.problems.push(problem);
            }
        }
        listing.found.append(&mut found);
    }

    /// Gives migrations of one version, which `tool` tells apart by their whole names, versions of
    /// their own in the order of their names: `5`, `5.1`, `5.2`.
    pub(super) fn part_twins(found: &mut [Found]) {
        found.sort_by(|a, b| (&a.version, &a.up).cmp(&(&b.version, &b.up)));
        let mut twins = 0;
        for at in 1..found.len() {
            let (before, rest) = found.split_at_mut(at);
            let first = &before[at - 1 - twins].version;
            twins = if rest[0].version == *first {
                twins + 1
            } else {
                0
            };
            if twins > 0 {
                let parted = Version::parse(&format!("{first}.{twins}"));
                rest[0].version = parted.unwrap_or_else(|| first.clone());
            }
        }
    }

    /// Reports names that sort differently as text, which is the order of `tool`, and by their
    /// numbers, which is pgmig's.
    pub(super) fn same_order(
        &self,
        names: &[(Version, String, &String)],
        tool: Layout,
        listing: &mut Listing,
    ) {
        let mut by_text: Vec<_> = names.iter().collect();
        by_text.sort_by(|a, b| a.1.cmp(&b.1));
        for pair in by_text.windows(2) {
            let [(before, _, name_before), (version, _, name)] = [pair[0], pair[1]];
            if before > version {
                let title = "its number and its name disagree on the order";
                let problem = Problem::error("ambiguous-order", self.shown(name), title)
                    .note(format!(
                        "{tool} sorts by name, where it comes after `{name_before}`; by number \
                         {version} comes before {before}"
                    ))
                    .help("give the numbers the same count of digits");
                listing.problems.push(problem);
            }
        }
    }
}

/// A name as one word, which the lock file wants; other tools let it have spaces, or be nothing.
fn word(name: &str) -> String {
    let word: Vec<&str> = name.split_whitespace().collect();
    if word.is_empty() {
        return "unnamed".to_owned();
    }
    word.join("_")
}

/// Whether a file beside migrations is known to be none.
pub(super) fn is_companion(file: &str) -> bool {
    let lower = file.to_ascii_lowercase();
    lower.starts_with("readme") && !lower.ends_with(".sql")
}
