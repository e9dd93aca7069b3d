//! Which migrations a person means by a name.

use crate::nearest::nearest;
use crate::{Error, Migration, Scope, Version};

/// A migration that a person may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    pub(super) scope: Scope,
    pub(super) version: &'a Version,
    pub(super) name: &'a str,
    /// The index of what it is a name of; one thing may have two names.
    pub(super) index: usize,
}

impl Candidate<'_> {
    /// Whether `word` names it: `add_users`, `3_add_users`, `public/003_add_users.sql`.
    fn is(&self, word: &str) -> bool {
        if word == self.name {
            return true;
        }
        let word = word.strip_suffix(".sql").unwrap_or(word);
        let file = match word.rsplit_once('/') {
            Some((folder, file)) => {
                let scope = folder.rsplit('/').next().unwrap_or_default();
                let of_scope = Scope::ALL.iter().any(|s| s.as_str() == scope);
                if of_scope && scope != self.scope.as_str() {
                    return false;
                }
                file
            }
            None => word,
        };
        file == self.name
            || file.split_once('_').is_some_and(|(version, name)| {
                name == self.name && Version::parse(version).as_ref() == Some(self.version)
            })
    }

    /// The name that means no other.
    fn full(&self) -> String {
        format!("{}/{}_{}", self.scope, self.version, self.name)
    }
}

/// Migrations by their names.
pub(super) fn candidates<'a>(
    migrations: impl Iterator<Item = &'a Migration>,
) -> Vec<Candidate<'a>> {
    let named = |(index, migration): (usize, &'a Migration)| Candidate {
        scope: migration.scope,
        version: &migration.version,
        name: &migration.name,
        index,
    };
    migrations.enumerate().map(named).collect()
}

/// The index of the one thing that `word` names.
pub(super) fn find(word: &str, candidates: &[Candidate<'_>]) -> Result<usize, Error> {
    let mut found: Vec<&Candidate<'_>> = candidates.iter().filter(|c| c.is(word)).collect();
    found.dedup_by_key(|candidate| candidate.index);
    match found.as_slice() {
        [candidate] => Ok(candidate.index),
        [] => {
            let names = candidates.iter().map(|candidate| candidate.name);
            Err(Error::UnknownName {
                name: word.to_owned(),
                nearest: nearest(word, names).map(str::to_owned),
            })
        }
        several => Err(Error::AmbiguousName {
            name: word.to_owned(),
            paths: several.iter().map(|candidate| candidate.full()).collect(),
        }),
    }
}
