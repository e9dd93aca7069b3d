//! Many tenants at once, on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Error, Event, Finish, Migrations, Migrator, OnFailure, Requeue, Retry};
use pgmig_testkit::{PgBouncer, PrivateServer, Proxy, TestDatabase};
use sqlx::{Connection as _, PgPool};
use std::time::Duration;
use support::{column, embed, execute, history, queries};
use uuid::Uuid;

const REGISTRY: (&str, &str) = (
    "public/001_create_tenants.sql",
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true, place int);",
);
const NOTES: (&str, &str) = (
    "tenant/001_create_notes.sql",
    "CREATE TABLE notes (id int PRIMARY KEY, body text);",
);
const PINNED: (&str, &str) = (
    "tenant/002_add_pinned.sql",
    "ALTER TABLE notes ADD COLUMN pinned boolean;",
);
const IN_ORDER: &str = "SELECT id FROM tenants WHERE is_active ORDER BY place";

fn first() -> &'static Migrations {
    embed(&[REGISTRY, NOTES])
}

fn second() -> &'static Migrations {
    embed(&[REGISTRY, NOTES, PINNED])
}

fn migrator(migrations: &'static Migrations) -> Migrator {
    Migrator::new(migrations).tenants(IN_ORDER)
}

fn schema(tenant: Uuid) -> String {
    format!("tenant_{}", tenant.simple())
}

/// So many tenants at the first version.
async fn tenants(pool: &PgPool, count: usize) -> Vec<Uuid> {
    migrator(first()).run_public(pool).await.unwrap();
    let tenants = register(pool, count).await;
    let report = migrator(first()).setup(pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), count);
    tenants
}

async fn register(pool: &PgPool, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
    for (place, id) in ids.iter().enumerate() {
        execute(
            pool,
            &format!("INSERT INTO tenants VALUES ('{id}', true, {place})"),
        )
        .await;
    }
    ids
}

/// A fresh database behind a proxy that sees what is sent.
async fn seen() -> (TestDatabase, Proxy, PgPool) {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = PgPool::connect_lazy(proxy.url()).unwrap();
    (db, proxy, pool)
}

async fn versions(pool: &PgPool) -> Vec<String> {
    let query = "SELECT version || ' ' || state || ' ' || count(*) FROM pgmig.target WHERE scope = 'tenant' GROUP BY version, state ORDER BY 1";
    column(pool, query).await
}

#[tokio::test]
async fn a_fleet_with_nothing_to_do_is_one_round_trip() {
    let (_db, proxy, pool) = seen().await;
    tenants(&pool, 12).await;
    queries(&proxy);

    let report = migrator(first()).setup(&pool).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(report.public.is_noop() && report.tenants.is_noop());
    assert_eq!(report.tenants.listed, 12);

    let migrator = migrator(first());
    let report = migrator.run_tenants(&pool, pgmig_runtime::Tenants::Active);
    assert_eq!(report.await.unwrap().listed, 12);
    assert_eq!(queries(&proxy).len(), 1);
}

#[tokio::test]
async fn an_older_binary_finds_a_newer_fleet_in_one_round_trip_too() {
    let (_db, proxy, pool) = seen().await;
    tenants(&pool, 5).await;
    migrator(second()).setup(&pool).await.unwrap();
    queries(&proxy);

    let report = migrator(first()).setup(&pool).await.unwrap();
    assert_eq!(queries(&proxy).len(), 1);
    assert_eq!((report.tenants.listed, report.tenants.ahead), (5, 5));
    assert!(report.tenants.migrated.is_empty());
}

#[tokio::test]
async fn only_tenants_that_are_behind_are_touched_and_cheap_migrations_share_transactions() {
    let (_db, proxy, pool) = seen().await;
    let ids = tenants(&pool, 40).await;
    let migrator = migrator(second());
    let early = migrator.run_tenants(&pool, ids[..8].to_vec());
    assert_eq!(early.await.unwrap().migrated.len(), 8);
    queries(&proxy);

    let report = migrator.parallel(1).setup(&pool).await.unwrap();

    let touched: Vec<_> = report
        .tenants
        .migrated
        .iter()
        .map(|r| r.target.tenant.unwrap())
        .collect();
    assert_eq!(touched, ids[8..]);
    let applied = |r: &pgmig_runtime::Report| r.applied.len() == 1 && r.applied[0].version == "2";
    assert!(report.tenants.migrated.iter().all(applied));
    let writes = queries(&proxy)
        .iter()
        .filter(|q| q.contains("ADD COLUMN"))
        .count();
    assert!(writes < 16, "32 tenants took {writes} transactions");
    assert_eq!(versions(&pool).await, ["2 active 40"]);
    assert_eq!(history(&pool).await.len(), 81);
    let columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'pinned'";
    assert_eq!(column(&pool, columns).await, ["40"]);
}

