//! The app's own `adopt`: a database that was there before pgmig.

use pgmig_testkit::TestDatabase;
use sqlx::AssertSqlSafe;

use super::program::run;

/// A migrated database whose ledger is gone: what a restore of the application's schemas leaves.
async fn without_ledger() -> TestDatabase {
    let db = TestDatabase::create().await.unwrap();
    run(db.url(), "public").done();
    execute(&db, "DROP SCHEMA pgmig CASCADE").await;
    db
}

async fn execute(db: &TestDatabase, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    sql.execute(&db.pool()).await.unwrap();
}

/// The newest version of public that the example carries.
fn newest() -> String {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/public"));
    let names = files
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let ups = names.filter(|name| name.ends_with(".sql") && !name.ends_with(".down.sql"));
    let newest = ups.max().unwrap();
    let version = newest.split('_').next().unwrap();
    version.trim_start_matches('0').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_ledger_is_adopted_where_it_is_what_the_migrations_make() {
    let db = without_ledger().await;
    let at = newest();
    let said = run(db.url(), &format!("adopt --at {at}")).done();
    let head = format!("public: adopted at version {at} (");
    assert!(said.starts_with(&head), "{said}");
    assert!(
        run(db.url(), "public")
            .done()
            .starts_with("public: nothing to do")
    );
    let again = run(db.url(), &format!("adopt --at {at}"));
    assert_eq!(again.code, 4, "{}", again.err);
    assert!(
        again.err.contains("the ledger has it at version"),
        "{}",
        again.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_something_else_ends_with_11_and_is_told_how() {
    let db = without_ledger().await;
    let at = newest();
    execute(
        &db,
        "ALTER TABLE audit_events ALTER created_at DROP DEFAULT",
    )
    .await;
    let said = run(db.url(), &format!("adopt --at {at}"));
    assert_eq!(said.code, 11, "{}", said.err);
    assert!(said.err.contains("audit_events.created_at"), "{}", said.err);
    assert!(said.err.contains("nothing was written"), "{}", said.err);
    let json = run(db.url(), &format!("adopt --at {at} --json"));
    assert_eq!(json.code, 11);
    assert!(json.out.contains("\"verification\""), "{}", json.out);
}
