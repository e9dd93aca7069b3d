//! What travels in the binary: `const` data, written by `embed_migrations!`, read at boot without
//! parsing or allocating.

mod list;
pub(crate) mod rows;

use include_dir::Dir;

use crate::adopt::Adopt;
use crate::identity::{Checksum, Scope, Version};
pub use list::{List, Span};

/// The thing that a statement changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// `table`, `index`, `type`, ...
    pub kind: &'static str,
    /// The schema, where the statement spells one.
    pub schema: Option<&'static str>,
    /// The name, unquoted.
    pub name: &'static str,
}

/// How to find out, after a crash, whether a statement that ran outside a transaction took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// There is no way to know; the statement may not be repeated blindly.
    None,
    /// Repeating it does no harm.
    Repeat,
    /// Look for the index: valid means done, invalid means drop it and build again.
    IndexCreated(Object),
    /// Done when the index is gone.
    IndexDropped(Object),
    /// Done when the enum has the label.
    EnumValue {
        /// The enum.
        on: Object,
        /// The label.
        label: &'static str,
    },
    /// Done when it is no partition any more; a pending one is finished by `FINALIZE`.
    PartitionDetached {
        /// The partitioned table.
        parent: Object,
        /// The partition.
        partition: Object,
    },
}

/// One statement of a script.
#[derive(Debug)]
pub struct Statement(pub(crate) StatementParts);

/// What a [`Statement`] is made of.
#[doc(hidden)]
#[derive(Debug)]
pub struct StatementParts {
    /// Its bytes in the script, without the closing `;`.
    pub span: (u32, u32),
    /// The line it starts in, from 1.
    pub line: u32,
    /// `CREATE INDEX`, `ALTER TABLE`, ...
    pub kind: &'static str,
    /// What it creates, changes or drops.
    pub objects: List<Object>,
    /// Whether PostgreSQL lets it run in a transaction block.
    pub in_transaction: bool,
    /// Whether it loses data.
    pub destroys_data: bool,
    /// What to look at after a crash.
    pub probe: Probe,
    /// The word `CONCURRENTLY`, left out on a schema that is being provisioned.
    pub concurrently: Option<(u32, u32)>,
    /// The places of `${schema}`. An empty one is where an unqualified name starts in a statement
    /// that runs outside a transaction: it takes the schema and a dot.
    pub slots: List<Span>,
    /// The places of a `public` that qualifies what the public scope itself makes, or that names
    /// the schema: a shadow's name is put there.
    pub public: List<Span>,
}

impl StatementParts {
    /// Wraps the parts.
    pub const fn embed(self) -> Statement {
        Statement(self)
    }
}

impl Statement {
    /// Its text in `script`, as the file has it.
    pub(crate) fn text(&self, script: &ScriptParts) -> &'static str {
        part(script.text, self.0.span)
    }
}

/// The bytes of `text` that a span means; nothing where it means none.
pub(crate) fn part(text: &str, (start, end): Span) -> &str {
    text.get(start as usize..end as usize).unwrap_or_default()
}

/// An up script or a down script.
#[derive(Debug)]
pub struct Script(pub(crate) ScriptParts);

/// What a [`Script`] is made of.
#[doc(hidden)]
#[derive(Debug)]
pub struct ScriptParts {
    /// Where it is, from the crate's directory: `migrations/public/001_create_users.sql`.
    pub path: &'static str,
    /// The file as it is, a byte order mark included.
    pub text: &'static str,
    /// Which part of it is the script: all of it, unless the file holds a down script too. Spans
    /// count from the beginning of the file all the same.
    pub span: (u32, u32),
    /// Whether it runs in a transaction.
    pub transactional: bool,
    /// Whether every statement may be repeated after a crash.
    pub idempotent: bool,
    /// The statements in order.
    pub statements: List<Statement>,
}

impl ScriptParts {
    /// The part of the file that is the script.
    fn part(&self) -> &'static str {
        let (start, end) = self.span;
        let part = self.text.get(start as usize..end as usize);
        part.unwrap_or_default()
    }

    /// Wraps the parts.
    pub const fn embed(self) -> Script {
        Script(self)
    }
}

/// One embedded migration.
#[derive(Debug)]
pub struct Migration(pub(crate) MigrationParts);

/// What a [`Migration`] is made of.
#[doc(hidden)]
#[derive(Debug)]
pub struct MigrationParts {
    /// Whose schema it changes.
    pub scope: Scope,
    /// Its version's canonical text.
    pub version: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its checksum.
    pub checksum: [u8; 32],
    /// The head once it and all before it are applied; zeros for a repeatable migration.
    pub head: [u8; 32],
    /// The script that applies it.
    pub up: Script,
    /// The script that takes it back.
    pub down: Option<Script>,
    /// Whether the lock file has it.
    pub locked: bool,
    /// Whether it may not share a transaction with the migrations before it.
    pub commit_before: bool,
    /// What Drizzle's own ledger has of it, in a folder that drizzle-kit generated.
    pub drizzle: Option<DrizzleEntry>,
}

