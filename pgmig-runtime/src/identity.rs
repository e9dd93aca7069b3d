//! What a migration is known by: its scope, its version and its checksum.

use std::cmp::Ordering;
use std::fmt;

/// Whose schema a migration changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "lowercase")
)]
pub enum Scope {
    /// The schema `public`, once a database.
    Public,
    /// The schema `public` too, by what drizzle-kit generated: versions and a head of its own,
    /// after [`Scope::Public`].
    Drizzle,
    /// The schema of each tenant.
    Tenant,
}

impl Scope {
    /// All scopes, in the order in which they are applied.
    pub(crate) const ALL: [Scope; 3] = [Scope::Public, Scope::Drizzle, Scope::Tenant];

    /// The word for it in folders, in the lock file and in the ledger: `public`, `drizzle` or
    /// `tenant`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Public => "public",
            Scope::Drizzle => "drizzle",
            Scope::Tenant => "tenant",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A migration's version, borrowed: numbers joined by dots, without leading zeros; `R` for a
/// repeatable migration.
///
/// ```
/// # use pgmig_runtime::Version;
/// assert!(Version::new("1.10") > Version::new("1.9"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version<'a>(&'a str);

impl<'a> Version<'a> {
    /// A version from its canonical text.
    pub const fn new(canonical: &'a str) -> Self {
        Version(canonical)
    }

    /// The canonical text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl Version<'_> {
    /// The canonical text of a version that a person spells: `003` is `3`.
    pub(crate) fn canonical(text: &str) -> String {
        let part = |part: &str| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0".to_owned(),
            significant => significant.to_owned(),
        };
        let parts: Vec<String> = text.trim().split('.').map(part).collect();
        parts.join(".")
    }
}

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Digit strings without leading zeros: the longer one is the greater number.
        let left = self.0.split('.').map(|part| (part.len(), part));
        left.cmp(other.0.split('.').map(|part| (part.len(), part)))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The checksum of a migration: SHA-256 over its token stream, format `v1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum(pub(crate) [u8; 32]);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v1:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
