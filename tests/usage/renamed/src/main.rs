//! pgmig under another name, behind a module of the caller's.

#![deny(warnings, missing_docs)]

/// What this crate offers of its database.
pub mod database {
    pub use db as pgmig;
}

db::embed_migrations! { mod migrations, crate = crate::database::pgmig }

static MIGRATIONS: db::Migrations = db::embed_migrations!(crate = ::db);

fn main() {
    assert_eq!(MIGRATIONS.public().len(), migrations::Public::ALL.len());
}
