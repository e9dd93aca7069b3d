//! PostgreSQL migrations, checked and embedded at compile time, for one schema or one schema per
//! tenant.

#[cfg(feature = "macros")]
pub use pgmig_macros::embed_migrations;
pub use pgmig_runtime::*;

pub mod build;
