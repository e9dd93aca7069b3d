//! Down scripts outside a transaction.

use pgmig_runtime::{Error, Migrator, RollbackTo};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;

use super::support::{backend_of, column, embed, execute, history, relations};
use super::{A, BOTH};

const INDEX: (&str, &str) = (
    "public/002_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY a_n ON a (n);",
);
const INDEX_DOWN: (&str, &str) = (
    "public/002_index.down.sql",
    "-- pgmig: no-transaction\nINSERT INTO a VALUES (1, 1);\nDROP INDEX CONCURRENTLY a_n;\nINSERT INTO a VALUES (2, 2);",
);

/// What no rollback may leave behind: leases, rows half way, open transactions.
async fn assert_nothing_left(pool: &PgPool) {
    let leases = "SELECT schema FROM pgmig.target WHERE lease_owner IS NOT NULL";
    assert!(column(pool, leases).await.is_empty());
    let rows = "SELECT version FROM pgmig.history WHERE state IN ('running', 'rolling_back') OR in_flight OR owner IS NOT NULL";
    assert!(column(pool, rows).await.is_empty());
    let idle = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert!(column(pool, idle).await.is_empty());
}

#[tokio::test]
async fn outside_a_transaction_each_statement_runs_once_by_either_claim() {
    for dispatch in BOTH {
        for single in [false, true] {
            let db = TestDatabase::create().await.unwrap();
            let pool = db.pool();
            let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
            migrator.run_public(&pool).await.unwrap();
            let mut connection = db.connect().await.unwrap();
            let report = match single {
                true => {
                    migrator
                        .rollback_public(&mut connection, &RollbackTo::OneStep)
                        .await
                }
                false => migrator.rollback_public(&pool, &RollbackTo::OneStep).await,
            };
            assert_eq!(report.unwrap().rolled_back.len(), 1);
            assert_eq!(relations(&pool, "public").await, ["r a"]);
            assert_eq!(
                column(&pool, "SELECT n FROM a ORDER BY n").await,
                ["1", "2"]
            );
            assert_nothing_left(&pool).await;
            assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_way_back_that_stopped_half_way_is_not_applied_anew_but_finished_by_rollback() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        // The third statement fails until the constraint is gone.
        execute(&pool, "ALTER TABLE a ADD CHECK (n <> 2)").await;
        let error = migrator
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap_err();
        let Error::Statement(error) = error else {
            panic!("{error}");
        };
        assert_eq!((error.line, error.done), (Some(4), 2));
        assert!(
            error.to_string().contains("the next rollback goes on here"),
            "{error}"
        );
        assert_eq!(
            history(&pool).await,
            ["public 1 applied", "public 2 rolling_back"]
        );

        let error = migrator.run_public(&pool).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("2_index is being rolled back: 2 statements of its down script are done"),
            "{error}"
        );
        // A binary that never had the migration is at its head again.
        let older = Migrator::new(embed(&[A]));
        assert!(older.run_public(&pool).await.unwrap().is_noop());
        let plan = older
            .plan_rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        assert_eq!((plan.steps.len(), plan.steps[0].done), (1, 2));

        execute(&pool, "ALTER TABLE a DROP CONSTRAINT a_n_check").await;
        older
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        assert_eq!(
            column(&pool, "SELECT n FROM a ORDER BY n").await,
            ["1", "2"]
        );
        assert_nothing_left(&pool).await;
        assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 1);
    }
}

#[tokio::test]
async fn a_backend_that_dies_in_the_middle_is_not_the_end_of_the_way_back() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        let mut old = pool.begin().await.unwrap();
        sqlx::raw_sql("INSERT INTO a VALUES (0, 0)")
            .execute(&mut *old)
            .await
            .unwrap();
        let run = tokio::spawn({
            let (pool, migrator) = (db.pool(), migrator.clone());
            async move { migrator.rollback_public(&pool, &RollbackTo::OneStep).await }
        });
        let pid = backend_of(&pool, "%DROP INDEX CONCURRENTLY%").await;
        execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
        old.rollback().await.unwrap();
        run.await.unwrap().unwrap();
        assert_eq!(relations(&pool, "public").await, ["r a"]);
        assert_eq!(
            column(&pool, "SELECT n FROM a ORDER BY n").await,
            ["1", "2"]
        );
        assert_nothing_left(&pool).await;
    }
}
