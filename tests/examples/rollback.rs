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
         = help: give a version that is; `status` lists them\n"
    );
    assert_eq!(
        steady(&run(db.url(), "rollback --to 003").done()),
        "public: nothing to roll back, at version 3 (N ms)\n"
    );
}
