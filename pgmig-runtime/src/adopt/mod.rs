//! Databases, taken over: what another tool recorded as applied becomes a part of the ledger.
//!
//! The tool's own table is read and checked as far as it can be, and left as it was.

mod at;
mod check;
mod dbmate;
mod diesel;
mod drizzle;
mod error;
mod flyway;
mod golang_migrate;
mod goose;
mod prisma;
mod refinery;
mod run;
mod sea_orm;
mod source;
mod sqlx;
mod take;

use std::fmt;

pub use error::{AdoptionError, Misfit};
pub(crate) use run::recorded;
use source::Source;
pub(crate) use take::Adopted;
use take::Found;

/// A tool whose record of applied migrations can be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Tool {
    /// `_sqlx_migrations`; checksums are compared.
    Sqlx,
    /// `refinery_schema_history`; checksums are compared.
    Refinery,
    /// `__diesel_schema_migrations`: versions alone.
    Diesel,
    /// `seaql_migrations`: names alone.
    SeaOrm,
    /// `schema_migrations` with a column `dirty`: the newest version alone.
    GolangMigrate,
    /// `goose_db_version`: versions alone.
    Goose,
    /// `schema_migrations`: versions alone.
    Dbmate,
    /// `_prisma_migrations`; checksums are compared.
    Prisma,
    /// `flyway_schema_history`; checksums are compared.
    Flyway,
    /// `drizzle.__drizzle_migrations`; hashes are compared.
    Drizzle,
}

impl Tool {
    /// All tools.
    pub const ALL: [Tool; 10] = [
        Tool::Sqlx,
        Tool::Refinery,
        Tool::Diesel,
        Tool::SeaOrm,
        Tool::GolangMigrate,
        Tool::Goose,
        Tool::Dbmate,
        Tool::Prisma,
        Tool::Flyway,
        Tool::Drizzle,
    ];

    /// Its name, as the ledger spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tool::Sqlx => "sqlx",
            Tool::Refinery => "refinery",
            Tool::Diesel => "diesel",
            Tool::SeaOrm => "sea-orm",
            Tool::GolangMigrate => "golang-migrate",
            Tool::Goose => "goose",
            Tool::Dbmate => "dbmate",
            Tool::Prisma => "prisma",
            Tool::Flyway => "flyway",
            Tool::Drizzle => "drizzle",
        }
    }

    /// Its table, and the schema where that is not the one that is migrated.
    pub(crate) fn table(self) -> (Option<&'static str>, &'static str) {
        match self {
            Tool::Sqlx => (None, "_sqlx_migrations"),
            Tool::Refinery => (None, "refinery_schema_history"),
            Tool::Diesel => (None, "__diesel_schema_migrations"),
            Tool::SeaOrm => (None, "seaql_migrations"),
            Tool::GolangMigrate | Tool::Dbmate => (None, "schema_migrations"),
            Tool::Goose => (None, "goose_db_version"),
            Tool::Prisma => (None, "_prisma_migrations"),
            Tool::Flyway => (None, "flyway_schema_history"),
            Tool::Drizzle => (Some("drizzle"), "__drizzle_migrations"),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to do about migrations that another tool has applied to a schema, at the first run against
/// that schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adopt {
    /// Refuse to run where a tool has recorded any: whoever forgets to say what is meant would have
    /// everything run again. What Drizzle recorded of a folder that is Drizzle's is taken over.
    #[default]
    Refuse,
    /// Take over what is recorded, whichever tool it was.
    Any,
    /// Take over what this tool recorded.
    From(Tool),
    /// Take over what this tool recorded in a table of another name: `history`, `audit.history`.
    FromTable(Tool, String),
    /// Pass over what other tools recorded: their migrations are not those of this folder.
    Nothing,
}

impl From<Tool> for Adopt {
    fn from(tool: Tool) -> Self {
        Adopt::From(tool)
    }
}
