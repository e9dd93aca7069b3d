//! Locks, lost connections and several at once.

use std::time::Duration;

use pgmig_runtime::{Error, Migrator, Retry, RollbackTo};
use pgmig_testkit::TestDatabase;

use super::support::{column, embed, execute, relations};
use super::{A, A_DOWN, B, C, all, head, to};

#[tokio::test]
async fn a_lost_connection_in_a_transaction_takes_back_one_step_and_not_two() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(embed(&[
        A,
        A_DOWN,
        B,
        ("public/003_c.sql", "CREATE TABLE c (id int);"),
        ("public/003_c.down.sql", "DROP TABLE c; SELECT pg_sleep(1);"),
    ]));
    migrator.run_public(&pool).await.unwrap();
    let run = tokio::spawn({
        let (pool, migrator) = (db.pool(), migrator.clone());
        async move { migrator.rollback_public(&pool, &RollbackTo::OneStep).await }
    });
    // The server shows only the beginning of a long message.
    let sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let pid = loop {
        if let Some(pid) = column(&pool, sleeping).await.pop() {
            break pid;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.version.as_deref(), Some("2"));
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);
}

#[tokio::test]
async fn many_that_go_one_step_back_at_once_go_one_step_in_all() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let slow = (
        "public/003_c.down.sql",
        "SELECT pg_sleep(0.2); ALTER TABLE a DROP COLUMN m;",
    );
    let migrator = Migrator::new(embed(&[A, A_DOWN, B, C, slow]));
    migrator.run_public(&pool).await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (pool, migrator) = (db.pool(), migrator.clone());
        runs.push(tokio::spawn(async move {
            migrator.rollback_public(&pool, &to("2")).await.unwrap()
        }));
    }
    let mut undone = 0;
    for run in runs {
        undone += run.await.unwrap().rolled_back.len();
    }
    assert_eq!(undone, 1);
    assert_eq!(head(&pool).await.len(), 1);
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);
}

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_tried_again_and_then_named() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(all())
        .lock_timeout(Duration::from_millis(100))
        .retry(
            Retry::default()
                .attempts(3)
                .delay(Duration::from_millis(10)),
        );
    migrator.run_public(&pool).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE public.a")
        .execute(&mut *holder)
        .await
        .unwrap();
    let error = migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap_err();
    let Error::Blocked(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.attempts, 3);
    assert_eq!(error.last.path, "migrations/public/003_c.down.sql");
    holder.rollback().await.unwrap();
    migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
}
