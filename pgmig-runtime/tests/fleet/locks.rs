//! A server that has room for few locks.

use std::time::Duration;

use pgmig_runtime::Retry;
use pgmig_testkit::{PrivateServer, TestDatabase};

use super::support::{column, embed, execute, history};
use super::{NOTES, REGISTRY, migrator, tenants, versions};

/// Takes as many locks as `greed` says for the tenants from the 80th place on, and counts how often
/// it was begun: a sequence is not rolled back.
const GREEDY: (&str, &str) = (
    "tenant/002_greedy.sql",
    "ALTER TABLE notes ADD COLUMN pinned boolean;
     SELECT nextval('public.begun');
     SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), i)) FROM generate_series(1, (
         SELECT CASE WHEN t.place < 80 THEN 0 ELSE g.locks END FROM public.greed g, public.tenants t
         WHERE 'tenant_' || replace(t.id::text, '-', '') = current_schema()
     )) AS i;",
);

/// How many locks one transaction can take before the table is full.
async fn room(db: &TestDatabase) -> i64 {
    let fill = "DO $$ DECLARE n int := 0; BEGIN
        BEGIN LOOP PERFORM pg_advisory_xact_lock(n); n := n + 1; END LOOP;
        EXCEPTION WHEN out_of_memory THEN PERFORM set_config('test.room', n::text, false); END;
    END $$";
    let mut connection = db.connect().await.unwrap();
    sqlx::raw_sql(fill).execute(&mut connection).await.unwrap();
    let room: String = sqlx::query_scalar("SELECT current_setting('test.room')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    room.parse().unwrap()
}

#[tokio::test]
async fn batches_that_fill_the_lock_table_shrink_until_they_fit_and_no_tenant_fails() {
    let server = PrivateServer::start(&[
        ("max_locks_per_transaction", "20"),
        ("max_connections", "30"),
    ])
    .unwrap();
    let db = TestDatabase::create_on(server.server()).await.unwrap();
    let pool = db.pool();
    tenants(&pool, 100).await;
    // One greedy tenant fits, two do not, neither in one transaction nor in two.
    let greed = room(&db).await * 6 / 10;
    execute(
        &pool,
        &format!("CREATE SEQUENCE begun; CREATE TABLE greed AS SELECT {greed} AS locks"),
    )
    .await;
    let migrations = embed(&[REGISTRY, NOTES, GREEDY]);
    let migrator = migrator(migrations).parallel(2).retry(
        Retry::default()
            .attempts(60)
            .delay(Duration::from_millis(5)),
    );
    let report = migrator.setup(&pool).await.unwrap().tenants;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!((report.migrated.len(), report.left), (100, 0));
    assert_eq!(versions(&pool).await, ["2 active 100"]);
    assert_eq!(history(&pool).await.len(), 1 + 2 * 100);
    let begun: i64 = column(&pool, "SELECT last_value FROM begun").await[0]
        .parse()
        .unwrap();
    assert!(begun > 100, "no transaction ran out of locks");
}
