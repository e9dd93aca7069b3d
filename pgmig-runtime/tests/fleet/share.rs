//! What several processes do at once, and what goes through poolers and broken connections.

use std::time::Duration;

use pgmig_runtime::{Event, Finish};
use pgmig_testkit::{At, Direction, PgBouncer, Point, PrivateServer, TestDatabase};
use sqlx::Connection as _;
use sqlx::PgPool;

use super::support::{column, embed, execute, history};
use super::{NOTES, PINNED, REGISTRY, migrator, register, second, seen, tenants, versions};

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
async fn tenants_that_move_while_a_plan_is_made_make_no_other_skip_a_migration() {
    let third = (
        "tenant/003_colour.sql",
        "ALTER TABLE notes ADD COLUMN colour text;",
    );
    let newest = embed(&[REGISTRY, NOTES, PINNED, third]);
    for message in 0.. {
        let (db, proxy, seen) = seen().await;
        let pool = db.pool();
        let ids = tenants(&pool, 6).await;
        let at = At::Message(message);
        let direction = Direction::ToServer;
        let mut stop = proxy.stop_at(Point { direction, at });
        let run = tokio::spawn(async move { migrator(newest).parallel(1).setup(&seen).await });
        let stopped = tokio::select! {
            stopped = stop.reached() => stopped,
            () = async { while !run.is_finished() { tokio::time::sleep(Duration::from_millis(5)).await } } => false,
        };
        if stopped {
            // Another replica, of the release before, has most of them.
            for id in &ids[..5] {
                let moved = migrator(second()).claim_timeout(Duration::ZERO);
                let _ = moved.run_tenant(&pool, *id).await;
            }
        }
        stop.release();
        run.await.unwrap().unwrap();
        assert_eq!(versions(&pool).await, ["3 active 6"], "message {message}");
        assert_eq!(history(&pool).await.len(), 1 + 3 * 6, "message {message}");
        if !stopped {
            assert!(message > 5);
            break;
        }
    }
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
