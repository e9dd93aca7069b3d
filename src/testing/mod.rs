//! Databases for an app's tests, migrated: one of its own for each test.
//!
//! ```no_run
//! # static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
//! # mod docs { use super::MIGRATIONS; // `crate::MIGRATIONS` of a doctest
//! use pgmig::Uuid;
//! use sqlx::PgPool;
//!
//! #[pgmig::test(migrations = MIGRATIONS)]
//! async fn a_new_tenant_has_no_invoices(pool: PgPool, tenant: Uuid) -> sqlx::Result<()> {
//!     let schema = format!("tenant_{}", tenant.simple());
//!     let count = format!("SELECT count(*) FROM {schema}.invoices");
//!     let invoices: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&pool).await?;
//!     assert_eq!(invoices, 0);
//!     Ok(())
//! }
//! # } fn main() {}
//! ```
//!
//! [`test`](macro@crate::test) is the attribute. Whoever likes none calls [`TestDb::create`] in a
//! test of any kind:
//!
//! ```no_run
//! # static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! use pgmig::testing::TestDb;
//!
//! let db = TestDb::create(&pgmig::Migrator::new(&MIGRATIONS)).await?;
//! sqlx::query("DELETE FROM sessions").execute(db.pool()).await?;
//! # Ok(()) } // here the database is dropped, also by a panic
//! ```
//!
//! # Where the server comes from
//!
//! From `DATABASE_URL`, if it is set: a server whose role has `CREATEDB`. The database that it names is
//! left alone. Otherwise from the PostgreSQL binaries on this machine, or from ones that are fetched
//! once: one server for all test processes, started in about 0.1 s and stopped after the last of them
//! ([`pgmig_testkit`]).
//!
//! # What it costs
//!
//! The migrations are applied once, to a template database; each test gets a clone of it. The template
//! is kept for as long as a test used it within a week, and is found again by [`Migrator::digest`](crate::Migrator::digest): one
//! changed checksum, and there is another one. What is no part of a database is not cloned: settings by
//! `ALTER DATABASE`, and roles.
//!
//! Measured with the migrations of the reference app (`public` and a tenant, 11 migrations, 11 tables),
//! PostgreSQL 15 on 2 cores with nothing else to do, the two ways in turns; seconds for so
//! many tests, of which the first makes the template
//! (`cargo test --features test --test testing -- --ignored --nocapture hundred`):
//!
//! | tests | each migrated anew | cloned |
//! |---:|---:|---:|
//! | 1 | 0.18 | 0.27 |
//! | 2 | 0.29 | 0.37 |
//! | 3 | 0.40 | 0.44 |
//! | 10 | 1.28 | 0.93 |
//! | 50 | 7.27 | 4.70 |
//! | 100 | 13.79 | 8.58 |
//!
//! # What is left behind
//!
//! Nothing: a database is dropped when its test is over, by a panic too. Two exceptions:
//!
//! - A test that failed, on the server of `DATABASE_URL`: its database is kept, and its URL is printed.
//! - A test that was killed: what it left is dropped by a later run, an hour or more afterwards.

mod argument;
mod db;
mod run;

pub use argument::Argument;
pub use db::TestDb;
pub use pgmig_testkit::{Error, Server};
pub use run::Outcome;
#[doc(hidden)]
pub use run::{Setup, run};
