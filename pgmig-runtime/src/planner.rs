//! The plan: from what is embedded and what is recorded to what has to run, or why nothing may.
//!
//! A pure function; every policy is a row of its test table.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::disagreement::Disagreement;
use crate::embedded::ScriptParts;
use crate::repeatable::Repeats;
use crate::settings::{OutOfOrder, UnknownNewer};
use crate::{Migration, Version};

/// A migration as the ledger knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) id: i64,
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) checksum: String,
    /// It runs outside a transaction and is not finished.
    pub(crate) running: Option<Progress>,
    /// What runs is its down script.
    pub(crate) rolling_back: bool,
    /// The digest of its down script, as hexadecimal digits.
    pub(crate) down: Option<String>,
    pub(crate) applied_at: String,
    pub(crate) app: String,
}

/// How far a migration outside a transaction came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Statements that are done.
    pub(crate) done: usize,
    /// Whether the next one was begun and nothing is known of its end.
    pub(crate) in_flight: bool,
    /// What the done statements were: [`digest`] of them, as hexadecimal digits.
    pub(crate) digest: String,
}

/// The rules that a plan follows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) unknown_newer: UnknownNewer,
    pub(crate) out_of_order: OutOfOrder,
}

/// One migration to run.
#[derive(Debug)]
pub(crate) struct Step {
    /// The migration; on the way back one whose script is the down script.
    pub(crate) migration: &'static Migration,
    /// The head once it has run; empty when nothing is applied then.
    pub(crate) head: Vec<u8>,
    /// The newest version that is applied then; `None` when nothing is.
    pub(crate) newest: Option<String>,
    /// Its row and how far it came, where it was interrupted.
    pub(crate) resume: Option<(i64, Progress)>,
    /// Which way it goes.
    pub(crate) way: Way,
}

/// Whether a migration is applied or taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is applied.
    #[default]
    Up,
    /// What this row of `history` records is taken back.
    Back(i64),
}

/// What has to run.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Whether nothing at all is recorded.
    pub(crate) fresh: bool,
    /// The newest migration of the ledger, where it is newer than all that is embedded.
    pub(crate) ahead: Option<String>,
    /// The repeatable migrations, to be applied after all steps; `None` where there are none for
    /// this binary to apply.
    pub(crate) repeats: Option<Repeats>,
}

/// Plans one target. All disagreements are returned, not only the first.
pub(crate) fn plan(
    embedded: &'static [Migration],
    recorded: &[Recorded],
    policy: Policy,
) -> Result<Plan, Vec<Disagreement>> {
    let known: BTreeMap<Version<'_>, &Recorded> = recorded
        .iter()
        .map(|row| (Version::new(&row.version), row))
        .collect();
    let mut wrong = not_embedded(embedded, &known, policy);
    let newest = known
        .iter()
        .filter(|(_, row)| row.running.is_none())
        .map(|(version, _)| *version)
        .next_back();
    let mut chain = Chain::default();
    for (version, row) in known.iter().filter(|(_, row)| row.running.is_none()) {
        chain.insert(*version, checksum_bytes(&row.checksum));
    }
    let mut steps = Vec::new();
    for migration in embedded {
        let row = known.get(&migration.version());
        match row.map(|row| (row, &row.running)) {
            Some((row, None)) => wrong.extend(edited(migration, row)),
            Some((row, _)) if row.rolling_back => wrong.push(half_way_back(row)),
            Some((row, Some(progress))) if !continues(migration, row, progress) => {
                wrong.push(interrupted(migration, row, progress));
            }
            other => {
                wrong.extend(out_of_order(migration, newest, policy));
                chain.insert(migration.version(), migration.0.checksum);
                steps.push(Step {
                    migration,
                    head: chain.head().to_vec(),
                    newest: chain.newest().map(|version| version.as_str().to_owned()),
                    resume: other.and_then(|(row, progress)| Some((row.id, progress.clone()?))),
                    way: Way::Up,
                });
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let last = embedded.last().map(Migration::version);
    Ok(Plan {
        steps,
        fresh: recorded.is_empty(),
        ahead: known
            .keys()
            .next_back()
            .filter(|newest| last.is_none_or(|last| **newest > last))
            .map(|newest| newest.as_str().to_owned()),
        repeats: None,
    })
}

/// What is applied, in version order, with the head after each: a version that comes last costs
/// one hash, however many there are before it.
#[derive(Debug, Default)]
struct Chain<'v>(Vec<Link<'v>>);

#[derive(Debug)]
struct Link<'v> {
    version: Version<'v>,
    checksum: [u8; 32],
    head: [u8; 32],
}

impl<'v> Chain<'v> {
    /// Adds a version that is not there yet.
    fn insert(&mut self, version: Version<'v>, checksum: [u8; 32]) {
        let at = self.0.partition_point(|link| link.version < version);
        let head = [0; 32];
        self.0.insert(
            at,
            Link {
                version,
                checksum,
                head,
            },
        );
        let (before, after) = self.0.split_at_mut(at);
        let mut previous = before.last().map(|link| link.head);
        for link in after {
            link.head = next_head(previous, &link.checksum);
            previous = Some(link.head);
        }
    }

    fn head(&self) -> [u8; 32] {
        self.0.last().map_or([0; 32], |link| link.head)
    }

    fn newest(&self) -> Option<Version<'v>> {
        self.0.last().map(|link| link.version)
    }
}

