//! Repeatable migrations: applied after those with a version, and again whenever they change.
//!
//! While a new binary replaces an old one both boot again and again, and neither may take back what
//! the other did. So a text counts once: a target remembers every one that it had.
//!
//! - A binary whose versions a target is ahead of leaves its repeatable migrations alone.
//! - A text that the target never had is applied.
//! - A text that it had, and that another one replaced, is applied only by a binary with a newer
//!   version than the one which replaced it. Otherwise the one that boots is the older.
//! - After a rollback all texts count as never applied.
//!
//! What a binary's set of texts comes down to is one digest. A target that was brought to it has it
//! written down, so that a boot with nothing to do asks for one row.

use std::cmp::Ordering;

use sha2::{Digest as _, Sha256};

use crate::{Migration, Migrations, Scope, Version};

/// A repeatable migration as the ledger has it: one of the texts that a target had, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) checksum: String,
    /// The newest version of the binary that applied it.
    pub(crate) version: Option<String>,
    pub(crate) applied_at: String,
    pub(crate) app: String,
}

/// What a target has of repeatable migrations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applications {
    pub(crate) rows: Vec<Application>,
    /// What the rows come down to, so that it is seen when another process adds one.
    pub(crate) fingerprint: String,
}

/// What has to run of them.
#[derive(Debug)]
pub(crate) struct Repeats {
    /// The digest of the binary's set.
    pub(crate) digest: [u8; 32],
    /// Those to apply, in order.
    pub(crate) apply: Vec<&'static Migration>,
    /// [`Applications::fingerprint`] as it was when this was planned.
    pub(crate) fingerprint: String,
    /// The newest version of the binary.
    pub(crate) newest: Option<&'static str>,
}

/// Where one of them stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The target has this text.
    Applied,
    /// It is to be applied.
    Pending,
    /// The target had this text, and a newer binary replaced it.
    Replaced,
}

impl Migrations {
    /// The repeatable migrations of a scope, in the order in which they are applied.
    pub(crate) fn repeatable_of(&self, scope: Scope) -> &'static [Migration] {
        let all = self.repeatable();
        let start = all.partition_point(|migration| migration.scope() < scope);
        let end = all.partition_point(|migration| migration.scope() <= scope);
        all.get(start..end).unwrap_or_default()
    }

    /// Whether there is anything for a scope.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        !self.of(scope).is_empty() || !self.repeatable_of(scope).is_empty()
    }

    /// What the repeatable migrations of a scope come down to, after its versions; `None` where it
    /// has none.
    pub(crate) fn repeatable_digest(&self, scope: Scope) -> Option<[u8; 32]> {
        self.repeatable_of(scope).first()?;
        let mut hash = Sha256::new();
        hash.update(crate::look::head(self.of(scope)));
        for migration in self.repeatable_of(scope) {
            let name = migration.name();
            hash.update(u64::try_from(name.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(name);
            hash.update(migration.0.checksum);
        }
        Some(hash.finalize().into())
    }
}

/// What has to run once a target has all versions of a scope; `None` where that has no repeatable
/// migrations.
pub(crate) fn plan(
    migrations: &'static Migrations,
    scope: Scope,
    known: &Applications,
) -> Option<Repeats> {
    let digest = migrations.repeatable_digest(scope)?;
    let newest = migrations.of(scope).last().map(Migration::version);
    let pending = migrations
        .repeatable_of(scope)
        .iter()
        .filter(|migration| standing(migration, &known.rows, newest) == Standing::Pending);
    Some(Repeats {
        digest,
        apply: pending.collect(),
        fingerprint: known.fingerprint.clone(),
        newest: newest.map(Version::as_str),
    })
}

/// Where a repeatable migration of a binary with this newest version stands.
pub(crate) fn standing(
    migration: &Migration,
    known: &[Application],
    newest: Option<Version<'_>>,
) -> Standing {
    let checksum = migration.checksum().to_string();
    let mut mine = known
        .iter()
        .rev()
        .filter(|row| row.name == migration.name());
    let Some(current) = mine.next() else {
        return Standing::Pending;
    };
    if current.checksum == checksum {
        return Standing::Applied;
    }
    let by = current.version.as_deref().map(Version::new);
    let had = mine.any(|row| row.checksum == checksum);
    match had && newest.cmp(&by) != Ordering::Greater {
        true => Standing::Replaced,
        false => Standing::Pending,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Checksum;
    use crate::embedded::{List, MigrationParts, ScriptParts};

    fn migration(text: u8) -> Migration {
        MigrationParts {
            scope: Scope::Public,
            version: "R",
            name: "views",
            checksum: [text; 32],
            head: [0; 32],
            up: ScriptParts {
                path: "migrations/R__views.sql",
                text: "",
                span: (0, 0),
                transactional: true,
                idempotent: false,
                statements: List::EMPTY,
            }
            .embed(),
            down: None,
            locked: false,
            commit_before: false,
            drizzle: None,
        }
        .embed()
    }

    /// `a2 b3`: the texts `a` and `b`, by binaries whose newest versions are 2 and 3.
    fn known(words: &str) -> Vec<Application> {
        let row = |word: &str| Application {
            name: "views".to_owned(),
            checksum: Checksum([word.as_bytes()[0]; 32]).to_string(),
            version: Some(word[1..].to_owned()),
            ..Application::default()
        };
        words.split_whitespace().map(row).collect()
    }

    #[test]
    fn the_rule_is_a_table() {
        use Standing::{Applied, Pending, Replaced};
        let table = [
            // never applied
            ("", b'a', "1", Pending),
            ("a1", b'a', "1", Applied),
            // edited, with a migration or without
            ("a1", b'b', "1", Pending),
            ("a1", b'b', "2", Pending),
            // the old binary boots again
            ("a1 b1", b'a', "1", Replaced),
            ("a1 b2", b'a', "1", Replaced),
            ("a1 b2", b'b', "2", Applied),
            // brought back by a binary that is newer by its versions
            ("a1 b2", b'a', "3", Pending),
            ("a9 b10", b'a', "9", Replaced),
            ("a1 b2 a3", b'b', "2", Replaced),
            // a third text
            ("a1 b2", b'c', "1", Pending),
        ];
        for (rows, text, newest, expected) in table {
            let newest = Some(Version::new(newest));
            let found = standing(&migration(text), &known(rows), newest);
            assert_eq!(found, expected, "{rows:?} {}", char::from(text));
        }
    }
}