/// A migration as Drizzle's own ledger, `drizzle.__drizzle_migrations`, has it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct DrizzleEntry {
    /// `created_at`: milliseconds since 1970.
    pub created_at: i64,
    /// `hash`: SHA-256 of the file.
    pub hash: [u8; 32],
    /// `name`, which only the ledger of Drizzle 1.0 has.
    pub folder: Option<&'static str>,
}

impl MigrationParts {
    /// Wraps the parts.
    pub const fn embed(self) -> Migration {
        Migration(self)
    }
}

impl Migration {
    /// Whose schema it changes.
    pub const fn scope(&self) -> Scope {
        self.0.scope
    }

    /// Its version.
    pub const fn version(&self) -> Version<'static> {
        Version::new(self.0.version)
    }

    /// Its name, `create_users` in `001_create_users.sql`.
    pub const fn name(&self) -> &'static str {
        self.0.name
    }

    /// Its checksum.
    pub const fn checksum(&self) -> Checksum {
        Checksum(self.0.checksum)
    }

    /// Where its up script is, from the crate's directory.
    pub const fn path(&self) -> &'static str {
        self.0.up.0.path
    }

    /// The text of its up script.
    pub fn sql(&self) -> &'static str {
        self.0.up.0.part()
    }

    /// Whether the lock file has it. One that it has not is a draft.
    pub const fn locked(&self) -> bool {
        self.0.locked
    }

    /// The text of its down script.
    pub fn down_sql(&self) -> Option<&'static str> {
        self.0.down.as_ref().map(|down| down.0.part())
    }
}

/// The migrations that a binary carries. Made by `embed_migrations!`.
#[derive(Debug)]
pub struct Migrations(pub(crate) MigrationsParts);

/// What [`Migrations`] is made of.
#[doc(hidden)]
#[derive(Debug)]
pub struct MigrationsParts {
    /// The migrations of `public`, in version order.
    pub public: &'static [Migration],
    /// The migrations of `drizzle/`, which follow those of `public`, in version order.
    pub drizzle: &'static [Migration],
    /// The migrations of every tenant, in version order.
    pub tenant: &'static [Migration],
    /// The baselines, at most one a scope. Each is in the form of a migration: the newest that it
    /// flattens, with a script that makes all before it too.
    pub baselines: &'static [Migration],
    /// The repeatable migrations of all scopes, each scope's in the order in which they are applied.
    pub repeatable: &'static [Migration],
    /// The files themselves.
    pub files: Dir<'static>,
    /// The folder on the machine that built the binary.
    pub folder: &'static str,
    /// The folder of the tenant scope there, where that is not `tenant/` in the folder; else empty.
    pub tenant_folder: &'static str,
    /// Files and folders below the folder that are no migrations.
    pub ignored: &'static [&'static str],
    /// Whether a boot compares that folder with what is embedded: true in debug builds.
    pub compare_folder: bool,
    /// Whether a migration may come before one that is already applied.
    pub out_of_order: bool,
    /// What to do about migrations that another tool has applied.
    pub adopt: Adopt,
    /// The name and version of the crate that embeds, for the ledger: `shop 1.4.0`.
    pub app: &'static str,
}

impl MigrationsParts {
    /// Wraps the parts.
    pub const fn embed(self) -> Migrations {
        Migrations(self)
    }
}

impl Migrations {
    /// The migrations of `public`, in version order.
    pub const fn public(&self) -> &'static [Migration] {
        self.0.public
    }

    /// The migrations of `drizzle/`, which follow those of `public`, in version order.
    pub const fn drizzle(&self) -> &'static [Migration] {
        self.0.drizzle
    }

    /// The migrations of every tenant, in version order.
    pub const fn tenant(&self) -> &'static [Migration] {
        self.0.tenant
    }

    /// The repeatable migrations of all scopes: applied after those with a version, and again
    /// whenever they change. Each scope's are in the order in which they are applied; their version
    /// is `R`.
    pub const fn repeatable(&self) -> &'static [Migration] {
        self.0.repeatable
    }

    /// The migrations of a scope, in version order.
    pub const fn of(&self, scope: Scope) -> &'static [Migration] {
        match scope {
            Scope::Public => self.0.public,
            Scope::Drizzle => self.0.drizzle,
            Scope::Tenant => self.0.tenant,
        }
    }

    /// The baseline of a scope, where the binary carries one: its version is the newest that it
    /// flattens, its script makes at once what all migrations up to that make.
    pub fn baseline(&self, scope: Scope) -> Option<&'static Migration> {
        let mut all = self.0.baselines.iter();
        all.find(|baseline| baseline.0.scope == scope)
    }

    /// The files that the binary carries, as they were when it was built.
    pub const fn files(&self) -> &Dir<'static> {
        &self.0.files
    }
}