/// The head over checksums in version order.
pub(crate) fn head<'a>(checksums: impl IntoIterator<Item = &'a [u8; 32]>) -> [u8; 32] {
    let mut head = None;
    for checksum in checksums {
        head = Some(next_head(head, checksum));
    }
    head.unwrap_or_default()
}

fn next_head(previous: Option<[u8; 32]>, checksum: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous.as_ref().map_or(&[][..], |head| &head[..]));
    hash.update(checksum);
    hash.finalize().into()
}

/// What the first `count` statements of a script are.
pub(crate) fn digest(script: &ScriptParts, count: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    for statement in script.statements.iter().take(count) {
        let text = statement.text(script);
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// The 32 bytes of a recorded checksum. One of a format that is not known here still takes part
/// in the head, by its text.
pub(crate) fn checksum_bytes(text: &str) -> [u8; 32] {
    parse_checksum(text).unwrap_or_else(|| Sha256::digest(text).into())
}

fn parse_checksum(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("v1:")?;
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Rows that no embedded migration answers to.
fn not_embedded(
    embedded: &'static [Migration],
    known: &BTreeMap<Version<'_>, &Recorded>,
    policy: Policy,
) -> Vec<Disagreement> {
    let carried: BTreeSet<Version<'_>> = embedded.iter().map(Migration::version).collect();
    let carries = |version: &Version<'_>| carried.contains(version);
    let newest = embedded.last().map(Migration::version);
    let newest_shared = known.keys().rfind(|version| carries(version));
    let mut wrong = Vec::new();
    for (version, row) in known.iter().filter(|(version, _)| !carries(version)) {
        let version_text = version.as_str().to_owned();
        let (name, applied_at, app) = (row.name.clone(), row.applied_at.clone(), row.app.clone());
        if newest.is_none_or(|newest| *version > newest) {
            if policy.unknown_newer == UnknownNewer::Refuse {
                wrong.push(Disagreement::UnknownNewer {
                    version: version_text,
                    name,
                    applied_at,
                    app,
                });
            }
        } else if newest_shared.is_some_and(|shared| version < shared) {
            wrong.push(Disagreement::Missing {
                version: version_text,
                name,
                applied_at,
                app,
            });
        } else {
            let next = embedded.iter().find(|m| m.version() > *version);
            wrong.push(Disagreement::UnknownInTheMiddle {
                version: version_text,
                name,
                before: next.map_or("", Migration::path),
                applied_at,
                app,
            });
        }
    }
    wrong
}

fn edited(migration: &'static Migration, row: &Recorded) -> Option<Disagreement> {
    let embedded = migration.checksum().to_string();
    (embedded != row.checksum).then(|| Disagreement::Edited {
        version: row.version.clone(),
        path: migration.path(),
        recorded: row.checksum.clone(),
        embedded,
        applied_at: row.applied_at.clone(),
        app: row.app.clone(),
    })
}

/// Whether an interrupted migration can go on where it stopped: what was done must be what the
/// file still says; what comes after may have been mended.
fn continues(migration: &'static Migration, row: &Recorded, progress: &Progress) -> bool {
    let script = &migration.0.up.0;
    row.checksum == migration.checksum().to_string()
        || (progress.done <= script.statements.len()
            && crate::quote::hex(&digest(script, progress.done)) == progress.digest)
}

fn interrupted(migration: &'static Migration, row: &Recorded, progress: &Progress) -> Disagreement {
    Disagreement::EditedWhileRunning {
        version: row.version.clone(),
        path: migration.path(),
        done: progress.done,
        app: row.app.clone(),
    }
}

fn half_way_back(row: &Recorded) -> Disagreement {
    Disagreement::HalfRolledBack {
        version: row.version.clone(),
        name: row.name.clone(),
        done: row.running.as_ref().map_or(0, |progress| progress.done),
    }
}

fn out_of_order(
    migration: &'static Migration,
    newest: Option<Version<'_>>,
    policy: Policy,
) -> Option<Disagreement> {
    let after = newest.filter(|newest| migration.version() < *newest)?;
    (policy.out_of_order == OutOfOrder::Refuse).then(|| Disagreement::OutOfOrder {
        version: migration.version().as_str().to_owned(),
        path: migration.path(),
        after: after.as_str().to_owned(),
    })
}

#[cfg(test)]
mod tests;
