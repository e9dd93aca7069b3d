//! A test in a crate that has no list where one is looked for.

use sqlx::PgPool;

#[pgmig::test]
async fn without_a_list(pool: PgPool) {
    let _ = pool;
}
