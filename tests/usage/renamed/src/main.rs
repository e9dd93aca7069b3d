//! pgmig under another name, behind a module of the caller's.

#![deny(warnings, missing_docs)]

/// What this crate offers of its database.
pub mod database {
    pub use db as pgmig;
}

db::embed_migrations! { mod migrations, crate = crate::database::pgmig }

static MIGRATIONS: db::Migrations = db::embed_migrations!(crate = ::db);

/// Of the crate beside this one.
static BESIDE: db::Migrations = db::embed_migrations!("../strict/migrations", crate = ::db);

fn main() {
    assert_eq!(BESIDE.public()[0].path(), "../strict/migrations/public/001_create_users.sql");
    assert_eq!(MIGRATIONS.public().len(), migrations::Public::ALL.len());
}
