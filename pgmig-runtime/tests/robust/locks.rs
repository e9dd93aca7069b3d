//! Locks, deadlocks, and runs that get into each other's way.

use std::time::Duration;

use pgmig_runtime::{Error, Migrator, Retry};
use pgmig_testkit::TestDatabase;
use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::support::{column, embed, execute, history, waiting};
use super::{A, B, BOTH, CIC, quick};

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_an_error_that_names_who_has_it() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
        let mut holder = pool.begin().await.unwrap();
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *holder)
            .await
            .unwrap();
        sqlx::raw_sql("LOCK TABLE public.a")
            .execute(&mut *holder)
            .await
            .unwrap();

        let migrator = Migrator::new(embed(&[A, B]))
            .dispatch(dispatch)
            .lock_timeout(Duration::from_millis(200))
            .retry(quick());
        for single in [false, true] {
            let mut connection = db.connect().await.unwrap();
            let ran = match single {
                false => migrator.run_public(&pool).await,
                true => migrator.run_public(&mut connection).await,
            };
            let error = ran.unwrap_err();
            let text = error.to_string();
            let Error::Blocked(error) = error else {
                panic!("{error}");
            };
            assert_eq!(error.attempts, 3);
            assert_eq!(error.last.path, "migrations/public/002_b.sql");
            let blocker = error.blocker.unwrap();
            assert_eq!(blocker.pid, i64::from(pid));
            assert_eq!(blocker.query.as_deref(), Some("LOCK TABLE public.a"));
            assert!(text.contains(&format!("blocked by: pid {pid}")), "{text}");
            assert!(text.contains("idle in transaction for"), "{text}");
        }
        let run = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.retry(Retry::default()));
            async move { migrator.run_public(&pool).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        holder.rollback().await.unwrap();
        assert_eq!(run.await.unwrap().unwrap().applied.len(), 1);
    }
}

#[tokio::test]
async fn a_target_that_another_process_has_claimed_is_not_waited_for_inside_the_server() {
    for dispatch in BOTH {
        for after in [B, CIC] {
            let db = TestDatabase::create().await.unwrap();
            let pool = db.pool();
            Migrator::new(embed(&[A]))
                .dispatch(dispatch)
                .run_public(&pool)
                .await
                .unwrap();
            let mut holder = pool.begin().await.unwrap();
            sqlx::raw_sql("UPDATE pgmig.target SET updated_at = now() WHERE schema = 'public'")
                .execute(&mut *holder)
                .await
                .unwrap();

            let migrator = Migrator::new(embed(&[A, after]))
                .dispatch(dispatch)
                .claim_timeout(Duration::ZERO);
            let run = tokio::spawn({
                let pool = pool.clone();
                async move { migrator.run_public(&pool).await }
            });
            // Whoever waits for the holder is let go by its end, and is no error then.
            while !run.is_finished() && waiting(&pool).await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(waiting(&pool).await, 0);
            holder.rollback().await.unwrap();
            assert!(matches!(run.await.unwrap(), Err(Error::Busy { .. })));
        }
    }
}

#[tokio::test]
async fn a_dropped_run_leaves_a_boundary_and_a_clean_pool() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(db.options());
        let migrations = embed(&[A, B]);
        Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
        let mut holder = db.connect().await.unwrap();
        let mut held = holder.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE public.a")
            .execute(&mut *held)
            .await
            .unwrap();
        let migrator = Migrator::new(migrations)
            .dispatch(dispatch)
            .lock_timeout(Duration::from_secs(60));
        let run = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.clone());
            async move { migrator.run_public(&pool).await }
        });
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%pgmig%'";
        while column(&db.pool(), waiting).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());
        // The pool's only connection can be used at once, and is not in a transaction.
        assert_eq!(
            column(&pool, "SHOW search_path").await,
            ["\"$user\", public"]
        );
        held.rollback().await.unwrap();
        migrator.run_public(&pool).await.unwrap();
        assert_eq!(
            history(&pool).await,
            ["public 1 applied", "public 2 applied"]
        );
    }
}

#[tokio::test]
async fn a_deadlock_or_a_serialization_failure_is_tried_again_and_nothing_runs_twice() {
    for (dispatch, code) in BOTH
        .into_iter()
        .flat_map(|one| [(one, "40P01"), (one, "40001")])
    {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        // A sequence is not rolled back: the first two attempts fail.
        execute(&pool, "CREATE SEQUENCE attempts").await;
        let sql = format!(
            "CREATE TABLE a (id int);
             DO $$ BEGIN IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; END $$;"
        );
        let migrations = embed(&[("public/001_a.sql", &sql)]);
        let migrator = Migrator::new(migrations).dispatch(dispatch).retry(quick());
        migrator.run_public(&pool).await.unwrap();
        assert_eq!(history(&pool).await, ["public 1 applied"]);
        assert_eq!(column(&pool, "SELECT nextval('attempts')").await, ["4"]);
    }
}

#[tokio::test]
async fn two_transactions_that_bring_the_same_tenant_do_not_get_into_each_others_way() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = embed(&[
            ("tenant/001_t.sql", "CREATE TABLE t (id int);"),
            ("tenant/001_t.down.sql", "DROP TABLE t;"),
        ]);
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let mut first = pool.begin().await.unwrap();
        migrator
            .run_tenant_in(&mut first, Uuid::nil())
            .await
            .unwrap();
        let second = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.clone());
            async move {
                let mut second = pool.begin().await.unwrap();
                let report = migrator.run_tenant_in(&mut second, Uuid::nil()).await;
                second.commit().await.unwrap();
                report
            }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!second.is_finished());
        let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        assert_eq!(column(&pool, waiting).await, [""; 0]);
        first.commit().await.unwrap();
        assert!(second.await.unwrap().unwrap().is_noop());
        assert_eq!(history(&pool).await.len(), 1);
    }
}

#[tokio::test]
async fn a_failure_in_the_callers_transaction_puts_its_settings_back() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = embed(&[
            (
                "tenant/001_t.sql",
                "CREATE TABLE t (id int); SELECT nothing;",
            ),
            ("tenant/001_t.down.sql", "DROP TABLE t;"),
        ]);
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let mut tx = pool.begin().await.unwrap();
        let failed = migrator.run_tenant_in(&mut tx, Uuid::nil()).await;
        assert!(matches!(failed, Err(Error::Statement(_))));
        let settings: (String, String) = sqlx::query_as(
            "SELECT current_setting('search_path'), current_setting('lock_timeout')",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(settings, ("\"$user\", public".to_owned(), "0".to_owned()));
        tx.commit().await.unwrap();
    }
}
