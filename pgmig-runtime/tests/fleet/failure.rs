//! Tenants that fail, canaries, waves, and tenants that are locked.

use std::time::Duration;

use pgmig_runtime::{Error, Event, Migrations, OnFailure, Requeue, Retry, TenantState};
use pgmig_testkit::TestDatabase;
use sqlx::{PgPool, PgTransaction};

use super::support::{column, embed, execute};
use super::{NOTES, REGISTRY, first, migrator, register, schema, second, tenants, versions};

/// A second migration that no tenant survives.
fn bad() -> &'static Migrations {
    let second = "ALTER TABLE notes ADD COLUMN x nothing;";
    embed(&[REGISTRY, NOTES, ("tenant/002_bad.sql", second)])
}

/// A transaction that holds the lock of a tenant's table.
async fn locked(pool: &PgPool, schema: &str) -> PgTransaction<'static> {
    let mut user = pool.begin().await.unwrap();
    execute(&mut *user, &format!("LOCK TABLE {schema}.notes")).await;
    user
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

/// A deployment that was taken back: the binary of before is ready, whatever failed under the other.
#[tokio::test]
async fn a_tenant_that_failed_under_a_newer_binary_is_up_to_date_for_the_one_it_is_at() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 2).await;
    let guilty = schema(ids[0]);
    execute(
        &pool,
        &format!("ALTER TABLE {guilty}.notes ADD COLUMN pinned int"),
    )
    .await;
    migrator(second()).setup(&pool).await.unwrap();

    let newer = migrator(second()).fleet_status(&pool).await.unwrap();
    assert_eq!(newer.in_state(TenantState::Failed).count(), 1);
    let older = migrator(first());
    for status in [
        older.fleet_status(&pool).await.unwrap().tenants,
        older.status(&pool).await.unwrap().tenants,
    ] {
        let one = status.iter().find(|one| one.schema == guilty).unwrap();
        assert_eq!(one.state, TenantState::UpToDate);
        assert!(one.error.is_some(), "what failed is still told");
    }
}

#[tokio::test]
async fn a_migration_that_breaks_in_the_canary_changes_no_other_tenant() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 12).await;
    let bad = bad();
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
    let bad = bad();
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
    let user = locked(&pool, &hot).await;
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
    user.rollback().await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.tenants.migrated.len(), 8);
}

#[tokio::test]
async fn a_tenant_that_stays_locked_fails_with_who_is_in_the_way() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 3).await;
    let hot = schema(ids[1]);
    let _user = locked(&pool, &hot).await;
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
