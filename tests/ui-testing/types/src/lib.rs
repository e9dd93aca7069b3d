//! What is no test by its types.

use pgmig::Uuid;
use sqlx::PgPool;

/// The migrations.
pub static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

#[pgmig::test]
async fn an_argument_that_is_unknown(pool: PgPool, name: String) {
    let _ = (pool, name);
}

#[pgmig::test]
async fn a_result_that_is_unknown(tenant: Uuid) -> Uuid {
    tenant
}

#[pgmig::test(migrations = 3)]
async fn a_list_that_is_none(pool: PgPool) {
    let _ = pool;
}
