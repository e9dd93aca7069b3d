//! How many messages each thing takes, as a proxy counts them: what a benchmark would only show as
//! time, and time of this machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Migrations, Migrator};
use pgmig_testkit::{Direction, Proxy, TestDatabase};
use sqlx::PgPool;
use support::{column, embed, execute, queries};
use uuid::Uuid;

const REGISTRY: &str =
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);";

/// So many migrations of a scope.
fn history(scope: &str, count: usize) -> Vec<(String, String)> {
    let path = |n: usize| format!("{scope}/{n:04}_step_{n}.sql");
    (1..=count)
        .map(|n| (path(n), format!("CREATE TABLE t{n} (id int);")))
        .collect()
}

fn embedded(files: &[(String, String)]) -> &'static Migrations {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    embed(&files)
}

fn public(count: usize) -> &'static Migrations {
    embedded(&history("public", count))
}

fn tenant(count: usize) -> &'static Migrations {
    let mut files = history("tenant", count);
    files.push(("public/0001_create_tenants.sql".into(), REGISTRY.into()));
    embedded(&files)
}

async fn behind_proxy() -> (TestDatabase, Proxy, PgPool) {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = PgPool::connect(proxy.url()).await.unwrap();
    proxy.reset();
    (db, proxy, pool)
}

#[tokio::test]
async fn a_boot_with_nothing_to_do_is_one_round_trip_whatever_the_number_of_migrations() {
    for count in [10, 1000] {
        let (_db, proxy, pool) = behind_proxy().await;
        let migrator = Migrator::new(public(count));
        migrator.run_public(&pool).await.unwrap();
        proxy.reset();
        let report = migrator.run_public(&pool).await.unwrap();
        assert!(report.is_noop());
        let sent = queries(&proxy);
        assert_eq!(sent.len(), 1, "{count}: {sent:#?}");
    }
}

#[tokio::test]
async fn a_boot_with_nothing_to_do_is_one_round_trip_whatever_the_number_of_tenants() {
    let (db, proxy, pool) = behind_proxy().await;
    let migrator = Migrator::new(tenant(2));
    migrator.run_public(&pool).await.unwrap();
    execute(&db.pool(), "INSERT INTO tenants VALUES (gen_random_uuid())").await;
    migrator.setup(&pool).await.unwrap();
    for tenants in [1, 1000] {
        copy_tenants(&db.pool(), tenants - 1).await;
        proxy.reset();
        let report = migrator.setup(&pool).await.unwrap();
        assert_eq!(report.tenants.listed, tenants);
        assert!(report.public.is_noop() && report.tenants.is_noop());
        // Nobody who is up to date travels.
        let bytes = proxy.bytes(Direction::ToClient);
        assert!(bytes < 4000, "{tenants}: {bytes}");
        let sent = queries(&proxy);
        assert_eq!(sent.len(), 1, "{tenants}: {sent:#?}");
    }
}

/// More tenants like the one that there is, as far as the ledger goes.
async fn copy_tenants(pool: &PgPool, count: usize) {
    let sql = format!(
        "CREATE TABLE fresh AS SELECT gen_random_uuid() AS id FROM generate_series(1, {count});
         INSERT INTO tenants SELECT id FROM fresh;
         DO $$ DECLARE one uuid; BEGIN
           FOR one IN SELECT id FROM fresh LOOP
             EXECUTE 'CREATE SCHEMA tenant_' || replace(one::text, '-', '');
           END LOOP;
         END $$;
         INSERT INTO pgmig.target (schema, scope, tenant, head, version, state, since, updated_at)
           SELECT 'tenant_' || replace(f.id::text, '-', ''), 'tenant', f.id, t.head, t.version, t.state, t.since, t.updated_at
           FROM fresh f, (SELECT * FROM pgmig.target WHERE scope = 'tenant' LIMIT 1) t;
         DROP TABLE fresh;"
    );
    execute(pool, &sql).await;
}

#[tokio::test]
async fn a_first_run_takes_as_many_messages_for_a_hundred_migrations_as_for_one() {
    for count in [1, 100] {
        let (_db, proxy, pool) = behind_proxy().await;
        let migrator = Migrator::new(public(count));
        let report = migrator.run_public(&pool).await.unwrap();
        assert_eq!(report.applied.len(), count);
        // No ledger; make it; nothing in it; what is there besides, and of other tools; apply.
        let sent = queries(&proxy);
        assert_eq!(sent.len(), 6, "{count}: {sent:#?}");
        assert_eq!(sent[5].matches("INSERT INTO \"pgmig\".history").count(), 1);
    }
}

#[tokio::test]
async fn what_a_first_run_hears_back_grows_with_its_migrations_and_not_with_their_square() {
    let mut heard = Vec::new();
    for count in [50, 500] {
        let (_db, proxy, pool) = behind_proxy().await;
        let migrator = Migrator::new(public(count));
        let report = migrator.run_public(&pool).await.unwrap();
        assert_eq!(report.applied.len(), count);
        heard.push(proxy.bytes(Direction::ToClient));
    }
    assert!(heard[1] < 10 * heard[0], "{heard:?}");
}

#[tokio::test]
async fn a_new_tenant_takes_three_messages_and_an_existing_one_a_message_a_migration() {
    let (_db, proxy, pool) = behind_proxy().await;
    let (before, after) = (Migrator::new(tenant(20)), Migrator::new(tenant(23)));
    before.run_public(&pool).await.unwrap();
    let id = Uuid::new_v4();
    proxy.reset();
    before.run_tenant(&pool, id).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 3, "{sent:#?}");
    after.run_tenant(&pool, id).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 2 + 3, "{sent:#?}");
}

#[tokio::test]
async fn a_migration_of_many_tenants_takes_one_message_a_transaction_and_no_tenant_its_own() {
    let (db, proxy, pool) = behind_proxy().await;
    let tenants = 60;
    let before = Migrator::new(tenant(2));
    before.run_public(&pool).await.unwrap();
    let register =
        format!("INSERT INTO tenants SELECT gen_random_uuid() FROM generate_series(1, {tenants})");
    execute(&db.pool(), &register).await;
    before.setup(&pool).await.unwrap();
    proxy.reset();

    let report = Migrator::new(tenant(3))
        .parallel(1)
        .setup(&pool)
        .await
        .unwrap();
    assert_eq!(report.tenants.migrated.len(), tenants);
    let transactions = "SELECT count(DISTINCT xmin::text) FROM pgmig.history WHERE version = '3'";
    let transactions: usize = column(&db.pool(), transactions).await[0].parse().unwrap();
    assert!(transactions < tenants, "{transactions}");
    let sent = queries(&proxy);
    // The survey, and two looks to plan once for all; then the batches.
    assert_eq!(sent.len(), 3 + transactions, "{sent:#?}");
    let records = |sql: &String| sql.matches("INSERT INTO \"pgmig\".history").count();
    assert_eq!(sent.iter().map(records).sum::<usize>(), transactions);
}
