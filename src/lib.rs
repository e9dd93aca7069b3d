//! PostgreSQL migrations, checked and embedded at compile time, for one schema or one schema per
//! tenant.

/// The database commands, for an app's own command line.
#[cfg(feature = "cli")]
pub use pgmig_cli as cli;
#[cfg(feature = "macros")]
pub use pgmig_macros::embed_migrations;
pub use pgmig_runtime::*;

pub mod build;
