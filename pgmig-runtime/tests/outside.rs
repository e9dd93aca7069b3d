//! Migrations outside a transaction on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use pgmig_runtime::{Dispatch, Error, Migrations, Migrator};
use pgmig_testkit::TestDatabase;
use sqlx::{PgPool, PgTransaction};
use support::{backend_of, column, embed, execute, history};
use uuid::Uuid;

const BASE: (&str, &str) = (
    "tenant/001_base.sql",
    "CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, state text);
     CREATE TYPE mood AS ENUM ('good');
     INSERT INTO items (n) SELECT i FROM generate_series(1, 100) i;",
);

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];

/// The base, and one migration outside a transaction.
fn with(sql: &str) -> &'static Migrations {
    let sql = format!("-- pgmig: no-transaction\n{sql}");
    embed(&[BASE, ("tenant/002_outside.sql", &sql)])
}

/// A database with a tenant that has the base.
async fn prepared() -> (TestDatabase, PgPool, String) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let base = Migrator::new(embed(&[BASE]));
    base.run_tenant(&pool, Uuid::nil()).await.unwrap();
    let schema = format!("tenant_{}", Uuid::nil().simple());
    (db, pool, schema)
}

/// `name valid` of the indexes that are no primary keys.
async fn indexes(pool: &PgPool) -> Vec<String> {
    let query = "SELECT c.relname || ' ' || i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE 'tenant%' AND NOT indisprimary ORDER BY 1";
    column(pool, query).await
}

/// What no run may leave behind: open transactions, advisory locks, leases, rows in flight.
async fn assert_nothing_left(pool: &PgPool) {
    let leases = "SELECT schema FROM pgmig.target WHERE lease_owner IS NOT NULL";
    assert!(column(pool, leases).await.is_empty());
    let rows = "SELECT version FROM pgmig.history WHERE state = 'running' OR in_flight";
    assert!(column(pool, rows).await.is_empty());
    let idle = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert!(column(pool, idle).await.is_empty());
    let locks = "SELECT locktype FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert!(column(pool, locks).await.is_empty());
}

const MANY: &str = "CREATE INDEX CONCURRENTLY items_n ON items (n);
    UPDATE items SET state = 'new' WHERE n < 50;
    CREATE UNIQUE INDEX CONCURRENTLY items_u ON items (n) WHERE n IS NOT NULL;
    ALTER TYPE mood ADD VALUE 'bad';
    VACUUM (ANALYZE) items;
    REINDEX INDEX CONCURRENTLY items_n;
    DROP INDEX CONCURRENTLY items_u;";

#[tokio::test]
async fn several_statements_run_one_after_the_other_and_are_recorded_once() {
    for dispatch in BOTH {
        let (_db, pool, _) = prepared().await;
        let migrator = Migrator::new(with(MANY)).dispatch(dispatch);
        let report = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert_eq!(report.applied.len(), 1);
        assert_eq!(indexes(&pool).await, ["items_n true"]);
        assert_eq!(history(&pool).await.len(), 2);
        let done = "SELECT statements FROM pgmig.history WHERE version = '2'";
        assert_eq!(column(&pool, done).await, ["7"]);
        assert_nothing_left(&pool).await;
        let again = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert!(again.is_noop());
    }
}

