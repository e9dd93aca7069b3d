//! The commands that an app carries.

use std::process::Stdio;

use pgmig_testkit::TestDatabase;

use super::program::{run, service, steady};

const TENANT: &str = "6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11";
const SCHEMA: &str = "tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11";

const PUBLIC: &str = "\
public: 3 migrations applied in N ms
  1  create_public_tables      N ms
  2  touch_updated_at          N ms
  3  create_audit_events       N ms
";

const TENANT_NAMES: &str = "  \
  1 create_customers, 2 create_projects, 3 create_invoices, 4 protect_closed_invoices,
  5 create_payments, 6 create_open_invoices, 7 index_customers_by_name, 8 add_payment_terms
";

async fn database() -> TestDatabase {
    TestDatabase::create().await.unwrap()
}

async fn execute(database: &TestDatabase, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&database.pool()).await.unwrap();
}

/// A tenant that is on record and has no schema yet.
async fn register(database: &TestDatabase) {
    execute(
        database,
        "INSERT INTO tenants (id, name, subdomain)
         VALUES ('6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11', 'Acme', 'acme')",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_says_what_it_applied_and_then_that_nothing_is_left() {
    let db = database().await;
    assert_eq!(steady(&run(db.url(), "public").done()), PUBLIC);
    assert_eq!(
        steady(&run(db.url(), "public").done()),
        "public: nothing to do (N ms)\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tenant_makes_the_schema_of_one_tenant() {
    let db = database().await;
    run(db.url(), "public").done();
    let said = run(db.url(), &format!("tenant {TENANT}")).done();
    let said = steady(&said);
    let mut lines = said.lines();
    assert_eq!(
        lines.next(),
        Some("tenant_UUID: created, 8 migrations applied in N ms")
    );
    assert_eq!(lines.next(), Some("  1  create_customers             N ms"));
    assert_eq!(lines.count(), 7, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_migrates_public_and_then_the_tenants_that_are_on_record() {
    let db = database().await;
    assert_eq!(
        steady(&run(db.url(), "setup").done()),
        format!("{PUBLIC}no active tenants\n")
    );
    register(&db).await;
    assert_eq!(
        steady(&run(db.url(), "setup").done()),
        format!(
            "public: nothing to do (N ms)\n\
             tenant_UUID: created, 8 migrations applied in N ms\n{TENANT_NAMES}"
        )
    );
    assert_eq!(
        steady(&run(db.url(), "setup").done()),
        "public: nothing to do (N ms)\n1 tenant: nothing to do\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_what_is_applied_and_what_is_not() {
    let db = database().await;
    let before = "\
public: nothing applied
  1  create_public_tables  pending
  2  touch_updated_at      pending
  3  create_audit_events   pending
";
    assert_eq!(run(db.url(), "status").done(), before);
    run(db.url(), "setup").done();
    register(&db).await;
    let said = run(db.url(), "status").done();
    assert!(
        said.starts_with(
            "public: at version 3, up to date\n  1  create_public_tables  applied  20"
        ),
        "{said}"
    );
    assert!(said.contains(" by pgmig 0.1.0\n"), "{said}");
    assert!(
        said.ends_with(&format!("{SCHEMA}: nothing applied, new\n")),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_check_ends_with_10_as_long_as_something_is_left() {
    let db = database().await;
    assert_eq!(run(db.url(), "status --check").code, 10);
    run(db.url(), "setup").done();
    assert_eq!(run(db.url(), "status --check").code, 0);
    register(&db).await;
    assert_eq!(run(db.url(), "status --check").code, 10);
    run(db.url(), "setup").done();
    assert_eq!(run(db.url(), "status --check").code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_prints_sql_and_changes_nothing() {
    let db = database().await;
    let said = run(db.url(), "plan").done();
    assert!(
        said.starts_with(
            "-- public: 3 migrations to apply\n\n\
             -- migrations/public/001_create_public_tables.sql\n"
        ),
        "{said}"
    );
    assert!(said.contains("\nCREATE TABLE tenants ("), "{said}");
    assert_eq!(run(db.url(), "plan").done(), said);
    // All of it is SQL: run by hand, it is what was planned.
    sqlx::raw_sql(sqlx::AssertSqlSafe(said))
        .execute(&db.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_says_when_nothing_is_left() {
    let db = database().await;
    run(db.url(), "setup").done();
    assert_eq!(run(db.url(), "plan").done(), "-- nothing to do\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_json_each_command_answers_with_one_document() {
    let db = database().await;
    let plan = run(db.url(), "plan --json").json();
    assert_eq!(plan[0]["target"]["schema"], "public");
    assert_eq!(
        plan[0]["pending"][0]["path"],
        "migrations/public/001_create_public_tables.sql"
    );
    let setup = run(db.url(), "setup --json").json();
    assert_eq!(setup["public"]["applied"][2]["name"], "create_audit_events");
    assert_eq!(setup["tenants"]["migrated"], serde_json::json!([]));
    let tenant = run(db.url(), &format!("tenant {TENANT} --json")).json();
    assert_eq!(tenant["target"]["schema"], SCHEMA);
    assert_eq!(tenant["target"]["tenant"], TENANT);
    assert_eq!(tenant["created"], true);
    assert!(tenant["duration_ms"].is_u64());
    let public = run(db.url(), "public --json").json();
    assert_eq!(public["applied"], serde_json::json!([]));
    let status = run(db.url(), "status --json").json();
    assert_eq!(status["public"]["migrations"][0]["state"], "applied");
    assert_eq!(status["tenants"][0]["state"], "up-to-date");
}

#[test]
fn without_a_database_the_error_says_how_to_name_one() {
    let said = run("", "public");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert_eq!(
        said.err,
        "error: no database is named\n  = help: set DATABASE_URL, or give --database-url \
         postgres://user:password@host:5432/name\n"
    );
}

#[test]
fn a_database_that_cannot_be_reached_ends_with_3_and_the_reason() {
    // Nothing listens on port 1.
    let said = run("postgres://nobody@127.0.0.1:1/none", "public --wait 0");
    assert_eq!((said.code, said.out.as_str()), (3, ""));
    assert!(said.err.contains("refused"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_up_needs_no_waiting() {
    let db = database().await;
    assert_eq!(run(db.url(), "public --wait 0").code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_exist_is_told_and_not_waited_for() {
    let db = database().await;
    let said = run(&format!("{}_gone", db.url()), "public");
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{}", said.err);
    assert!(said.err.contains("does not exist"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_ends_with_1_and_names_its_place() {
    let db = database().await;
    execute(&db, "CREATE TABLE sessions (id int)").await;
    let said = run(db.url(), "setup");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(
        said.err
            .contains("migrations/public/001_create_public_tables.sql:"),
        "{}",
        said.err
    );
    let error = run(db.url(), "setup --json").json()["error"].clone();
    assert_eq!(error["exit"], "failed");
    assert_eq!(error["statement"]["sqlstate"], "42P07");
    assert_eq!(error["statement"]["line"], 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_fails_ends_with_6_and_keeps_nobody_else_back() {
    let db = database().await;
    run(db.url(), "public").done();
    register(&db).await;
    execute(
        &db,
        "INSERT INTO tenants (name, subdomain) VALUES ('Globex', 'globex');
         CREATE SCHEMA tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11;
         CREATE TABLE tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11.payments (id int)",
    )
    .await;
    let said = run(db.url(), "setup");
    assert_eq!((said.code, said.err.as_str()), (6, ""), "{}", said.out);
    let out = &said.out;
    assert!(out.contains(": created, 8 migrations applied in "), "{out}");
    assert!(out.contains(&format!("\n{SCHEMA}: failed\n")), "{out}");
    let place = "migrations/tenant/005_create_payments.sql:3:14";
    assert!(out.contains(place), "{out}");
    let again = run(db.url(), "setup --json");
    assert_eq!(again.code, 6);
    let tenants = &again.json()["tenants"];
    assert_eq!(tenants["failed"][0]["target"]["schema"], SCHEMA);
    assert_eq!(tenants["migrated"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_disagrees_ends_with_4_and_runs_nothing_until_the_edit_is_accepted() {
    let db = database().await;
    run(db.url(), "setup").done();
    execute(
        &db,
        r"UPDATE pgmig.history SET checksum = 'v1:' || repeat('0', 64) WHERE version = '2';
          UPDATE pgmig.history SET head = '\x00' WHERE version IN ('2', '3');
          UPDATE pgmig.target SET head = '\x00' WHERE schema = 'public'",
    )
    .await;
    let said = run(db.url(), "setup");
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    assert!(
        said.err
            .contains("migrations/public/002_touch_updated_at.sql was edited"),
        "{}",
        said.err
    );
    let error = run(db.url(), "setup --json").json()["error"].clone();
    assert_eq!(error["exit"], "refused");
    assert_eq!(error["disagreements"][0]["kind"], "edited");

    let zeros = "0".repeat(64);
    let said = run(db.url(), "repair public 002").done();
    assert!(said.starts_with("public: version 2 accepted\n"), "{said}");
    assert!(
        said.contains(&format!("was v1:{zeros}\n  is  v1:")),
        "{said}"
    );
    run(db.url(), "setup").done();
    assert_eq!(
        run(db.url(), "repair public 2").done(),
        "nothing to repair\n"
    );
    assert_eq!(run(db.url(), "repair nobody 2").code, 2);
    assert_eq!(run(db.url(), "repair tenant 99").code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_terminals_and_not_for_those_who_want_none() {
    let db = database().await;
    let url = db.url();
    let plain = String::from_utf8(
        service("status")
            .env("DATABASE_URL", url)
            .output()
            .unwrap()
            .stdout,
    );
    assert!(!plain.unwrap().contains('\x1b'));
    let mut forced = service("status");
    forced.env("DATABASE_URL", url).env("CLICOLOR_FORCE", "1");
    let coloured = String::from_utf8(forced.output().unwrap().stdout).unwrap();
    assert!(coloured.contains('\x1b'), "{coloured}");
    let mut refused = service("status");
    refused.env("DATABASE_URL", url).env("NO_COLOR", "1");
    let without = String::from_utf8(refused.output().unwrap().stdout).unwrap();
    assert!(!without.contains('\x1b'), "{without}");
}

#[test]
fn each_command_has_help_with_examples_and_never_shows_the_password() {
    for command in [
        "public", "tenant", "setup", "status", "plan", "verify", "rollback", "repair", "adopt",
        "export",
    ] {
        let mut help = service(&format!("{command} --help"));
        help.env("DATABASE_URL", "postgres://me:secret@localhost/shop");
        let said = String::from_utf8(help.output().unwrap().stdout).unwrap();
        assert!(said.contains("Examples:\n  app "), "{said}");
        assert!(said.contains("--json"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let db = database().await;
    let mut plan = service("plan");
    plan.env("DATABASE_URL", db.url());
    plan.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = plan.spawn().unwrap();
    drop(running.stdout.take());
    let output = running.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_fails_is_in_the_status_and_on_the_page() {
    let db = database().await;
    run(db.url(), "setup").done();
    register(&db).await;
    execute(
        &db,
        "CREATE SCHEMA tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11;
         CREATE TABLE tenant_6b1f6f0a3f0e4b539a530d6c1a0e7f11.customers (id int)",
    )
    .await;
    let said = run(db.url(), "setup");
    assert_eq!((said.code, said.err.as_str()), (6, ""), "{}", said.out);
    assert!(said.out.contains("failed\n  "), "{}", said.out);
    let events = run(db.url(), "setup --json");
    assert_eq!(events.code, 6);
    assert!(
        events.err.contains("\"event\":\"failed\""),
        "{}",
        events.err
    );
    assert_eq!(
        events.json()["tenants"]["failed"][0]["target"]["schema"],
        SCHEMA
    );

    let page = tempfile::tempdir().unwrap();
    let path = page.path().join("fleet.html");
    let said = run(db.url(), &format!("status --html {}", path.display())).done();
    assert!(said.starts_with("1 tenant\n        1  failed\n"), "{said}");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page.contains("<i class=\"failed\" title=\"tenant_6b1f"),
        "{page}"
    );
    assert!(page.contains("already exists"));
    assert!(!page.contains("<script") && !page.contains("http"));
    let status = run(db.url(), "status --fleet --json").json();
    assert_eq!(status["states"][0]["state"], "failed");
    assert_eq!(run(db.url(), "status --fleet --check").code, 10);
}
