//! Applies embedded migrations: a migration list and a connection become a migrated schema.
//!
//! No parser: every fact about a statement was computed when the migrations were embedded.

mod embedded;

pub use embedded::{
    Checksum, Head, Migration, Migrations, Object, Probe, Scope, Script, Statement, Version,
};

/// What `embed_migrations!` writes. The module's name carries the exact version, so that a macro
/// and a runtime that do not fit fail to build instead of misunderstanding each other.
#[doc(hidden)]
pub mod __private_0_1_0 {
    pub use crate::embedded::{
        DrizzleEntry, Migration, MigrationParts, Migrations, MigrationsParts, Object, Probe, Scope,
        ScriptParts, StatementParts, Version,
    };
    pub use include_dir::{Dir, DirEntry, File};
}
