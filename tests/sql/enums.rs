//! New values of an enum.

use super::{database, run, state};

const BASE: &str = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int, m mood);";

#[tokio::test]
async fn postgresql_takes_a_new_enum_value_only_after_a_commit() {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    run(&mut connection, BASE).await.unwrap();
    for used in [
        "INSERT INTO t VALUES (1, 'glad')",
        "UPDATE t SET m = 'glad'",
        "ALTER TABLE t ALTER m SET DEFAULT 'glad'",
        "CREATE TABLE u (n mood DEFAULT 'glad')",
        "SELECT 'glad'::mood",
    ] {
        let message = format!("ALTER TYPE mood ADD VALUE 'glad'; {used}");
        // unsafe_new_enum_value_usage
        assert_eq!(
            state(&mut connection, &message).await.as_deref(),
            Some("55P04"),
            "{used}"
        );
    }
    run(&mut connection, "ALTER TYPE mood ADD VALUE 'glad'")
        .await
        .unwrap();
    run(&mut connection, "INSERT INTO t VALUES (1, 'glad')")
        .await
        .unwrap();
}

#[tokio::test]
async fn before_postgresql_17_that_holds_for_a_type_of_the_same_transaction_too() {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let message =
        "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh ADD VALUE 'b'; SELECT 'b'::fresh";
    let refused = state(&mut connection, message).await;
    let expected = (version < 170_000).then_some("55P04");
    assert_eq!(refused.as_deref(), expected);
}
