//! Which statements PostgreSQL refuses in a transaction block.

use pgmig_core::sql::{InTransaction, analyse};

use super::{database, run, state};

const BASE: &str = "\
    CREATE TABLE t (id int PRIMARY KEY, a text);\
    CREATE INDEX i ON t (a);\
    CREATE TABLE p (id int) PARTITION BY RANGE (id);\
    CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2);\
    CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;\
    CREATE UNIQUE INDEX vi ON v (a);\
    CREATE TYPE e AS ENUM ('a');";

/// Some of these would fail for another reason once they ran; what counts is whether the
/// transaction is the reason.
const STATEMENTS: &[&str] = &[
    "CREATE INDEX CONCURRENTLY c ON t (a)",
    "CREATE UNIQUE INDEX CONCURRENTLY c ON t (id)",
    "CREATE INDEX c ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "DROP INDEX i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX (CONCURRENTLY) TABLE t",
    "REINDEX TABLE t",
    "REINDEX SCHEMA public",
    "VACUUM t",
    "VACUUM FULL t",
    "ANALYZE t",
    "CLUSTER",
    "CLUSTER t USING i",
    "CREATE DATABASE never_made",
    "DROP DATABASE IF EXISTS never_made",
    "ALTER DATABASE postgres SET TABLESPACE pg_default",
    "ALTER DATABASE postgres CONNECTION LIMIT -1",
    "CREATE TABLESPACE never_made LOCATION '/nowhere'",
    "DROP TABLESPACE IF EXISTS never_made",
    "ALTER SYSTEM SET work_mem = '4MB'",
    "ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
    "ALTER TABLE p DETACH PARTITION q",
    "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "ALTER TYPE e ADD VALUE 'b'",
    "DISCARD ALL",
    "DISCARD PLANS",
    "DO $$ BEGIN COMMIT; END $$",
    "DO $$ BEGIN PERFORM 1; END $$",
    "COMMIT PREPARED 'x'",
    "CHECKPOINT",
    "LOCK TABLE t",
];

#[tokio::test]
async fn postgresql_refuses_in_a_transaction_what_pgmig_says_it_does() {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    run(&mut connection, BASE).await.unwrap();
    let newer_than_13 = sqlx::query_scalar::<_, bool>(
        "SELECT current_setting('server_version_num')::int >= 140000",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    for sql in STATEMENTS {
        let newer = sql.contains("DETACH PARTITION q CONC") || sql.contains("(CONCURRENTLY)");
        if newer && !newer_than_13 {
            continue;
        }
        run(&mut connection, "BEGIN").await.unwrap();
        let state = state(&mut connection, sql).await;
        run(&mut connection, "ROLLBACK").await.unwrap();
        // active_sql_transaction; invalid_transaction_termination is what a block gets.
        let refused = matches!(state.as_deref(), Some("25001" | "2D000"));
        let says = analyse(sql)[0].in_transaction == InTransaction::Refused;
        assert_eq!(says, refused, "{sql}: {state:?}");
    }
}

#[tokio::test]
async fn without_concurrently_what_is_left_runs_in_a_transaction() {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    run(&mut connection, BASE).await.unwrap();
    let mut tried = 0;
    for sql in STATEMENTS {
        let Some(word) = analyse(sql)[0].concurrently.clone() else {
            continue;
        };
        let without = format!("{}{}", &sql[..word.start], &sql[word.end..]);
        run(&mut connection, "BEGIN").await.unwrap();
        run(&mut connection, &without).await.unwrap();
        run(&mut connection, "ROLLBACK").await.unwrap();
        tried += 1;
    }
    assert_eq!(tried, 7);
}
