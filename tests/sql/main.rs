//! What pgmig says about PostgreSQL, asked of PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod enums;
mod locks;
mod transactions;

use pgmig_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};

/// A database of its own.
async fn database() -> TestDatabase {
    TestDatabase::create().await.unwrap()
}

/// Runs statements in one message.
async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
}

/// The SQLSTATE of what running them gives.
async fn state(connection: &mut PgConnection, sql: &str) -> Option<String> {
    let error = run(connection, sql).await.err()?;
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}
