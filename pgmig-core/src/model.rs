//! The model: what a folder of migrations is once it has been read and checked.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::directive::Directive;
use crate::layout::{Layout, sections};
use crate::sql::Statement;
use crate::sql::slot::SLOT;

/// Whose schema a migration changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub const ALL: [Scope; 3] = [Scope::Public, Scope::Drizzle, Scope::Tenant];

    /// The word for it in folders, in the lock file and in the ledger: `public`, `drizzle` or
    /// `tenant`.
    pub fn as_str(self) -> &'static str {
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

/// A migration's version: numbers joined by dots, without leading zeros (`1`, `20260131120000`,
/// `1.2`). Versions are compared number by number, so `1.10` comes after `1.9`. What stands there
/// for a repeatable migration is `R`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// Reads a version as a file name spells it; `001` and `1` are the same version.
    /// `None` where `text` is not digits joined by single dots.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let significant = part.trim_start_matches('0');
            parts.push(if significant.is_empty() {
                "0"
            } else {
                significant
            });
        }
        Some(Version(parts.join(".")))
    }

    /// What stands for the version of a repeatable migration, which has none: `R`.
    pub(crate) fn repeatable() -> Self {
        Version("R".to_owned())
    }

    /// A version of one number.
    pub(crate) fn of(number: u64) -> Self {
        Version(number.to_string())
    }

    /// The version after it: its last number and one.
    pub(crate) fn successor(&self) -> Self {
        let mut digits = self.0.clone().into_bytes();
        let mut at = digits.len();
        while at > 0 && digits[at - 1] == b'9' {
            digits[at - 1] = b'0';
            at -= 1;
        }
        match at.checked_sub(1).map(|last| &mut digits[last]) {
            Some(digit) if *digit != b'.' => *digit += 1,
            _ => digits.insert(at, b'1'),
        }
        Version(String::from_utf8_lossy(&digits).into_owned())
    }

    /// The canonical text, as the lock file and the ledger write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Digit strings without leading zeros: the longer one is the greater number.
        let left = self.0.split('.').map(|part| (part.len(), part));
        left.cmp(other.0.split('.').map(|part| (part.len(), part)))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The checksum of a migration: SHA-256 over its token stream, format `v1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum(pub [u8; 32]);

impl Checksum {
    /// The beginning of it, enough to tell two apart.
    pub(crate) fn short(self) -> String {
        self.to_string().chars().take("v1:".len() + 12).collect()
    }
}

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

/// The digest of everything applied up to and including one migration: it chains the checksums in
/// version order. Two databases with equal heads have had the same migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head(pub [u8; 32]);

impl Head {
    /// The head after `checksum`: SHA-256 of the head before (nothing for the first) and the
    /// checksum's 32 bytes.
    pub fn after(before: Option<Head>, checksum: Checksum) -> Head {
        let mut hash = Sha256::new();
        if let Some(before) = before {
            hash.update(before.0);
        }
        hash.update(checksum.0);
        Head(hash.finalize().into())
    }
}

/// A script as it is on disk: an up script or a down script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Path below the folder, with `/`: `public/001_create_users.sql`.
    pub path: String,
    /// The text, as it is in the file, a byte order mark included: positions are byte offsets
    /// into it.
    pub text: String,
    /// Which part of the text it is: all of it, unless the file holds an up script and a down
    /// script. Positions count from the beginning of the text all the same.
    pub range: Range<usize>,
    /// The comments that end a statement as a semicolon does: drizzle-kit's
    /// `--> statement-breakpoint`, goose's `-- +goose StatementEnd`.
    pub ends: Vec<Range<usize>>,
    /// Whether the script runs in a transaction; `-- pgmig: no-transaction` makes it not.
    pub transactional: bool,
    /// Whether `-- pgmig: idempotent` says that every statement may be repeated after a crash.
    pub idempotent: bool,
    /// What its comments ask pgmig for.
    pub directives: Vec<Directive>,
    /// The statements in order.
    pub statements: Vec<Statement>,
}

impl Script {
    /// The text as PostgreSQL is to see it, every position as in the file: spaces for what is not
    /// of the script and for a `"public".` that stands for the tenant's schema, a semicolon for
    /// each of [`ends`](Self::ends).
    pub fn sql(&self) -> Cow<'_, str> {
        let mut text = sections::only(&self.text, &self.range);
        if !self.ends.is_empty() {
            text = Cow::Owned(sections::end(&text, &self.ends));
        }
        let slots = self
            .statements
            .iter()
            .flat_map(|statement| &statement.slots);
        let qualifiers: Vec<_> = slots
            .filter(|slot| !slot.is_empty() && !self.text[(*slot).clone()].contains(SLOT))
            .filter_map(|slot| Some(slot.start..slot.end + self.text[slot.end..].find('.')? + 1))
            .collect();
        if !qualifiers.is_empty() {
            text = Cow::Owned(sections::without(&text, &qualifiers));
        }
        text
    }
}

/// One migration: an up script with its identity.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Whose schema it changes.
    pub scope: Scope,
    /// Its version.
    pub version: Version,
    /// Its name, `create_users` in `001_create_users.sql`.
    pub name: String,
    /// Whose rules its file follows.
    pub layout: Layout,
    /// Its checksum.
    pub checksum: Checksum,
    /// The head once it and all before it in its scope are applied.
    pub head: Head,
    /// The script that applies it.
    pub up: Script,
    /// The script that takes it back, where there is one.
    pub down: Option<Script>,
    /// Whether the lock file has it. One that is not locked is a draft.
    pub locked: bool,
    /// Whether it may not share a transaction with the migrations before it, because it uses an
    /// enum value that one of them added.
    pub commit_before: bool,
    /// What Drizzle's own ledger has of it, in a folder that drizzle-kit generated.
    pub drizzle: Option<DrizzleEntry>,
}

/// A migration as Drizzle's own ledger, `drizzle.__drizzle_migrations`, has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrizzleEntry {
    /// `created_at`: milliseconds since 1970, `when` in the journal or the time in the folder's
    /// name.
    pub created_at: i64,
    /// `hash`: SHA-256 of the file, byte for byte.
    pub hash: [u8; 32],
    /// `name`: the folder's name, as Drizzle 1.0 records it; `None` in the journal layout, whose
    /// ledger has no such column.
    pub folder: Option<String>,
}

/// A script that makes at once what a scope's migrations up to a version make, in a schema that has
/// nothing yet.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Whose schema it makes.
    pub scope: Scope,
    /// The version of the newest migration that it flattens.
    pub version: Version,
    /// Its checksum.
    pub checksum: Checksum,
    /// The head once all that it flattens is applied.
    pub head: Head,
    /// The script.
    pub script: Script,
}

/// A folder of the tenant scope that is not `tenant/` in the folder of migrations.
#[derive(Clone, Debug)]
pub struct TenantFolder {
    /// Where it is.
    pub root: PathBuf,
    /// How messages spell it, from the crate's directory.
    pub shown: String,
}

/// A folder of migrations, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub root: PathBuf,
    /// The folder of the tenant scope, from the crate's directory, where that is not `tenant/` in
    /// this one. The paths of its scripts begin with `tenant/` all the same.
    pub tenant_folder: Option<TenantFolder>,
    /// The migrations of `public`, in version order.
    pub public: Vec<Migration>,
    /// The migrations of `drizzle/`, which follow those of `public`, in version order.
    pub drizzle: Vec<Migration>,
    /// The migrations of every tenant, in version order.
    pub tenant: Vec<Migration>,
    /// The baselines, at most one a scope.
    pub baselines: Vec<Baseline>,
    /// The repeatable migrations of all scopes: without a version, applied after the others and
    /// again whenever their checksum changes. In the order of [`Scope::ALL`], then of their names.
    /// No lock file has them, and they are in no head.
    pub repeatable: Vec<Migration>,
    /// Every file that travels with the binary: scripts, lock file, settings. Paths below the
    /// folder with `/`, sorted.
    pub files: Vec<String>,
    /// What the folder's settings pass over: files and folders that are no migrations.
    pub ignored: Vec<String>,
    /// Whether the folder's settings allow a migration to be added before a locked or applied one.
    pub out_of_order: bool,
}

impl Folder {
    /// How a file of it is spelled from the crate's directory; `shown` is how the folder is.
    pub fn shown(&self, shown: &str, path: &str) -> String {
        match self.elsewhere(path) {
            Some((tenant, rest)) => format!("{}/{rest}", tenant.shown),
            None => format!("{shown}/{path}"),
        }
    }

    /// Where a file of it is on disk.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        match self.elsewhere(path) {
            Some((tenant, rest)) => tenant.root.join(rest),
            None => self.root.join(path),
        }
    }

    fn elsewhere<'a>(&self, path: &'a str) -> Option<(&TenantFolder, &'a str)> {
        Some((self.tenant_folder.as_ref()?, path.strip_prefix("tenant/")?))
    }

    /// The migrations of a scope, in version order.
    pub fn of(&self, scope: Scope) -> &[Migration] {
        match scope {
            Scope::Public => &self.public,
            Scope::Drizzle => &self.drizzle,
            Scope::Tenant => &self.tenant,
        }
    }

    /// The migrations of all scopes, in the order of [`Scope::ALL`].
    pub fn migrations(&self) -> impl Iterator<Item = &Migration> {
        Scope::ALL.into_iter().flat_map(|scope| self.of(scope))
    }

    /// The repeatable migrations of a scope, in the order in which they are applied.
    pub fn repeatable_of(&self, scope: Scope) -> impl Iterator<Item = &Migration> {
        let all = self.repeatable.iter();
        all.filter(move |migration| migration.scope == scope)
    }

    /// The migrations of all scopes and the repeatable ones.
    pub fn all(&self) -> impl Iterator<Item = &Migration> {
        self.migrations().chain(&self.repeatable)
    }

    /// The migrations of all scopes, to be changed.
    pub(crate) fn migrations_mut(&mut self) -> impl Iterator<Item = &mut Migration> {
        let Folder {
            public,
            drizzle,
            tenant,
            ..
        } = self;
        public.iter_mut().chain(drizzle).chain(tenant)
    }

    /// The migrations of all scopes and the repeatable ones, to be changed.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Migration> {
        let Folder {
            public,
            drizzle,
            tenant,
            repeatable,
            ..
        } = self;
        let versioned = public.iter_mut().chain(drizzle).chain(tenant);
        versioned.chain(repeatable)
    }

    /// The migrations of a scope, to be changed.
    pub(crate) fn of_mut(&mut self, scope: Scope) -> &mut Vec<Migration> {
        match scope {
            Scope::Public => &mut self.public,
            Scope::Drizzle => &mut self.drizzle,
            Scope::Tenant => &mut self.tenant,
        }
    }
}