#[tokio::test]
async fn one_connection_is_enough() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 6).await;
    let mut connection = db.connect().await.unwrap();
    let report = migrator(second()).setup(&mut connection).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 6);
    assert_eq!(versions(&pool).await, ["2 active 6"]);
}

#[tokio::test]
async fn tenants_do_not_run_against_a_public_that_is_behind() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 2).await;
    let newer = embed(&[
        REGISTRY,
        ("public/002_plans.sql", "CREATE TABLE plans (id int);"),
        NOTES,
        PINNED,
    ]);
    let error = migrator(newer)
        .run_tenants(&pool, ids.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::PublicBehind { pending: 1 }),
        "{error}"
    );
    assert_eq!(versions(&pool).await, ["1 active 2"]);
    migrator(newer).setup(&pool).await.unwrap();
    assert_eq!(versions(&pool).await, ["2 active 2"]);
}

#[tokio::test]
async fn only_the_guilty_of_a_batch_fails_and_the_next_run_tries_again() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 30).await;
    let guilty = schema(ids[17]);
    execute(
        &pool,
        &format!("ALTER TABLE {guilty}.notes ADD COLUMN pinned int"),
    )
    .await;

    let report = migrator(second()).parallel(2).setup(&pool).await.unwrap();
    let failed = &report.tenants.failed;
    assert_eq!((report.tenants.migrated.len(), failed.len()), (29, 1));
    assert_eq!(failed[0].target.schema, guilty);
    assert!(
        matches!(failed[0].error.as_deref(), Some(Error::Statement(e)) if e.sqlstate == "42701")
    );
    let recorded = "SELECT schema || ' ' || (error LIKE '%002_add_pinned.sql:1%') || ' ' || (since IS NOT NULL) FROM pgmig.target WHERE state = 'failed'";
    assert_eq!(
        column(&pool, recorded).await,
        [format!("{guilty} true true")]
    );
    assert_eq!(versions(&pool).await, ["1 failed 1", "2 active 29"]);

    execute(
        &pool,
        &format!("ALTER TABLE {guilty}.notes DROP COLUMN pinned"),
    )
    .await;
    let report = migrator(second()).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 1);
    assert_eq!(versions(&pool).await, ["2 active 30"]);
    let errors = column(
        &pool,
        "SELECT schema FROM pgmig.target WHERE error IS NOT NULL",
    )
    .await;
    assert!(errors.is_empty());
}

#[tokio::test]
async fn a_fresh_tenant_that_fails_is_recorded_and_made_by_the_next_run() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    migrator(first()).run_public(&pool).await.unwrap();
    register(&pool, 1).await;
    let broken = embed(&[
        REGISTRY,
        (
            "tenant/001_create_notes.sql",
            "CREATE TABLE notes (id nothing);",
        ),
    ]);
    let report = migrator(broken).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.failed.len(), 1);
    let state = "SELECT state || ' ' || length(head) FROM pgmig.target WHERE scope = 'tenant'";
    assert_eq!(column(&pool, state).await, ["failed 0"]);
    let report = migrator(first()).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 1);
    assert_eq!(versions(&pool).await, ["1 active 1"]);
}

#[tokio::test]
async fn a_migration_that_breaks_in_the_canary_changes_no_other_tenant() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 12).await;
    let bad = embed(&[
        REGISTRY,
        NOTES,
        (
            "tenant/002_bad.sql",
            "ALTER TABLE notes ADD COLUMN x nothing;",
        ),
    ]);
    let error = migrator(bad)
        .canary([ids[5], ids[9]])
        .setup(&pool)
        .await
        .unwrap_err();
    let Error::Fleet(error) = error else {
        panic!("{error}");
    };
    assert!(error.canary);
    assert!(!error.report.failed.is_empty());
    assert_eq!(error.report.failed.len() + error.report.left, 12);
    let touched = column(
        &pool,
        "SELECT tenant FROM pgmig.target WHERE state = 'failed'",
    )
    .await;
    let canary = [ids[5].to_string(), ids[9].to_string()];
    assert!(touched.iter().all(|id| canary.contains(id)), "{touched:?}");
    let report = migrator(second())
        .canary([ids[5]])
        .setup(&pool)
        .await
        .unwrap();
    assert_eq!(report.tenants.migrated.len(), 12);
}

