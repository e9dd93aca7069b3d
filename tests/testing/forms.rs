//! What a test can take, return and say.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use pgmig::testing::{Server, TestDb};
use pgmig::{Migrator, Uuid};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres};

const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE schemaname = ";

async fn tables(pool: &PgPool, schema: &str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("{TABLES}'{schema}'"));
    sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
}

async fn schemas(pool: &PgPool) -> i64 {
    let count = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant%'";
    sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
}

#[pgmig::test]
async fn a_pool_is_on_a_migrated_database_without_tenants(pool: PgPool) {
    assert_eq!(tables(&pool, "public").await, 5);
    assert_eq!(schemas(&pool).await, 0);
}

#[pgmig::test]
async fn a_tenant_that_is_asked_for_has_its_schema(tenant: Uuid, pool: PgPool) -> sqlx::Result<()> {
    let schema = Migrator::new(&crate::MIGRATIONS).schema_of(tenant).unwrap();
    assert_eq!(tables(&pool, &schema).await, 6);
    Ok(())
}

#[pgmig::test(tenant)]
async fn a_tenant_can_be_had_without_asking_for_its_id(db: TestDb) {
    let tenant = db.tenant().unwrap();
    let invoices = "INSERT INTO customers (name) VALUES ('Ada') RETURNING id";
    let pool = db.tenant_pool(tenant);
    sqlx::query(invoices).fetch_one(&pool).await.unwrap();
    assert_ne!(db.new_tenant().await.unwrap(), tenant);
    assert_eq!(schemas(db.pool()).await, 2);
}

#[pgmig::test]
async fn a_connection_and_options_are_handed_too(
    mut connection: PoolConnection<Postgres>,
    options: PgConnectOptions,
    pool: PgPoolOptions,
) -> Result<(), sqlx::Error> {
    let name = "SELECT current_database()::text";
    let one: String = sqlx::query_scalar(name).fetch_one(&mut *connection).await?;
    let pool = pool.connect_with(options).await?;
    let other: String = sqlx::query_scalar(name).fetch_one(&pool).await?;
    assert_eq!(one, other);
    Ok(())
}

#[pgmig::test(migrations = pgmig::embed_migrations!("migrations"))]
async fn a_list_can_be_embedded_for_the_test_alone(pool: PgPool) -> ExitCode {
    assert_eq!(tables(&pool, "public").await, 5);
    ExitCode::SUCCESS
}

fn migrator() -> Migrator {
    Migrator::new(&crate::MIGRATIONS)
        .ledger_schema("books")
        .tenant_schema(|id| format!("{id} \"of\" ours"))
}

#[pgmig::test(migrator = migrator())]
async fn a_migrator_brings_its_settings(db: TestDb, tenant: Uuid) {
    assert!(tables(db.pool(), "books").await > 0);
    let there = "SELECT count(*) FROM customers";
    let customers: i64 = sqlx::query_scalar(there)
        .fetch_one(&db.tenant_pool(tenant))
        .await
        .unwrap();
    assert_eq!(customers, 0);
    assert_eq!(tables(db.pool(), &format!("{tenant} \"of\" ours")).await, 6);
}

#[pgmig::test(threads = 2)]
async fn a_test_may_block_where_it_has_threads(pool: PgPool) {
    let found = tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(tables(&pool, "public"))
    });
    assert_eq!(found, 5);
}

#[pgmig::test]
#[should_panic(expected = "42P01")]
async fn a_test_may_be_one_that_panics(pool: PgPool) {
    let error = sqlx::query("SELECT FROM nowhere").execute(&pool).await;
    let error = error.unwrap_err();
    panic!("{}", error.as_database_error().unwrap().code().unwrap());
}

#[pgmig::test]
#[cfg(any())]
async fn what_is_configured_out_does_not_even_compile(nothing: Nothing) {}

static NOTES: AtomicUsize = AtomicUsize::new(0);

async fn writes_alone(pool: PgPool) {
    let insert = "INSERT INTO tenants (name, subdomain) VALUES ('Acme', 'acme')";
    sqlx::query(insert).execute(&pool).await.unwrap();
    let count = "SELECT count(*) FROM tenants";
    let tenants: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
    assert_eq!(tenants, 1);
    NOTES.fetch_add(1, Ordering::Relaxed);
}

#[pgmig::test]
async fn what_one_test_writes_no_other_sees(pool: PgPool) {
    for _ in 0..4 {
        let db = TestDb::create(&Migrator::new(&crate::MIGRATIONS)).await;
        writes_alone(db.unwrap().pool().clone()).await;
    }
    writes_alone(pool).await;
    assert_eq!(NOTES.load(Ordering::Relaxed), 5);
}

/// When the first migration was applied: a clone has it from its template.
async fn applied(db: &TestDb) -> String {
    let when =
        "SELECT finished_at::text FROM pgmig.history WHERE schema = 'public' AND version = '1'";
    sqlx::query_scalar(when).fetch_one(db.pool()).await.unwrap()
}

#[tokio::test]
async fn migrations_are_applied_once_for_a_list_and_again_for_another() {
    let one = Migrator::new(&crate::MIGRATIONS);
    let (first, second) = (
        TestDb::create(&one).await.unwrap(),
        TestDb::create(&one).await.unwrap(),
    );
    assert_ne!(first.url(), second.url());
    assert_eq!(applied(&first).await, applied(&second).await);

    static OTHER: pgmig::Migrations = pgmig::embed_migrations!("tests/faults/migrations/after");
    let other = Migrator::new(&OTHER);
    assert_ne!(one.digest(), other.digest());
    let other = TestDb::create(&other).await.unwrap();
    assert_ne!(applied(&first).await, applied(&other).await);
}

#[tokio::test]
async fn a_database_is_ready_a_boot_has_nothing_to_do() {
    let migrator = Migrator::new(&crate::MIGRATIONS);
    let db = TestDb::create_with_tenant(&migrator).await.unwrap();
    assert!(migrator.run_public(db.pool()).await.unwrap().is_noop());
    let tenant = db.tenant().unwrap();
    assert!(
        migrator
            .run_tenant(db.pool(), tenant)
            .await
            .unwrap()
            .is_noop()
    );
    assert!(Server::get().await.unwrap().major() >= 13);
}