#[tokio::test]
async fn one_connection_is_enough_and_is_given_back_as_it_was() {
    for dispatch in BOTH {
        let (db, pool, _) = prepared().await;
        let mut connection = db.connect().await.unwrap();
        execute(
            &mut connection,
            "SET search_path = pg_catalog; SET lock_timeout = '77ms'",
        )
        .await;
        let migrator = Migrator::new(with(MANY)).dispatch(dispatch);
        let report = migrator
            .run_tenant(&mut connection, Uuid::nil())
            .await
            .unwrap();
        assert_eq!(report.applied.len(), 1);
        assert_eq!(indexes(&pool).await, ["items_n true"]);
        let settings: (String, String) = sqlx::query_as(
            "SELECT current_setting('search_path'), current_setting('lock_timeout')",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(settings, ("pg_catalog".to_owned(), "77ms".to_owned()));
        assert_nothing_left(&pool).await;
    }
}

/// Waits until a statement of the migrator's waits for a lock.
async fn somebody_waits(pool: &PgPool) {
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%'";
    while column(pool, waiting).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_statement_of_a_dead_run_that_the_server_comes_to_late_is_accepted() {
    for (before, ours, late, left) in [
        (
            "SELECT 1",
            "CREATE INDEX CONCURRENTLY items_n ON items (n);",
            "CREATE INDEX items_n ON items (n)",
            vec!["items_n true"],
        ),
        (
            "CREATE INDEX items_n ON items (n)",
            "DROP INDEX CONCURRENTLY items_n;",
            "DROP INDEX items_n",
            vec![],
        ),
    ] {
        let (db, pool, schema) = prepared().await;
        let in_schema = |sql: &str| format!("SET search_path TO {schema}; {sql}");
        let mut other = db.connect().await.unwrap();
        execute(&mut other, &in_schema(before)).await;
        // What the dead run has sent, and the server works at: nobody sees its effect yet.
        execute(&mut other, &format!("BEGIN; {late}")).await;
        let boot = || {
            let pool = db.pool();
            tokio::spawn(async move {
                let migrator = Migrator::new(with(ours));
                migrator.run_tenant(&pool, Uuid::nil()).await.map(drop)
            })
        };
        let dying = boot();
        somebody_waits(&pool).await;
        dying.abort();
        let _ = dying.await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock'";
        column(&pool, end).await;

        let next = boot();
        somebody_waits(&pool).await;
        execute(&mut other, "COMMIT").await;
        next.await.unwrap().unwrap();
        assert_eq!(indexes(&pool).await, left);
        assert_nothing_left(&pool).await;
    }
}

#[tokio::test]
async fn a_run_goes_on_at_the_statement_that_failed_once_the_file_is_mended() {
    for dispatch in BOTH {
        let (db, pool, schema) = prepared().await;
        let first = "INSERT INTO items (n) VALUES (1000);
            CREATE INDEX CONCURRENTLY items_n ON items (n);";
        let wrong = with(&format!(
            "{first}\nCREATE INDEX CONCURRENTLY items_x ON items (x);"
        ));
        let mended = with(&format!(
            "{first}\nCREATE INDEX CONCURRENTLY items_x ON items (state);"
        ));
        let other = with("SELECT 1; SELECT 2; SELECT 3;");

        let migrator = Migrator::new(wrong).dispatch(dispatch);
        for _ in 0..2 {
            let error = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap_err();
            let Error::Statement(error) = error else {
                panic!("{error}");
            };
            assert_eq!((error.line, error.done), (Some(4), 2));
            assert!(
                error
                    .to_string()
                    .contains("2 statements before this one are done")
            );
        }
        let error = Migrator::new(other)
            .run_tenant(&pool, Uuid::nil())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("stopped after 2 statements"),
            "{error}"
        );

        // By the other kind of claim.
        let mut connection = db.connect().await.unwrap();
        let migrator = Migrator::new(mended).dispatch(dispatch);
        migrator
            .run_tenant(&mut connection, Uuid::nil())
            .await
            .unwrap();
        assert_eq!(indexes(&pool).await, ["items_n true", "items_x true"]);
        let inserted = format!("SELECT count(*) FROM {schema}.items WHERE n = 1000");
        assert_eq!(column(&pool, &inserted).await, ["1"]);
        assert_nothing_left(&pool).await;
        let again = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert!(again.is_noop());
    }
}

#[tokio::test]
async fn an_index_that_could_not_be_built_leaves_no_invalid_one() {
    for dispatch in BOTH {
        let (_db, pool, schema) = prepared().await;
        execute(&pool, &format!("INSERT INTO {schema}.items (n) VALUES (1)")).await;
        let migrator = Migrator::new(with(
            "CREATE UNIQUE INDEX CONCURRENTLY items_n ON items (n);",
        ))
        .dispatch(dispatch);
        let error = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap_err();
        assert!(
            error.to_string().contains("could not create unique index"),
            "{error}"
        );
        assert!(indexes(&pool).await.is_empty());

        execute(&pool, &format!("DELETE FROM {schema}.items WHERE n = 1")).await;
        migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert_eq!(indexes(&pool).await, ["items_n true"]);
        assert_nothing_left(&pool).await;
    }
}

#[tokio::test]
async fn an_index_of_that_name_that_was_there_before_is_not_taken_for_ours() {
    for dispatch in BOTH {
        let (_db, pool, schema) = prepared().await;
        execute(
            &pool,
            &format!("CREATE INDEX items_n ON {schema}.items (id)"),
        )
        .await;
        let migrator = Migrator::new(with("CREATE INDEX CONCURRENTLY items_n ON items (n);"))
            .dispatch(dispatch);
        for _ in 0..2 {
            let error = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap_err();
            assert!(error.to_string().contains("already exists"), "{error}");
        }
    }
}

/// A transaction that uses the table. A build waits for every one that might.
async fn in_use(pool: &PgPool, schema: &str) -> PgTransaction<'static> {
    let mut transaction = pool.begin().await.unwrap();
    let touch = format!("UPDATE {schema}.items SET n = n WHERE id = 1");
    execute(&mut *transaction, &touch).await;
    transaction
}