#[tokio::test]
async fn the_run_stops_when_more_tenants_fail_than_the_budget_allows() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 20).await;
    let bad = embed(&[
        REGISTRY,
        NOTES,
        (
            "tenant/002_bad.sql",
            "ALTER TABLE notes ADD COLUMN x nothing;",
        ),
    ]);
    for (policy, allowed) in [(OnFailure::Stop, 0), (OnFailure::Continue { budget: 3 }, 3)] {
        let migrator = migrator(bad).parallel(1).on_failure(policy);
        let Error::Fleet(error) = migrator.setup(&pool).await.unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.report.failed.len(), allowed + 1);
        assert_eq!(error.report.left, 20 - allowed - 1);
    }
}

#[tokio::test]
async fn waves_begin_one_after_the_other() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 10).await;
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let migrator = migrator(second()).canary([ids[9]]).waves(2).events(sender);
    migrator.setup(&pool).await.unwrap();
    drop(migrator);
    let mut waves = Vec::new();
    let mut migrated = 0;
    while let Some(event) = events.recv().await {
        match event {
            Event::Wave { number, tenants } => waves.push((number, tenants, migrated)),
            Event::Migrated { .. } => migrated += 1,
            _ => {}
        }
    }
    assert_eq!(waves, [(0, 1, 0), (1, 2, 1), (2, 4, 3), (3, 3, 7)]);
    assert_eq!(migrated, 10);
}

#[tokio::test]
async fn a_tenant_whose_locks_cannot_be_had_is_tried_again_behind_the_others() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 8).await;
    let hot = schema(ids[0]);
    let mut user = db.connect().await.unwrap();
    let mut transaction = user.begin().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("LOCK TABLE {hot}.notes")))
        .execute(&mut *transaction)
        .await
        .unwrap();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let migrator = migrator(second())
        .parallel(2)
        .lock_timeout(Duration::from_millis(50))
        .retry(
            Retry::default()
                .attempts(100)
                .delay(Duration::from_millis(20)),
        )
        .events(sender);
    let watched = pool.clone();
    let run = tokio::spawn(async move { migrator.setup(&watched).await });
    let (mut requeued, mut done) = (0, Vec::new());
    // The lock is held until all others are done.
    while done.len() < 7 || requeued == 0 {
        match events.recv().await.unwrap() {
            Event::Requeued { target, reason } => {
                assert_eq!((target.schema, reason), (hot.clone(), Requeue::Locked));
                requeued += 1;
            }
            Event::Migrated { target, .. } => done.push(target.schema),
            _ => {}
        }
    }
    assert!(!done.contains(&hot));
    transaction.rollback().await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.tenants.migrated.len(), 8);
}

#[tokio::test]
async fn a_tenant_that_stays_locked_fails_with_who_is_in_the_way() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 3).await;
    let hot = schema(ids[1]);
    let mut user = db.connect().await.unwrap();
    let mut transaction = user.begin().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("LOCK TABLE {hot}.notes")))
        .execute(&mut *transaction)
        .await
        .unwrap();
    let report = migrator(second())
        .lock_timeout(Duration::from_millis(50))
        .retry(
            Retry::default()
                .attempts(2)
                .delay(Duration::from_millis(10)),
        )
        .setup(&pool)
        .await
        .unwrap();
    let failed = &report.tenants.failed;
    assert_eq!((report.tenants.migrated.len(), failed.len()), (2, 1));
    assert!(
        failed[0].message.contains("LOCK TABLE"),
        "{}",
        failed[0].message
    );
    assert!(matches!(
        failed[0].error.as_deref(),
        Some(Error::Blocked(_))
    ));
}

#[tokio::test]
async fn replicas_share_one_run_and_all_return_when_it_is_done() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 60).await;
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let pool = db.pool();
            tokio::spawn(async move { migrator(second()).parallel(2).setup(&pool).await })
        })
        .collect();
    let mut migrated = 0;
    for run in runs {
        let report = run.await.unwrap().unwrap();
        assert!(
            report.tenants.failed.is_empty(),
            "{:?}",
            report.tenants.failed
        );
        migrated += report.tenants.migrated.len();
        assert_eq!(report.tenants.left, 0);
    }
    assert_eq!(migrated, 60);
    assert_eq!(versions(&pool).await, ["2 active 60"]);
    assert_eq!(history(&pool).await.len(), 121);
}

