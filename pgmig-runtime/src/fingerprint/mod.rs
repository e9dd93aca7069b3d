//! What a schema really consists of, whatever the ledger says: a fingerprint, a description, and
//! the difference between two of them in words.
//!
//! A *fact* is one line about one object: its kind, its name, an attribute and the value, as
//! PostgreSQL's catalog has it ("column invoices.total: type is bigint"). A [`Description`] is all
//! facts of a schema; a [`Fingerprint`] is the SHA-256 of them, computed by the server, so that
//! thousands of schemas are compared by one statement that returns 32 bytes for each.
//!
//! # What counts
//!
//! Tables (persistence, partitioning, inheritance, options, row security, replica identity,
//! clustering), columns (type, default, nullability, identity, generation, collation, storage,
//! compression, statistics target), constraints (`NOT VALID`, deferrability and enforcement
//! included), indexes and whether they are valid, sequences, enums, domains, composite and range
//! types, views and materialized views, functions, procedures, aggregates, triggers and rules and
//! whether they fire, policies, extended statistics, collations, operators, text search
//! configurations, and comments on all of them. On request: the order of columns, grants, owners.
//!
//! What does not count: the schema's own name, OIDs, rows, the state of sequences, whether a
//! materialized view is populated, tablespaces, the schema's own comment, objects that belong to
//! an extension, and what a partition only inherits (the parent's fact stands for it).
//!
//! # The schema's own name
//!
//! The same objects in two schemas must be equal, although the name stands in default
//! expressions, in view definitions, in function bodies, in `SET search_path`. The catalog is read
//! with a search path on which no user's schema is, so PostgreSQL writes every name with its
//! schema; then the schema's own name is taken out of the text, wherever it stands, strings and
//! function bodies included (a `${schema}` in a migration may have put it there).
//!
//! The price is a coincidence: in a schema `notes`, the comment `'notes of a call'` has the name
//! taken out as well, and in a schema `t1` it has not, so the fingerprints differ though nothing
//! does. [`Description::diff`] is exact nevertheless: it takes *both* names out of *both* sides. Text
//! that is the same in both then stays the same, and text that was made from the schema's name
//! becomes the same. So: equal fingerprints mean equal schemas; unequal ones mean that `diff`
//! decides.
//!
//! # Major versions
//!
//! The same objects have the same fingerprint on PostgreSQL 13 to 18, for which three things are
//! evened out: NOT NULL constraints (18 gives them names), columns in views over one table (named
//! without the table since 16), and calls with a syntax of their own such as `AT TIME ZONE` or
//! `EXTRACT` (function calls before 14). The latter two lose a little: which of two tables a
//! view's column is of (what it reads is compared instead), and the order of words in an
//! expression that has such a call. Where both sides come from one server,
//! [`FingerprintOptions::exact`] compares to the letter.
//!
//! `EXTRACT` returns `double precision` on 13 and `numeric` since 14: a column made from it by
//! `CREATE TABLE AS` differs indeed.

mod description;
mod diff;
mod difference;
mod naming;
mod query;
mod repairs;

pub use description::{Description, Fact};
pub(crate) use difference::repair;
pub use difference::{Change, Difference, Drift};
pub(crate) use naming::SchemaName;
pub(crate) use query::{Question, catalog_error, nothing, read_hashes};
pub use query::{describe, fingerprint};

use std::fmt;

/// The SHA-256 over all facts of a schema.
///
/// Equal means that the schemas consist of the same objects. Unequal means that they do not, or
/// that one's name stands in the other by coincidence, which [`Description::diff`] tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    schema: String,
    digest: [u8; 32],
}

impl Fingerprint {
    pub(crate) fn new(schema: String, digest: [u8; 32]) -> Self {
        Fingerprint { schema, digest }
    }

    /// The schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The SHA-256.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl fmt::Display for Fingerprint {
    /// Only the digest, in hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::quote::hex(&self.digest))
    }
}

/// What counts, besides what always does.
///
/// ```
/// # use pgmig_runtime::FingerprintOptions;
/// let options = FingerprintOptions::new().grants(true).ignore("_sqlx_migrations");
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct FingerprintOptions {
    pub(crate) column_order: bool,
    pub(crate) grants: bool,
    pub(crate) owners: bool,
    pub(crate) exact: bool,
    pub(crate) ignored: Vec<String>,
    pub(crate) ledger: String,
}

impl FingerprintOptions {
    /// What always counts, in the form that is the same on all major versions.
    pub fn new() -> Self {
        FingerprintOptions {
            column_order: false,
            grants: false,
            owners: false,
            exact: false,
            ignored: Vec::new(),
            ledger: "pgmig".to_owned(),
        }
    }

    /// Whether the order of a table's columns counts. Default: no, because a column that was added
    /// later stands elsewhere than in a table made anew.
    #[must_use]
    pub fn column_order(mut self, counts: bool) -> Self {
        self.column_order = counts;
        self
    }

    /// Whether grants count: on relations, columns, functions, types and the schema itself, to
    /// others than the owner. `MAINTAIN` (17 and later) does not. Default: no.
    #[must_use]
    pub fn grants(mut self, counts: bool) -> Self {
        self.grants = counts;
        self
    }

    /// Whether the owner of relations, types and functions counts. Default: no.
    #[must_use]
    pub fn owners(mut self, counts: bool) -> Self {
        self.owners = counts;
        self
    }

    /// Whether definitions are compared to the letter, which holds only between schemas of one
    /// major version. Default: no.
    #[must_use]
    pub fn exact(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }

    /// Leaves out a table, view or sequence of this name, and all that hangs on it.
    #[must_use]
    pub fn ignore(mut self, relation: impl Into<String>) -> Self {
        self.ignored.push(relation.into());
        self
    }

    /// The ledger's schema, which never counts. Default: `pgmig`.
    #[must_use]
    pub fn ledger(mut self, schema: impl Into<String>) -> Self {
        self.ledger = schema.into();
        self
    }
}

impl Default for FingerprintOptions {
    fn default() -> Self {
        Self::new()
    }
}
