//! The locks that the lints name.

use pgmig_core::lint;

use super::{database, run};

const BASE: &str = "\
    CREATE TABLE t (id int PRIMARY KEY, a text, n varchar(10));\
    CREATE TABLE other (id int PRIMARY KEY);\
    CREATE TABLE child (id int, o int REFERENCES other (id));\
    CREATE INDEX i ON t (a);\
    CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;\
    CREATE TABLE p (id int) PARTITION BY RANGE (id);\
    CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2);\
    CREATE TABLE r (id int);\
    ALTER TABLE child ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES other NOT VALID;";

/// A rule, a statement that it finds, and the relation on which the lock is taken.
const CASES: &[(&str, &str, &str)] = &[
    ("index-without-concurrently", "CREATE INDEX ON t (a)", "t"),
    ("index-dropped-without-concurrently", "DROP INDEX i", "t"),
    ("reindex-without-concurrently", "REINDEX TABLE t", "t"),
    (
        "foreign-key-without-not-valid",
        "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES other",
        "t",
    ),
    (
        "foreign-key-without-not-valid",
        "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES other",
        "other",
    ),
    (
        "check-without-not-valid",
        "ALTER TABLE t ADD CHECK (id > 0)",
        "t",
    ),
    (
        "not-null-without-check",
        "ALTER TABLE t ALTER a SET NOT NULL",
        "t",
    ),
    (
        "not-null-without-default",
        "ALTER TABLE t ADD z int NOT NULL",
        "t",
    ),
    (
        "volatile-default",
        "ALTER TABLE t ADD z float DEFAULT random()",
        "t",
    ),
    ("serial-column", "ALTER TABLE t ADD z serial", "t"),
    (
        "serial-column",
        "ALTER TABLE t ADD z int GENERATED ALWAYS AS IDENTITY",
        "t",
    ),
    (
        "stored-generated-column",
        "ALTER TABLE t ADD z int GENERATED ALWAYS AS (id + 1) STORED",
        "t",
    ),
    (
        "column-type-rewrites",
        "ALTER TABLE t ALTER id TYPE bigint",
        "t",
    ),
    ("key-without-index", "ALTER TABLE t ADD UNIQUE (a)", "t"),
    (
        "exclusion-constraint",
        "ALTER TABLE t ADD EXCLUDE USING btree (a WITH =)",
        "t",
    ),
    ("table-renamed", "ALTER TABLE t RENAME TO u", "t"),
    ("column-renamed", "ALTER TABLE t RENAME a TO b", "t"),
    ("table-dropped", "DROP TABLE t", "t"),
    ("column-dropped", "ALTER TABLE t DROP a", "t"),
    ("table-rewritten", "CLUSTER t USING i", "t"),
    ("storage-rewritten", "ALTER TABLE t SET UNLOGGED", "t"),
    ("table-emptied", "TRUNCATE t", "t"),
    ("change-without-where", "UPDATE t SET a = 'x'", "t"),
    ("change-without-where", "DELETE FROM t", "t"),
    (
        "partition-attached-without-check",
        "ALTER TABLE p ATTACH PARTITION r FOR VALUES FROM (5) TO (6)",
        "r",
    ),
    (
        "partition-detached-without-concurrently",
        "ALTER TABLE p DETACH PARTITION q",
        "p",
    ),
    (
        "refresh-without-concurrently",
        "REFRESH MATERIALIZED VIEW v",
        "v",
    ),
    (
        "tenant-locks-public",
        "ALTER TABLE t ADD o int REFERENCES other (id)",
        "other",
    ),
    ("tenant-writes-public", "INSERT INTO t (id) VALUES (1)", "t"),
];

/// The strongest lock of a table that this transaction holds after a statement.
async fn lock(sql: &str, relation: &str) -> String {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    run(&mut connection, BASE).await.unwrap();
    let oid: i64 = sqlx::query_scalar("SELECT $1::regclass::oid::bigint")
        .bind(relation)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    run(&mut connection, "BEGIN").await.unwrap();
    run(&mut connection, sql).await.unwrap();
    let modes: Vec<String> = sqlx::query_scalar(
        "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = $1::bigint::oid",
    )
    .bind(oid)
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    run(&mut connection, "ROLLBACK").await.unwrap();
    strongest(&modes).to_owned()
}

fn strongest(modes: &[String]) -> &'static str {
    const ORDER: &[(&str, &str)] = &[
        ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
        ("ExclusiveLock", "EXCLUSIVE"),
        ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
        ("ShareLock", "SHARE"),
        ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
        ("RowExclusiveLock", "ROW EXCLUSIVE"),
        ("RowShareLock", "ROW SHARE"),
        ("AccessShareLock", "ACCESS SHARE"),
    ];
    let held = |(name, _): &&(&str, &str)| modes.iter().any(|mode| mode == name);
    ORDER.iter().find(held).map_or("none", |(_, words)| words)
}

#[tokio::test]
async fn a_lint_names_the_lock_that_postgresql_takes() {
    for (rule, sql, relation) in CASES {
        let rule = lint::rule(rule).unwrap();
        let taken = lock(sql, relation).await;
        assert_eq!(rule.lock, Some(taken.as_str()), "{}: {sql}", rule.name);
    }
}

#[test]
fn every_lock_that_a_lint_names_is_looked_at() {
    for rule in lint::ALL.iter().filter(|rule| rule.lock.is_some()) {
        let looked_at = CASES.iter().any(|(name, ..)| *name == rule.name);
        assert!(looked_at, "{}", rule.name);
    }
}

#[tokio::test]
async fn to_drop_a_foreign_key_locks_the_table_that_it_points_to_against_reads() {
    for sql in [
        "DROP TABLE child",
        "ALTER TABLE child DROP CONSTRAINT child_o_fkey",
    ] {
        assert_eq!(lock(sql, "other").await, "ACCESS EXCLUSIVE", "{sql}");
    }
}

#[tokio::test]
async fn the_safe_ways_do_not_take_the_lock() {
    let table = [
        (
            "ALTER TABLE child VALIDATE CONSTRAINT c",
            "other",
            "ROW SHARE",
        ),
        (
            "ALTER TABLE child VALIDATE CONSTRAINT c",
            "child",
            "SHARE UPDATE EXCLUSIVE",
        ),
    ];
    for (sql, relation, expected) in table {
        assert_eq!(lock(sql, relation).await, expected, "{sql}");
    }
}
