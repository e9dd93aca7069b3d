//! What is no test by how it is written.

use pgmig::Uuid;
use sqlx::PgPool;

/// The migrations.
pub static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

#[pgmig::test]
fn not_async(pool: PgPool) {}

#[pgmig::test]
async unsafe fn more_than_async(pool: PgPool) {}

#[pgmig::test]
async fn without_an_argument() {}

#[pgmig::test]
async fn with_a_reference(pool: &PgPool) {}

#[pgmig::test]
async fn generic<T: Default>(pool: PgPool, tenant: Uuid) {}

#[pgmig::test]
#[tokio::test]
async fn a_test_twice(pool: PgPool) {}

#[pgmig::test(migration = MIGRATIONS)]
async fn unknown_option(pool: PgPool) {}

#[pgmig::test(migrations = MIGRATIONS, migrator = pgmig::Migrator::new(&MIGRATIONS))]
async fn two_sources(pool: PgPool) {}

#[pgmig::test(tenant = 3, threads = 0, threads = 1, crate = "pgmig", migrations)]
async fn wrong_values(pool: PgPool) {}

#[pgmig::test]
struct NoFunction;
