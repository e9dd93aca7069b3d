//! One tenant: ensured, provisioned, dropped.

use std::time::Duration;

use pgmig_runtime::{Error, Retry};
use pgmig_testkit::TestDatabase;
use sqlx::Connection as _;
use uuid::Uuid;

use super::support::{column, embed, execute, queries};
use super::{REGISTRY, first, migrator, register, schema, second, seen, versions};

const LINKED: (&str, &str) = (
    "tenant/001_create_links.sql",
    "CREATE TABLE links (id int PRIMARY KEY, tenant uuid REFERENCES public.tenants, up int REFERENCES links);
     CREATE TABLE more (tenant uuid CONSTRAINT \"odd name\" REFERENCES public.tenants (id));",
);

#[tokio::test]
async fn a_hundred_first_touches_do_one_migration_and_later_ones_ask_nothing() {
    let (_db, proxy, pool) = seen().await;
    migrator(second()).run_public(&pool).await.unwrap();
    let migrator = migrator(second());
    let id = Uuid::new_v4();
    let touches: Vec<_> = (0..100)
        .map(|_| {
            let (migrator, pool) = (migrator.clone(), pool.clone());
            tokio::spawn(async move { migrator.ensure_tenant(&pool, id).await })
        })
        .collect();
    for touch in touches {
        touch.await.unwrap().unwrap();
    }
    let made = queries(&proxy);
    let made = made
        .iter()
        .filter(|query| query.contains("CREATE TABLE notes"));
    assert_eq!(made.count(), 1);
    migrator.ensure_tenant(&pool, id).await.unwrap();
    assert!(queries(&proxy).is_empty());
    // Another process looks once.
    super::migrator(second())
        .ensure_tenant(&pool, id)
        .await
        .unwrap();
    assert_eq!(queries(&proxy).len(), 1);
    assert_eq!(versions(&pool).await, ["2 active 1"]);
}

#[tokio::test]
async fn a_first_touch_that_fails_is_tried_again_by_the_next() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = migrator(first());
    let id = Uuid::new_v4();
    let error = migrator.ensure_tenant(&pool, id).await.unwrap_err();
    assert!(
        matches!(error, Error::PublicBehind { pending: 1 }),
        "{error}"
    );
    migrator.run_public(&pool).await.unwrap();
    migrator.ensure_tenant(&pool, id).await.unwrap();
    assert_eq!(versions(&pool).await, ["1 active 1"]);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_provisioned_is_recorded_as_failed() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    migrator(first()).run_public(&pool).await.unwrap();
    let id = Uuid::new_v4();
    let broken = embed(&[
        REGISTRY,
        (
            "tenant/001_create_notes.sql",
            "CREATE TABLE notes (id nothing);",
        ),
    ]);
    migrator(broken).provision(&pool, id).await.unwrap_err();
    let state =
        "SELECT state || ' ' || (error LIKE '%nothing%') FROM pgmig.target WHERE scope = 'tenant'";
    assert_eq!(column(&pool, state).await, ["failed true"]);
    let report = migrator(first()).provision(&pool, id).await.unwrap();
    assert!(report.created);
    assert_eq!(versions(&pool).await, ["1 active 1"]);
}