#[tokio::test]
async fn replicas_that_boot_on_an_empty_database_make_each_tenant_once() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(
        &pool,
        "CREATE TABLE tenants (id uuid, is_active boolean, place int)",
    )
    .await;
    register(&pool, 16).await;
    let both = embed(&[
        ("public/001_plans.sql", "CREATE TABLE plans (id int);"),
        NOTES,
        PINNED,
    ]);
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let pool = db.pool();
            tokio::spawn(async move { migrator(both).parallel(2).setup(&pool).await })
        })
        .collect();
    let mut migrated = 0;
    for run in runs {
        migrated += run.await.unwrap().unwrap().tenants.migrated.len();
    }
    assert_eq!(migrated, 16);
    assert_eq!(versions(&pool).await, ["2 active 16"]);
    assert_eq!(history(&pool).await.len(), 33);
}

#[tokio::test]
async fn a_run_may_return_when_its_own_share_is_done() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 4).await;
    let mut other = db.connect().await.unwrap();
    let mut claim = other.begin().await.unwrap();
    let lock = format!(
        "SELECT FROM pgmig.target WHERE tenant = '{}' FOR UPDATE",
        ids[2]
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock))
        .execute(&mut *claim)
        .await
        .unwrap();
    let report = migrator(second())
        .finish(Finish::Share)
        .setup(&pool)
        .await
        .unwrap();
    assert_eq!((report.tenants.migrated.len(), report.tenants.left), (3, 1));
    claim.rollback().await.unwrap();
}

