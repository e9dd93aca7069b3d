//! The example with tables in TypeScript.

use pgmig_testkit::TestDatabase;

use super::program::{Said, drizzle, steady};

const SIGNED_UP: &str = "\
tenant_UUID: signed up
  customers -> public.users
  invoices -> tenant_UUID.customers
";

#[tokio::test(flavor = "multi_thread")]
async fn what_drizzle_kit_wrote_is_applied_to_public_and_to_a_tenant() {
    let db = TestDatabase::create().await.unwrap();
    let run = || {
        let said: Said = drizzle("")
            .env("DATABASE_URL", db.url())
            .output()
            .unwrap()
            .into();
        steady(&said.done())
    };
    assert_eq!(run(), format!("public: 1 migrations applied\n{SIGNED_UP}"));
    // The second boot looks after the tenant of the first, and has nothing to do.
    assert_eq!(run(), format!("public: 0 migrations applied\n{SIGNED_UP}"));
    // Drizzle's own ledger has what is public's, and nothing of tenants.
    let rows = "SELECT count(*) FROM drizzle.__drizzle_migrations";
    let rows: i64 = sqlx::query_scalar(rows)
        .fetch_one(&db.pool())
        .await
        .unwrap();
    assert_eq!(rows, 1);
}