#[tokio::test]
async fn dropping_a_tenant_detaches_its_foreign_keys_first_and_leaves_nothing() {
    let (_db, proxy, pool) = seen().await;
    let migrator = migrator(embed(&[REGISTRY, LINKED]));
    migrator.run_public(&pool).await.unwrap();
    let ids = register(&pool, 2).await;
    migrator.setup(&pool).await.unwrap();
    queries(&proxy);

    let dropped = migrator.drop_tenant(&pool, ids[0]).await.unwrap();
    assert_eq!((dropped.existed, dropped.detached), (true, 2));
    let sent = queries(&proxy);
    let detach = sent
        .iter()
        .filter(|q| q.contains("DROP CONSTRAINT"))
        .count();
    assert_eq!(detach, 2);
    assert!(sent.last().unwrap().contains("DROP SCHEMA"));
    let left = format!(
        "SELECT schema FROM pgmig.target WHERE schema = '{0}' UNION ALL SELECT schema FROM pgmig.history WHERE schema = '{0}' \
         UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = '{0}'",
        schema(ids[0])
    );
    assert!(column(&pool, &left).await.is_empty());
    assert_eq!(versions(&pool).await, ["1 active 1"]);

    assert!(!migrator.drop_tenant(&pool, ids[0]).await.unwrap().existed);
    // It can be made anew.
    migrator.ensure_tenant(&pool, ids[0]).await.unwrap();
    assert_eq!(versions(&pool).await, ["1 active 2"]);
}

#[tokio::test]
async fn a_drop_that_was_interrupted_goes_on_and_nobody_migrates_the_tenant_meanwhile() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let old = migrator(embed(&[REGISTRY, LINKED]));
    old.run_public(&pool).await.unwrap();
    let ids = register(&pool, 2).await;
    old.setup(&pool).await.unwrap();
    // Somebody reads the registry in a long transaction: the foreign keys cannot be detached.
    let mut user = db.connect().await.unwrap();
    let mut transaction = user.begin().await.unwrap();
    sqlx::raw_sql("SELECT FROM tenants")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let impatient = old.clone().lock_timeout(Duration::from_millis(30)).retry(
        Retry::default()
            .attempts(2)
            .delay(Duration::from_millis(10)),
    );
    impatient.drop_tenant(&pool, ids[0]).await.unwrap_err();
    assert_eq!(versions(&pool).await, ["1 active 1", "1 dropping 1"]);

    let new = migrator(embed(&[
        REGISTRY,
        LINKED,
        ("tenant/002_x.sql", "CREATE TABLE x (id int);"),
    ]));
    let report = new.setup(&pool).await.unwrap().tenants;
    assert_eq!((report.migrated.len(), report.dropping.len()), (1, 1));
    let error = new.run_tenant(&pool, ids[0]).await.unwrap_err();
    assert!(matches!(error, Error::Dropping { .. }), "{error}");
    let error = new.ensure_tenant(&pool, ids[0]).await.unwrap_err();
    assert!(matches!(error, Error::Dropping { .. }), "{error}");

    transaction.rollback().await.unwrap();
    assert!(new.drop_tenant(&pool, ids[0]).await.unwrap().existed);
    assert_eq!(versions(&pool).await, ["2 active 1"]);
}

#[tokio::test]
async fn a_schema_that_pgmig_did_not_make_is_not_dropped() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let id = Uuid::new_v4();
    migrator(first()).run_public(&pool).await.unwrap();
    execute(&pool, &format!("CREATE SCHEMA {}", schema(id))).await;
    let error = migrator(first()).drop_tenant(&pool, id).await.unwrap_err();
    assert!(matches!(error, Error::NotInLedger { .. }), "{error}");
}

#[tokio::test]
async fn a_tenant_with_more_tables_than_a_transaction_should_lock_is_dropped_in_parts() {
    let (_db, proxy, pool) = seen().await;
    let tables: String = (0..120)
        .map(|n| format!("CREATE TABLE t{n} (id int);\n"))
        .collect();
    let many = embed(&[REGISTRY, ("tenant/001_tables.sql", &tables)]);
    let migrator = migrator(many);
    migrator.run_public(&pool).await.unwrap();
    let id = Uuid::new_v4();
    migrator.provision(&pool, id).await.unwrap();
    queries(&proxy);
    migrator.drop_tenant(&pool, id).await.unwrap();
    let parts = queries(&proxy)
        .iter()
        .filter(|q| q.contains("DROP TABLE"))
        .count();
    assert_eq!(parts, 2);
    assert!(versions(&pool).await.is_empty());
}