#[tokio::test]
async fn tenants_that_are_not_as_they_should_be_are_reported() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 5).await;
    execute(&pool, &format!("DROP SCHEMA {} CASCADE", schema(ids[0]))).await;
    execute(
        &pool,
        &format!("DELETE FROM tenants WHERE id = '{}'", ids[1]),
    )
    .await;
    let rename = format!(
        "ALTER SCHEMA {old} RENAME TO elsewhere; UPDATE pgmig.target SET schema = 'elsewhere' WHERE schema = '{old}'",
        old = schema(ids[2])
    );
    execute(&pool, &rename).await;
    let report = migrator(second()).setup(&pool).await.unwrap().tenants;
    assert_eq!(report.listed, 4);
    assert_eq!(report.gone[0].schema, schema(ids[0]));
    assert_eq!(report.unlisted[0].schema, schema(ids[1]));
    assert_eq!(
        (report.moved[0].tenant, report.moved[0].recorded.as_str()),
        (ids[2], "elsewhere")
    );
    assert_eq!(report.migrated.len(), 2);
    // Also when nothing is to do.
    let report = migrator(second()).setup(&pool).await.unwrap().tenants;
    assert_eq!(
        (report.gone.len(), report.unlisted.len(), report.moved.len()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_tenants_query_may_end_as_people_write_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 2).await;
    for query in [
        "SELECT id, is_active FROM tenants; ",
        "WITH t AS (SELECT * FROM tenants) SELECT id FROM t -- all",
        "SELECT id::text FROM tenants UNION ALL SELECT id::text FROM tenants",
    ] {
        let report = Migrator::new(second())
            .tenants(query)
            .setup(&pool)
            .await
            .unwrap();
        assert!(report.tenants.failed.is_empty(), "{query}");
    }
    assert_eq!(versions(&pool).await, ["2 active 2"]);
    for (query, why) in [
        ("SELECT 'x'", "x is not a UUID"),
        ("SELECT NULL", "NULL is not a UUID"),
        ("SELECT nothing", "nothing"),
    ] {
        let error = Migrator::new(second())
            .tenants(query)
            .setup(&pool)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Tenants { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

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
    self::migrator(second())
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

const LINKED: (&str, &str) = (
    "tenant/001_create_links.sql",
    "CREATE TABLE links (id int PRIMARY KEY, tenant uuid REFERENCES public.tenants, up int REFERENCES links);
     CREATE TABLE more (tenant uuid CONSTRAINT \"odd name\" REFERENCES public.tenants (id));",
);

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

#[tokio::test]
async fn where_the_fleet_stands_is_one_query() {
    let (_db, proxy, pool) = seen().await;
    let ids = tenants(&pool, 6).await;
    let new = migrator(second());
    new.run_tenants(&pool, ids[..3].to_vec()).await.unwrap();
    execute(
        &pool,
        &format!("ALTER TABLE {}.notes ADD COLUMN pinned int", schema(ids[3])),
    )
    .await;
    new.run_tenants(&pool, ids[3..4].to_vec()).await.unwrap();
    execute(&pool, &format!("DROP SCHEMA {} CASCADE", schema(ids[5]))).await;
    execute(
        &pool,
        &format!(
            "UPDATE tenants SET is_active = false WHERE id = '{}'",
            ids[0]
        ),
    )
    .await;
    register(&pool, 1).await;
    queries(&proxy);

    let status = new.fleet_status(&pool).await.unwrap();
    assert_eq!(queries(&proxy).len(), 1);
    let versions: Vec<_> = status
        .versions
        .iter()
        .map(|v| (v.version.as_deref(), v.tenants))
        .collect();
    assert_eq!(versions, [(None, 1), (Some("1"), 3), (Some("2"), 3)]);
    use pgmig_runtime::TenantState as S;
    let count = |state| status.in_state(state).count();
    assert_eq!(
        [S::UpToDate, S::Behind, S::Failed, S::Gone, S::New].map(count),
        [3, 1, 1, 1, 1]
    );
    let failed = status.in_state(S::Failed).next().unwrap();
    assert_eq!(failed.tenant, ids[3]);
    assert!(failed.error.as_deref().unwrap().contains("already exists"));
    assert!(failed.seconds.unwrap() < 600);
    assert_eq!(
        status
            .tenants
            .iter()
            .filter(|tenant| !tenant.listed)
            .count(),
        1
    );
    assert_eq!(
        (status.public.as_deref(), status.newest),
        (Some("1"), Some("2"))
    );
}

#[tokio::test]
async fn the_status_of_a_fleet_that_is_not_there_yet_is_empty() {
    let db = TestDatabase::create().await.unwrap();
    let status = migrator(first()).fleet_status(&db.pool()).await.unwrap();
    assert!(status.tenants.is_empty() && status.public.is_none());
}

#[tokio::test]
async fn a_small_lock_table_is_never_full() {
    let server = PrivateServer::start(&[
        ("max_locks_per_transaction", "10"),
        ("max_connections", "30"),
    ])
    .unwrap();
    let db = TestDatabase::create_on(server.server()).await.unwrap();
    let pool = db.pool();
    let tables: String = (0..12)
        .map(|n| format!("CREATE TABLE t{n} (id int);"))
        .collect();
    let columns: String = (0..12)
        .map(|n| format!("ALTER TABLE t{n} ADD COLUMN x int;"))
        .collect();
    let old = [REGISTRY, ("tenant/001_tables.sql", tables.as_str())];
    migrator(embed(&old)).run_public(&pool).await.unwrap();
    register(&pool, 80).await;
    migrator(embed(&old))
        .parallel(2)
        .setup(&pool)
        .await
        .unwrap();

    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let new = migrator(embed(&[
        old[0],
        old[1],
        ("tenant/002_columns.sql", columns.as_str()),
    ]));
    let report = new.parallel(2).events(sender).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 80);
    let mut failures = Vec::new();
    while let Ok(event) = events.try_recv() {
        failures.extend(matches!(event, Event::Failed { .. }).then_some(event));
    }
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(versions(&pool).await, ["2 active 80"]);
}

#[tokio::test]
async fn a_fleet_is_migrated_through_a_pooler() {
    let db = TestDatabase::create().await.unwrap();
    tenants(&db.pool(), 20).await;
    let pooler = PgBouncer::start(&db, 2).unwrap();
    let pool = PgPool::connect_lazy(pooler.url()).unwrap();
    let fresh = register(&db.pool(), 24).await;
    assert_eq!(fresh.len(), 24);
    let report = migrator(second()).parallel(4).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 44);
    assert_eq!(versions(&db.pool()).await, ["2 active 44"]);
    let dropped = migrator(second())
        .drop_tenant(&pool, fresh[0])
        .await
        .unwrap();
    assert!(dropped.existed);
}

#[tokio::test]
async fn connections_that_are_cut_in_the_middle_of_a_run_cost_nothing() {
    let (_db, proxy, pool) = seen().await;
    tenants(&pool, 40).await;
    let run = {
        let pool = pool.clone();
        tokio::spawn(async move {
            migrator(second())
                .parallel(2)
                .batch_limit(4)
                .setup(&pool)
                .await
        })
    };
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        proxy.cut();
    }
    let report = run.await.unwrap().unwrap();
    assert!(
        report.tenants.failed.is_empty(),
        "{:?}",
        report.tenants.failed
    );
    assert_eq!(versions(&pool).await, ["2 active 40"]);
    let rows = "SELECT count(*) || ' ' || count(DISTINCT (schema, version)) FROM pgmig.history WHERE scope = 'tenant'";
    assert_eq!(column(&pool, rows).await, ["80 80"]);
}