#[tokio::test]
async fn a_build_whose_backend_dies_is_begun_again() {
    for dispatch in BOTH {
        let (db, pool, schema) = prepared().await;
        let old = in_use(&pool, &schema).await;
        let migrator = Migrator::new(with(
            "CREATE INDEX CONCURRENTLY items_n ON items (n); INSERT INTO items (n) VALUES (1000);",
        ))
        .dispatch(dispatch);
        let run = tokio::spawn({
            let pool = db.pool();
            async move { migrator.run_tenant(&pool, Uuid::nil()).await }
        });
        let pid = backend_of(&pool, "%CREATE INDEX CONCURRENTLY items_n%").await;
        execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
        let again = loop {
            let again = backend_of(&pool, "%INDEX CONCURRENTLY%").await;
            if again != pid {
                break again;
            }
        };
        assert_ne!(again, pid);
        old.rollback().await.unwrap();
        run.await.unwrap().unwrap();
        assert_eq!(indexes(&pool).await, ["items_n true"]);
        let inserted = format!("SELECT count(*) FROM {schema}.items WHERE n = 1000");
        assert_eq!(column(&pool, &inserted).await, ["1"]);
        assert_nothing_left(&pool).await;
    }
}

/// A run in a task of its own, over connections of its own.
async fn run_apart(
    db: &TestDatabase,
    migrator: &Migrator,
    single: bool,
) -> tokio::task::JoinHandle<Result<pgmig_runtime::Report, Error>> {
    let (pool, migrator) = (db.pool(), migrator.clone());
    let mut connection = db.connect().await.unwrap();
    tokio::spawn(async move {
        match single {
            true => migrator.run_tenant(&mut connection, Uuid::nil()).await,
            false => migrator.run_tenant(&pool, Uuid::nil()).await,
        }
    })
}

#[tokio::test]
async fn a_dropped_run_leaves_its_statement_to_the_next_which_waits_for_it() {
    // By a row lock of a second connection, and by a lease where there is one only.
    for (dispatch, single) in BOTH.into_iter().flat_map(|one| [(one, false), (one, true)]) {
        let (db, pool, schema) = prepared().await;
        let old = in_use(&pool, &schema).await;
        let migrator = Migrator::new(with("CREATE INDEX CONCURRENTLY items_n ON items (n);"))
            .dispatch(dispatch);
        let run = run_apart(&db, &migrator, single).await;
        backend_of(&pool, "%CREATE INDEX CONCURRENTLY items_n%").await;
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());

        let next = run_apart(&db, &migrator, single).await;
        // The next one has looked and seen that somebody still builds.
        backend_of(&pool, "%CREATE INDEX CONCURRENTLY items_n%").await;
        old.rollback().await.unwrap();
        next.await.unwrap().unwrap();
        assert_eq!(indexes(&pool).await, ["items_n true"]);
        assert_nothing_left(&pool).await;
    }
}

#[tokio::test]
async fn a_statement_that_nothing_tells_of_stops_with_what_to_run_in_either_case() {
    for dispatch in BOTH {
        let (db, pool, _) = prepared().await;
        let body = "DO $$ BEGIN COMMIT; PERFORM pg_sleep(20); END $$;";
        let migrator = Migrator::new(with(body)).dispatch(dispatch);
        let run = run_apart(&db, &migrator, false).await;
        let pid = backend_of(&pool, "%pg_sleep(20)%").await;
        execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
        let error = run.await.unwrap().unwrap_err();
        let Error::UnknownEffect(error) = error else {
            panic!("{error}");
        };
        assert!(
            error
                .to_string()
                .contains("migrations/tenant/002_outside.sql:2: DO"),
            "{error}"
        );
        execute(&pool, &error.if_done).await;
        migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert_nothing_left(&pool).await;
    }
}

#[tokio::test]
async fn a_partition_whose_detachment_was_interrupted_is_finalized() {
    for dispatch in BOTH {
        let (_db, pool, schema) = prepared().await;
        let parts = "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE q PARTITION OF p FOR VALUES IN (1);";
        execute(
            &pool,
            &format!("SET search_path = {schema}; {parts} RESET search_path"),
        )
        .await;
        let migrator = Migrator::new(with("ALTER TABLE p DETACH PARTITION q CONCURRENTLY;"))
            .dispatch(dispatch);
        let mut old = pool.begin().await.unwrap();
        let look = format!("SELECT FROM {schema}.p");
        execute(&mut *old, &look).await;
        let run = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.clone());
            async move { migrator.run_tenant(&pool, Uuid::nil()).await }
        });
        let pid = backend_of(&pool, "%DETACH PARTITION%CONCURRENTLY%").await;
        loop {
            let pending = "SELECT inhdetachpending FROM pg_inherits WHERE inhdetachpending";
            if !column(&pool, pending).await.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
        old.rollback().await.unwrap();
        run.await.unwrap().unwrap();
        assert!(column(&pool, "SELECT inhrelid FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE relkind = 'r'").await.is_empty());
        assert_nothing_left(&pool).await;
    }
}
