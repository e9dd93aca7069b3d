//! What the lock file says against what is in the folder.

use std::collections::{HashMap, HashSet};

use super::Entry;
use crate::{Checksum, Migration, Scope, Version};

/// A migration of the folder, as far as the lock file is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    /// What the lock file would have of it.
    pub(crate) entry: Entry,
    /// Its up script, below the folder.
    pub(crate) path: String,
}

impl Present {
    pub(crate) fn of(migration: &Migration) -> Self {
        Present {
            entry: Entry::of(migration),
            path: migration.up.path.clone(),
        }
    }
}

/// A way in which the folder is not as the lock file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The text is another; `twin` is the locked migration that has this text.
    Edited { twin: Option<String> },
    /// The same text has another name, or another version with the order as before.
    Renamed,
    /// The same text has another version, and comes before or after others than it did.
    Reordered,
    /// The same text is in the other scope.
    Moved,
    /// It is not there; `instead` is what has its version now.
    Removed { instead: Option<String> },
    /// A draft comes before one that is locked.
    OutOfOrder,
}

/// One such way.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    /// What the lock file has; of a draft out of order the newest in its scope.
    pub(crate) locked: Entry,
    /// Which entry of the lock file that is.
    pub(crate) index: usize,
    /// What the folder has.
    pub(crate) present: Option<Present>,
}

/// The verdict on a folder.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) findings: Vec<Finding>,
    /// Which of the present migrations are locked, whether they are as they were or not.
    pub(crate) claimed: HashSet<usize>,
}

/// Compares. `unread` are migrations that are there, but could not be read: of those nothing is
/// said.
pub(crate) fn verify(
    locked: &[Entry],
    present: &[Present],
    unread: &HashSet<(Scope, Version)>,
    out_of_order: bool,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut left = Vec::new();
    let by_name: HashMap<_, usize> = present
        .iter()
        .enumerate()
        .map(|(index, p)| {
            (
                (p.entry.scope, &p.entry.version, p.entry.name.as_str()),
                index,
            )
        })
        .collect();
    for (index, entry) in locked.iter().enumerate() {
        let key = (entry.scope, &entry.version, entry.name.as_str());
        match by_name.get(&key) {
            Some(found) => {
                verdict.claimed.insert(*found);
                if present[*found].entry.checksum != entry.checksum {
                    let kind = edited(present[*found].entry.checksum, locked);
                    verdict.add(kind, index, entry, Some(&present[*found]));
                }
            }
            None if unread.contains(&(entry.scope, entry.version.clone())) => {}
            None => left.push((index, entry)),
        }
    }
    displaced(&mut verdict, &left, locked, present);
    if !out_of_order {
        drafts_in_between(&mut verdict, locked, present);
    }
    verdict.findings.sort_by_key(|finding| finding.index);
    verdict
}

impl Verdict {
    fn add(&mut self, kind: Kind, index: usize, locked: &Entry, present: Option<&Present>) {
        self.findings.push(Finding {
            kind,
            locked: locked.clone(),
            index,
            present: present.cloned(),
        });
    }
}

fn edited(checksum: Checksum, locked: &[Entry]) -> Kind {
    let twin = locked.iter().find(|entry| entry.checksum == checksum);
    let twin = twin.map(|entry| entry.name.clone());
    Kind::Edited { twin }
}

/// Looks for locked migrations that are not where they were by their checksums.
fn displaced(
    verdict: &mut Verdict,
    left: &[(usize, &Entry)],
    locked: &[Entry],
    present: &[Present],
) {
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for (index, entry) in left {
        let same = |p: &Present| p.entry.checksum == entry.checksum;
        let free = |i: usize| !verdict.claimed.contains(&i);
        let candidates = || {
            present
                .iter()
                .enumerate()
                .filter(|(i, p)| free(*i) && same(p))
        };
        let place = candidates()
            .find(|(_, p)| p.entry.scope == entry.scope)
            .or_else(|| candidates().next());
        match place {
            Some((place, _)) => {
                verdict.claimed.insert(place);
                found.push((*index, *entry, place));
            }
            None => gone.push((*index, *entry)),
        }
    }
    // What is gone is neither before nor after anything.
    let without: HashSet<usize> = gone.iter().map(|(index, _)| *index).collect();
    for (index, entry) in gone {
        let instead = present.iter().enumerate().find(|(place, p)| {
            let same = p.entry.scope == entry.scope && p.entry.version == entry.version;
            same && !verdict.claimed.contains(place)
        });
        let instead = instead.map(|(_, p)| p.path.clone());
        verdict.add(Kind::Removed { instead }, index, entry, None);
    }
    let displaced: HashMap<usize, &Version> = found
        .iter()
        .map(|(index, _, place)| (*index, &present[*place].entry.version))
        .collect();
    for (index, entry, place) in &found {
        let now = &present[*place];
        let kind = if now.entry.scope != entry.scope {
            Kind::Moved
        } else if changes_order(entry, &now.entry.version, locked, &without, &displaced) {
            Kind::Reordered
        } else {
            Kind::Renamed
        };
        verdict.add(kind, *index, entry, Some(now));
    }
}

/// Whether `entry` with the version `now` comes before or after others than it did; `without` are
/// those that are gone, `displaced` those that have another version.
fn changes_order(
    entry: &Entry,
    now: &Version,
    locked: &[Entry],
    without: &HashSet<usize>,
    displaced: &HashMap<usize, &Version>,
) -> bool {
    locked
        .iter()
        .enumerate()
        .filter(|(index, other)| {
            other.scope == entry.scope && other.version != entry.version && !without.contains(index)
        })
        .any(|(index, other)| {
            let other_now = displaced.get(&index).copied().unwrap_or(&other.version);
            (other.version < entry.version) != (other_now < now)
        })
}

/// Drafts that come before a locked migration of their scope. One that has the version of a locked
/// migration is a duplicate and has been told.
fn drafts_in_between(verdict: &mut Verdict, locked: &[Entry], present: &[Present]) {
    for scope in Scope::ALL {
        let of_scope = locked
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.scope == scope);
        let Some((index, newest)) = of_scope.max_by(|(_, a), (_, b)| a.version.cmp(&b.version))
        else {
            continue;
        };
        let taken: HashSet<&Version> = present
            .iter()
            .enumerate()
            .filter(|(place, p)| p.entry.scope == scope && verdict.claimed.contains(place))
            .map(|(_, p)| &p.entry.version)
            .collect();
        for (place, draft) in present.iter().enumerate() {
            if draft.entry.scope == scope
                && draft.entry.version < newest.version
                && !verdict.claimed.contains(&place)
                && !taken.contains(&draft.entry.version)
            {
                verdict.add(Kind::OutOfOrder, index, newest, Some(draft));
            }
        }
    }
}
