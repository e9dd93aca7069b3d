//! The app's own `verify`: schemas that somebody changed by hand.

use pgmig_testkit::TestDatabase;
use sqlx::AssertSqlSafe;

use super::program::run;

const TENANTS: [&str; 3] = [
    "00000000-0000-0000-0000-00000000000a",
    "00000000-0000-0000-0000-00000000000b",
    "00000000-0000-0000-0000-00000000000c",
];

fn schema(tenant: &str) -> String {
    format!("tenant_{}", tenant.replace('-', ""))
}

async fn execute(db: &TestDatabase, sql: impl Into<String>) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
    sql.execute(&db.pool()).await.unwrap();
}

/// A database with three tenants.
async fn migrated() -> TestDatabase {
    let db = TestDatabase::create().await.unwrap();
    run(db.url(), "public").done();
    for tenant in TENANTS {
        run(db.url(), &format!("tenant {tenant}")).done();
    }
    db
}

/// What somebody did by hand: the same to two tenants, something else to the third and to `public`.
async fn drifted() -> TestDatabase {
    let db = migrated().await;
    for tenant in &TENANTS[..2] {
        let index = format!("DROP INDEX {}.payments_booked_by_idx", schema(tenant));
        execute(&db, index).await;
    }
    let column = format!(
        "ALTER TABLE {}.payments ADD COLUMN note text",
        schema(TENANTS[2])
    );
    execute(&db, column).await;
    execute(
        &db,
        "ALTER TABLE audit_events ALTER created_at DROP DEFAULT",
    )
    .await;
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_that_are_what_their_migrations_make_end_with_0() {
    let db = migrated().await;
    let said = run(db.url(), "verify").done();
    let sound = "4 schemas are what their migrations make (";
    assert!(said.starts_with(sound), "{said}");
    assert_eq!(
        run(db.url(), "verify --sql").done(),
        "-- nothing to repair\n"
    );
    let found = run(db.url(), &format!("verify --tenant {}  --json", TENANTS[1])).json();
    assert_eq!(
        (&found["sound"], &found["drifted"]),
        (&1.into(), &serde_json::json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_ends_with_11_and_is_told_in_groups_with_what_repairs_it() {
    let db = drifted().await;
    let said = run(db.url(), "verify");
    assert_eq!((said.code, said.err.as_str()), (11, ""));
    let [a, b, c] = TENANTS.map(schema);
    assert_eq!(
        said.out,
        format!(
            "4 schemas are not what their migrations make\n\n\
             {a}, {b}:\n  - index payments_booked_by_idx missing\n  \
             repaired by, in {a} (the others: --sql):\n    \
             CREATE INDEX payments_booked_by_idx ON {a}.payments USING btree (booked_by);\n\n\
             public:\n  - column audit_events.created_at: default is none, expected now()\n  \
             repaired by:\n    \
             ALTER TABLE public.audit_events ALTER COLUMN created_at SET DEFAULT now();\n\n\
             {c}:\n  - column payments.note unexpected\n  1 difference to be decided by hand\n"
        )
    );
    let tenants = run(db.url(), "verify --fleet --json");
    assert_eq!(tenants.code, 11);
    let drifted = &tenants.json()["drifted"];
    assert_eq!(drifted[0]["schemas"], serde_json::json!([a, b]));
    assert_eq!(
        drifted[1]["differences"][0]["change"]["change"],
        "unexpected"
    );
    assert_eq!(drifted.as_array().unwrap().len(), 2);
    assert_eq!(
        run(db.url(), "verify --public")
            .out
            .matches("repaired by")
            .count(),
        1
    );
    assert_eq!(run(db.url(), "verify --public --fleet").code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sql_writes_repairs_all_that_is_mechanical() {
    let db = drifted().await;
    let repairs = run(db.url(), "verify --sql");
    assert_eq!(repairs.code, 11);
    let by_hand = "-- - by hand: column payments.note unexpected\n";
    assert!(repairs.out.contains(by_hand), "{}", repairs.out);
    execute(&db, repairs.out).await;
    let said = run(db.url(), "verify");
    let left = "1 schema is not what its migrations make\n";
    assert!(said.out.contains(left), "{}", said.out);
    assert!(said.out.starts_with("3 schemas are what"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_cannot_be_compared_ends_with_6_and_is_told() {
    let db = migrated().await;
    let unknown = "00000000-0000-0000-0000-00000000000d";
    let said = run(db.url(), &format!("verify --tenant {unknown}"));
    assert_eq!((said.code, said.err.as_str()), (6, ""));
    let told = format!(
        "{}: not compared: the ledger does not have it\n",
        schema(unknown)
    );
    assert_eq!(said.out, told);
    execute(&db, format!("DROP SCHEMA {} CASCADE", schema(TENANTS[0]))).await;
    let said = run(db.url(), "verify");
    assert_eq!(said.code, 6);
    let gone = format!("{}: not compared: it does not exist\n", schema(TENANTS[0]));
    assert!(said.out.contains(&gone), "{}", said.out);
}
