//! Layouts: how a folder's files become migrations. One file a layout.

mod dbmate;
mod detect;
mod diesel;
mod dir;
pub(crate) mod drizzle;
mod entries;
pub(crate) mod flyway;
mod golang_migrate;
mod goose;
mod numbered;
mod own;
mod prisma;
mod refinery;
mod scopes;
pub(crate) mod sections;
mod sqlx;
mod versioned;

use std::fmt;
use std::str::FromStr;

pub(crate) use dir::Roots;
pub(crate) use own::file_name::is_name;
pub(crate) use scopes::list;

use crate::nearest::nearest;
use crate::{Problem, Scope, Version};

/// Whose rules a folder follows: how its files are named and what their comments mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// `001_create_users.sql`, `001_create_users.down.sql` or a section `-- pgmig: down`. What
    /// sqlx calls a simple migration looks the same.
    Pgmig,
    /// `1_create_users.sql`, or `1_create_users.up.sql` with `1_create_users.down.sql`.
    Sqlx,
    /// `V1__create_users.sql` and, out of order, `U2__create_orders.sql`.
    Refinery,
    /// `2026-01-31-120000_create_users/up.sql` with `down.sql` and `metadata.toml`.
    Diesel,
    /// `1_create_users.up.sql` with `1_create_users.down.sql`: golang-migrate, River, and what
    /// apps on sea-orm write.
    GolangMigrate,
    /// `1_create_users.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// `1_create_users.sql` with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// `20260131120000_create_users/migration.sql` beside `migration_lock.toml`.
    Prisma,
    /// `V1.2__create_users.sql`, `U1.2__create_users.sql`, `R__views.sql`.
    Flyway,
    /// What drizzle-kit writes: `meta/_journal.json` and the files it names, or from 1.0 on
    /// `20260131120000_create_users/migration.sql` with `snapshot.json`.
    Drizzle,
}

impl Layout {
    /// All layouts.
    pub const ALL: [Layout; 10] = [
        Layout::Pgmig,
        Layout::Sqlx,
        Layout::Refinery,
        Layout::Diesel,
        Layout::GolangMigrate,
        Layout::Goose,
        Layout::Dbmate,
        Layout::Prisma,
        Layout::Flyway,
        Layout::Drizzle,
    ];

    /// Its name, as `layout = "..."` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Layout::Pgmig => "pgmig",
            Layout::Sqlx => "sqlx",
            Layout::Refinery => "refinery",
            Layout::Diesel => "diesel",
            Layout::GolangMigrate => "golang-migrate",
            Layout::Goose => "goose",
            Layout::Dbmate => "dbmate",
            Layout::Prisma => "prisma",
            Layout::Flyway => "flyway",
            Layout::Drizzle => "drizzle",
        }
    }

    /// Whether a migration may do nothing. In pgmig's own layout an empty file is a file that
    /// somebody forgot to write; the other tools take one, and it may have been applied.
    pub(crate) fn takes_empty(self) -> bool {
        self != Layout::Pgmig
    }

    /// Whether a script is sent without a transaction around it: it may say itself where one
    /// begins and ends.
    pub(crate) fn sends_bare(self) -> bool {
        matches!(self, Layout::GolangMigrate | Layout::Prisma)
    }

    /// Whether a script with a statement that refuses to run in a transaction needs no word about
    /// it.
    pub(crate) fn finds_out(self) -> bool {
        self.sends_bare() || self == Layout::Flyway
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown layout `{word}`; {hint}")]
pub struct UnknownLayout {
    word: String,
    hint: String,
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    /// Reads `sqlx`, `golang-migrate`, ...; `river` and `sea-orm` name the layout that they share
    /// with golang-migrate.
    fn from_str(word: &str) -> Result<Self, UnknownLayout> {
        if ["river", "sea-orm"].contains(&word) {
            return Ok(Layout::GolangMigrate);
        }
        let names = Layout::ALL.map(Layout::as_str);
        if let Some(at) = names.iter().position(|name| *name == word) {
            return Ok(Layout::ALL[at]);
        }
        Err(UnknownLayout {
            word: word.to_owned(),
            hint: match nearest(&word.to_ascii_lowercase().replace('_', "-"), names) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("the layouts are `{}`", names.join("`, `")),
            },
        })
    }
}

/// A migration as its layout found it: which files, not yet what is in them.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Whose schema it changes.
    pub(crate) scope: Scope,
    /// Its version.
    pub(crate) version: Version,
    /// Its name.
    pub(crate) name: String,
    /// The up script, below the folder, with `/`.
    pub(crate) up: String,
    /// The down script, where it has a file of its own.
    pub(crate) down: Option<String>,
    /// Whose rules it follows.
    pub(crate) layout: Layout,
    /// Whether it runs in a transaction, where a file beside it says so.
    pub(crate) transactional: Option<bool>,
    /// Whether `${...}` is a placeholder that the tool fills.
    pub(crate) placeholders: bool,
    /// When drizzle-kit made it, in a folder of its.
    pub(crate) drizzle: Option<drizzle::Made>,
    /// Whether it has no version, and is applied again whenever it changes.
    pub(crate) repeatable: bool,
}

/// What a layout makes of a folder. A file that is no migration and does not belong to one is in
/// `problems`: nothing is passed over.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The migrations, by scope, then version, then name; the repeatable ones of a scope at its end.
    pub(crate) found: Vec<Found>,
    /// The scopes that have a baseline.
    pub(crate) baselines: Vec<Scope>,
    /// Files that say how the scripts are to be read, and so travel with them.
    pub(crate) beside: Vec<String>,
    /// What is wrong with the folder and its names.
    pub(crate) problems: Vec<Problem>,
    /// Migrations that are there under a name which is in `problems`: they are not missing.
    pub(crate) misnamed: Vec<Found>,
}

/// What is asked for besides the folder itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The layout that is named; without one the files tell.
    pub(crate) layout: Option<Layout>,
    /// Files that are to be passed over, below the folder.
    pub(crate) ignored: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_layout_is_named_as_it_is_shown() {
        for layout in Layout::ALL {
            assert_eq!(layout.to_string().parse(), Ok(layout));
        }
        assert_eq!("river".parse(), Ok(Layout::GolangMigrate));
    }

    #[test]
    fn an_unknown_layout_is_told_its_nearest_name() {
        let error = |word: &str| word.parse::<Layout>().unwrap_err().to_string();
        assert_eq!(
            error("golang_migrat"),
            "unknown layout `golang_migrat`; did you mean `golang-migrate`?"
        );
        assert!(error("rails").contains("the layouts are `pgmig`, `sqlx`"));
    }
}
