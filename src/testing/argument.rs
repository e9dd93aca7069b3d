//! What a test can be handed.

use pgmig_runtime::Uuid;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::TestDb;
use super::db::pool_options;

/// What a test with the attribute [`test`](macro@crate::test) can take, in any order.
///
/// | type | is |
/// |---|---|
/// | `PgPool` | a pool on the database |
/// | [`Uuid`] | a tenant, whose schema is there |
/// | [`TestDb`] | the database itself: more tenants, its URL, its migrator |
/// | `PoolConnection<Postgres>` | a connection of the pool |
/// | `PgConnectOptions`, `PgPoolOptions` | for an app that connects by itself |
#[diagnostic::on_unimplemented(
    message = "a test cannot be handed a `{Self}`",
    label = "not something that pgmig makes for a test",
    note = "it can be a `PgPool`, a `pgmig::Uuid` (a tenant), a `pgmig::testing::TestDb`, a \
            `PoolConnection<Postgres>`, `PgConnectOptions` or `PgPoolOptions`"
)]
pub trait Argument: Sized {
    /// Whether the database has to have a tenant.
    const TENANT: bool = false;

    /// Takes it from the database of the test.
    fn of(db: &TestDb) -> impl Future<Output = Self>;
}

impl Argument for TestDb {
    async fn of(db: &TestDb) -> Self {
        db.clone()
    }
}

impl Argument for PgPool {
    async fn of(db: &TestDb) -> Self {
        db.pool().clone()
    }
}

impl Argument for Uuid {
    const TENANT: bool = true;

    async fn of(db: &TestDb) -> Self {
        // `TENANT` has made one.
        db.tenant().unwrap_or_default()
    }
}

impl Argument for PoolConnection<Postgres> {
    async fn of(db: &TestDb) -> Self {
        match db.pool().acquire().await {
            Ok(connection) => connection,
            Err(error) => super::run::give_up(&format!("cannot connect to the database: {error}")),
        }
    }
}

impl Argument for PgConnectOptions {
    async fn of(db: &TestDb) -> Self {
        db.options()
    }
}

impl Argument for PgPoolOptions {
    async fn of(_: &TestDb) -> Self {
        pool_options()
    }
}
