//! The app's own `rollback`, with the down scripts of the example.

use pgmig_testkit::TestDatabase;

use super::program::{run, steady};

const TENANT: &str = "6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11";

async fn migrated() -> TestDatabase {
    let db = TestDatabase::create().await.unwrap();
    run(db.url(), "public").done();
    run(db.url(), &format!("tenant {TENANT}")).done();
    db
}

async fn relations(db: &TestDatabase) -> Vec<String> {
    let query = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' OR n.nspname LIKE 'tenant%' ORDER BY 1";
    sqlx::query_scalar(query)
        .fetch_all(&db.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_lose_data_is_named_and_not_done_without_yes() {
    let db = migrated().await;
    let said = run(db.url(), "rollback");
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    assert_eq!(
        said.err,
        "error: rolling schema public back loses data; nothing was run\n  \
         - migrations/public/003_create_audit_events.down.sql:1: DROP TABLE\n  \
         = help: see all of it with --plan; give --yes to go on\n"
    );
    let error = run(db.url(), "rollback --json").json()["error"].clone();
    assert_eq!(error["exit"], "refused");
    assert_eq!(error["plan"]["steps"][0]["version"], "3");
    assert_eq!(
        run(db.url(), "rollback --plan").done(),
        "-- public: 1 migration to roll back, then at version 2\n\n\
         -- migrations/public/003_create_audit_events.down.sql\n\
         -- loses data: DROP TABLE in line 1\nDROP TABLE audit_events;\n\n"
    );
    assert!(relations(&db).await.contains(&"audit_events".to_owned()));

    assert_eq!(
        steady(&run(db.url(), "rollback --yes").done()),
        "public: 1 migration rolled back in N ms, at version 2\n  3  create_audit_events      N ms\n"
    );
    assert!(!relations(&db).await.contains(&"audit_events".to_owned()));
    let status = run(db.url(), "status").done();
    assert!(
        status.contains("3  create_audit_events   pending"),
        "{status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_of_the_example_has_a_way_back_and_up_again() {
    let db = migrated().await;
    let all = relations(&db).await;
    for _ in 0..2 {
        let report = run(
            db.url(),
            &format!("rollback --tenant {TENANT} --all --yes --json"),
        )
        .json();
        assert_eq!(report["rolled_back"].as_array().unwrap().len(), 8);
        assert_eq!(report["version"], serde_json::Value::Null);
        run(db.url(), "rollback --all --yes").done();
        assert!(relations(&db).await.is_empty());
        run(db.url(), "public").done();
        run(db.url(), &format!("tenant {TENANT}")).done();
        assert_eq!(relations(&db).await, all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_not_applied_is_refused() {
    let db = migrated().await;
    let said = run(db.url(), "rollback --to 9 --yes");
    assert_eq!(said.code, 4);
    assert_eq!(
        said.err,
        "error: schema public cannot be rolled back to version 9: it is not applied there\n  \
         = help: give a version that is; `status` lists them\n  \
         = help: to take everything back: `--all` on the command line, RollbackTo::Nothing in code\n"
    );
    assert_eq!(
        steady(&run(db.url(), "rollback --to 003").done()),
        "public: nothing to roll back, at version 3 (N ms)\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_is_taken_back_with_what_would_be_lost_named_before() {
    let db = TestDatabase::create().await.unwrap();
    run(db.url(), "public").done();
    let insert = "INSERT INTO tenants (name, subdomain) SELECT 'T' || n, 't' || n FROM generate_series(1, 3) AS n";
    sqlx::raw_sql(insert).execute(&db.pool()).await.unwrap();
    run(db.url(), "setup --json");

    let plan = run(db.url(), "rollback --fleet --plan").done();
    assert!(
        plan.starts_with(
            "-- 3 tenants of 3 to roll back\n\n-- in 3 tenants:\n\
             -- migrations/tenant/008_add_payment_terms.down.sql\n\
             -- loses data: ALTER TABLE in line 1\nALTER TABLE customers\n"
        ),
        "{plan}"
    );
    let said = run(db.url(), "rollback --fleet");
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    assert_eq!(
        said.err,
        "error: rolling 3 tenants back loses data; nothing was run\n  \
         - migrations/tenant/008_add_payment_terms.down.sql:1: ALTER TABLE\n  \
         = help: see all of it with --plan; give --yes to go on\n"
    );
    let said = steady(&run(db.url(), "rollback --fleet --yes").done());
    let line = "tenant_UUID: 1 migration rolled back in N ms, at version 7\n";
    assert_eq!(said, line.repeat(3));
    // Nothing of 7 loses data.
    let report = run(db.url(), "rollback --fleet --to 6 --json").json();
    assert_eq!(report["rolled_back"].as_array().unwrap().len(), 3);
    assert_eq!(report["rolled_back"][0]["version"], "6");
    assert_eq!(
        run(db.url(), "rollback --fleet --to 6").done(),
        "3 tenants: nothing to do\n"
    );
    let said = run(db.url(), "rollback --fleet --to 8 --json");
    assert_eq!(said.code, 4);
    assert!(said.out.contains("none of them has it"), "{}", said.out);
    assert_eq!(
        run(db.url(), &format!("rollback --fleet --tenant {TENANT}")).code,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_taken_back_ends_with_6_and_keeps_nobody_else() {
    let db = migrated().await;
    let insert = "INSERT INTO tenants (id, name, subdomain) VALUES
        ('6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11', 'Acme', 'acme'), (gen_random_uuid(), 'Globex', 'globex')";
    sqlx::raw_sql(insert).execute(&db.pool()).await.unwrap();
    run(db.url(), "setup --json");
    let view = "CREATE VIEW tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11.mine AS
        SELECT vat_id FROM tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11.customers";
    sqlx::raw_sql(view).execute(&db.pool()).await.unwrap();
    let said = run(db.url(), "rollback --fleet --yes");
    assert_eq!((said.code, said.err.as_str()), (6, ""), "{}", said.out);
    assert!(
        said.out.contains(": 1 migration rolled back in "),
        "{}",
        said.out
    );
    let failed = "tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11: failed\n  ";
    assert!(said.out.contains(failed), "{}", said.out);
    let said = run(db.url(), "rollback --fleet --yes --failures 0");
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("1 tenant failed"), "{}", said.err);
}
