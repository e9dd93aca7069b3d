//! What is no drift.

use std::collections::HashSet;

use pgmig_runtime::{FingerprintOptions, fingerprint};
use pgmig_testkit::Proxy;
use sqlx::PgPool;

use crate::lab::{EVERYTHING, Lab, words};

/// Asserts that two schemas are the same, by their fingerprints too.
async fn assert_same(lab: &mut Lab, a: &str, b: &str) {
    for options in [
        FingerprintOptions::new(),
        FingerprintOptions::new().exact(true),
    ] {
        let (left, right) = (
            lab.describe_with(a, &options).await,
            lab.describe_with(b, &options).await,
        );
        assert!(!left.is_empty());
        assert_eq!(words(&left, &right), [""; 0], "{a} and {b}");
        assert_eq!(
            lab.print(a, &options).await,
            lab.print(b, &options).await,
            "{a} and {b}"
        );
    }
}

#[tokio::test]
async fn a_replay_into_another_schema_is_the_same() {
    let mut lab = Lab::with(&["tenant_a", "tenant_b"]).await;
    assert_same(&mut lab, "tenant_a", "tenant_b").await;
}

#[tokio::test]
async fn the_fingerprint_is_the_same_on_every_major_version() {
    let mut lab = Lab::with(&["tenant_a"]).await;
    let print = lab.print("tenant_a", &FingerprintOptions::new()).await;
    // Of `everything.sql`; changes with it, and with what counts.
    let known = "a97187bb9c858abe6d2d800959076413f70e7be3c4701fb632136da3c1dbc436";
    assert_eq!(print, known, "on PostgreSQL {}", lab.major());
}

#[tokio::test]
async fn names_that_need_quotes_are_the_same() {
    let names = [
        "tenant_a",
        "Tenant-1",
        "it's \"x\\y",
        "Ünï",
        "order",
        "user",
        "select",
    ];
    let mut lab = Lab::with(&names).await;
    for name in &names[1..] {
        assert_same(&mut lab, "tenant_a", name).await;
    }
}

#[tokio::test]
async fn a_schema_whose_name_stands_in_strings_comments_and_names_is_the_same() {
    let mut lab = Lab::with(&[
        "tenant_a", "invoices", "note", "a", "x", "public", "id", "owe",
    ])
    .await;
    let expected = lab.describe("tenant_a").await;
    for name in ["invoices", "note", "a", "x", "public", "id", "owe"] {
        let actual = lab.describe(name).await;
        assert_eq!(words(&expected, &actual), [""; 0], "{name}");
        assert_eq!(words(&actual, &expected), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_name_that_a_migration_put_into_strings_and_bodies_is_the_same() {
    let mut lab = Lab::new().await;
    for (schema, slot) in [("tenant_a", "\"tenant_a\""), ("Ten\"ant", "\"Ten\"\"ant\"")] {
        let script = r"
            CREATE TABLE t (s text DEFAULT '${schema}', p text DEFAULT 'in ${schema}.t');
            CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql SET search_path = ${schema}, pg_temp
            AS $$ BEGIN EXECUTE 'SET LOCAL search_path = ${schema}'; RETURN (SELECT s FROM ${schema}.t); END $$;
            COMMENT ON TABLE t IS 'of ${schema}';
        ";
        lab.fill(schema, &script.replace("${schema}", slot)).await;
    }
    assert_same(&mut lab, "tenant_a", "Ten\"ant").await;
}

#[tokio::test]
async fn another_order_of_creation_is_the_same() {
    let mut lab = Lab::new().await;
    lab.fill(
        "tenant_a",
        "CREATE TYPE s AS ENUM ('a'); CREATE TABLE t (a integer PRIMARY KEY, b s, c text);
         CREATE TABLE u (t integer REFERENCES t); CREATE INDEX i ON t (b); CREATE INDEX j ON t (c);
         COMMENT ON TABLE t IS 'x'; CREATE VIEW v AS SELECT a FROM t;",
    )
    .await;
    lab.fill(
        "tenant_b",
        "CREATE TABLE u (t integer); CREATE TYPE s AS ENUM ('a'); CREATE TABLE t (gone text, c text, a integer);
         COMMENT ON TABLE t IS 'x'; CREATE INDEX j ON t (c); ALTER TABLE t DROP gone; CREATE VIEW v AS SELECT a FROM t;
         ALTER TABLE t ADD b s; CREATE INDEX i ON t (b); ALTER TABLE t ADD PRIMARY KEY (a);
         ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t;",
    )
    .await;
    assert_same(&mut lab, "tenant_a", "tenant_b").await;
}

#[tokio::test]
async fn maintenance_and_rows_change_nothing() {
    let mut lab = Lab::with(&["tenant_a"]).await;
    let options = FingerprintOptions::new().exact(true);
    let before = lab.print("tenant_a", &options).await;
    lab.run("SET search_path = tenant_a").await;
    lab.run("INSERT INTO slots SELECT n, n FROM generate_series(1, 1000) n; SELECT nextval('invoice_number')").await;
    for statement in [
        // Not the whole database: that locks the catalogs that all databases share.
        "VACUUM FULL customers, invoices, slots, totals, events_2024_eu",
        "VACUUM FULL pg_class, pg_attribute, pg_constraint, pg_index, pg_type, pg_depend",
        "REINDEX SCHEMA tenant_a",
        "ANALYZE",
        "CLUSTER invoices",
        "REFRESH MATERIALIZED VIEW totals",
        "TRUNCATE customers, invoices",
    ] {
        lab.run(statement).await;
    }
    assert_eq!(before, lab.print("tenant_a", &options).await);
}

#[tokio::test]
async fn what_belongs_to_an_extension_does_not_count() {
    let mut lab = Lab::with(&["tenant_a", "tenant_b"]).await;
    lab.run(
        "SET search_path = tenant_b; CREATE TABLE of_extension (id serial PRIMARY KEY, x text);
         CREATE FUNCTION of_extension() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE TYPE of_it AS ENUM ('a');
         ALTER EXTENSION plpgsql ADD TABLE of_extension; ALTER EXTENSION plpgsql ADD SEQUENCE of_extension_id_seq;
         ALTER EXTENSION plpgsql ADD FUNCTION of_extension(); ALTER EXTENSION plpgsql ADD TYPE of_it; RESET search_path",
    )
    .await;
    assert_same(&mut lab, "tenant_a", "tenant_b").await;
}

#[tokio::test]
async fn an_ignored_table_does_not_count_nor_what_hangs_on_it() {
    let mut lab = Lab::with(&["tenant_a", "tenant_b"]).await;
    lab.run("CREATE TABLE tenant_b._sqlx_migrations (id serial PRIMARY KEY, at date); CREATE INDEX ON tenant_b._sqlx_migrations (at)").await;
    let options = FingerprintOptions::new().ignore("_sqlx_migrations");
    assert_eq!(
        lab.print("tenant_a", &options).await,
        lab.print("tenant_b", &options).await
    );
    assert_ne!(
        lab.print("tenant_a", &FingerprintOptions::new()).await,
        lab.print("tenant_b", &FingerprintOptions::new()).await
    );
}

#[tokio::test]
async fn the_settings_of_the_session_do_not_matter_and_are_left_as_they_were() {
    let mut lab = Lab::with(&["tenant_a"]).await;
    let options = FingerprintOptions::new().exact(true);
    let before = lab.print("tenant_a", &options).await;
    lab.run(
        "BEGIN; SET LOCAL search_path = tenant_a, public; SET LOCAL datestyle = 'German'; SET LOCAL timezone = 'Asia/Tokyo';
         SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL quote_all_identifiers = on; SET standard_conforming_strings = off",
    )
    .await;
    assert_eq!(before, lab.print("tenant_a", &options).await);
    for (setting, value) in [
        ("search_path", "tenant_a, public"),
        ("quote_all_identifiers", "on"),
        ("TimeZone", "Asia/Tokyo"),
    ] {
        let query = sqlx::AssertSqlSafe(format!("SELECT current_setting('{setting}')"));
        let found: String = sqlx::query_scalar(query)
            .fetch_one(&mut lab.connection)
            .await
            .unwrap();
        assert_eq!(found, value, "{setting}");
    }
}

#[tokio::test]
async fn the_ledger_and_schemas_that_do_not_exist_have_no_fingerprint() {
    let mut lab = Lab::with(&["tenant_a"]).await;
    lab.run("CREATE SCHEMA pgmig; CREATE TABLE pgmig.target (x integer); CREATE SCHEMA empty")
        .await;
    let schemas = ["tenant_a", "pgmig", "gone", "empty"];
    let found =
        pgmig_runtime::fingerprint(&mut lab.connection, &schemas, &FingerprintOptions::new())
            .await
            .unwrap();
    let names: Vec<&str> = found
        .iter()
        .map(pgmig_runtime::Fingerprint::schema)
        .collect();
    assert_eq!(names, ["empty", "tenant_a"]);
}

#[tokio::test]
async fn a_role_without_any_rights_sees_the_same() {
    let mut lab = Lab::with(&["tenant_a"]).await;
    let options = FingerprintOptions::new().exact(true);
    let before = lab.print("tenant_a", &options).await;
    lab.run("BEGIN; CREATE ROLE pgmig_nobody; SET LOCAL ROLE pgmig_nobody")
        .await;
    let seen = lab.print("tenant_a", &options).await;
    lab.run("ROLLBACK").await;
    assert_eq!(before, seen);
}

#[tokio::test]
async fn columns_in_another_order_count_only_when_asked_for() {
    let mut lab = Lab::new().await;
    lab.fill("tenant_a", "CREATE TABLE t (a integer, b integer)")
        .await;
    lab.fill("tenant_b", "CREATE TABLE t (b integer, a integer)")
        .await;
    assert_same(&mut lab, "tenant_a", "tenant_b").await;
    let options = FingerprintOptions::new().column_order(true);
    let (a, b) = (
        lab.describe_with("tenant_a", &options).await,
        lab.describe_with("tenant_b", &options).await,
    );
    assert_eq!(
        words(&a, &b),
        [
            "column t.a: position is 2, expected 1",
            "column t.b: position is 1, expected 2"
        ]
    );
    assert_ne!(
        lab.print("tenant_a", &options).await,
        lab.print("tenant_b", &options).await
    );
}

#[tokio::test]
async fn a_schema_made_again_from_its_differences_to_nothing_is_the_same() {
    let mut lab = Lab::new().await;
    let script = EVERYTHING.split_once("CREATE OPERATOR").unwrap().0;
    lab.fill("tenant_a", script).await;
    lab.run("CREATE SCHEMA tenant_b").await;
    let (a, b) = (
        lab.describe("tenant_a").await,
        lab.describe("tenant_b").await,
    );
    let drift = pgmig_runtime::Drift::between(&a, &b).unwrap();
    assert!(drift.is_repairable(), "{drift}");
    lab.run("SET search_path = tenant_b").await;
    for statement in drift.repair() {
        lab.run(statement).await;
    }
    let b = lab.describe("tenant_b").await;
    assert_eq!(words(&a, &b), [""; 0]);
}

/// A `pg_dump` on PATH that understands the server.
fn pg_dump(server: u32) -> Option<&'static str> {
    let output = std::process::Command::new("pg_dump")
        .arg("--version")
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).unwrap();
    let major: u32 = version
        .split(") ")
        .nth(1)?
        .split(['.', ' ', 'b', 'r'])
        .next()?
        .parse()
        .ok()?;
    (major >= server).then_some("pg_dump")
}

#[tokio::test]
async fn a_dump_that_is_restored_is_the_same() {
    let mut lab = Lab::with(&["tenant_a", "Ten'ant\"\\"]).await;
    let Some(pg_dump) = pg_dump(lab.major()) else {
        eprintln!(
            "not tried: no pg_dump on PATH for PostgreSQL {}",
            lab.major()
        );
        return;
    };
    let options = FingerprintOptions::new().exact(true).grants(true);
    let mut before = Vec::new();
    for schema in ["tenant_a", "Ten'ant\"\\"] {
        before.push((
            schema,
            lab.describe_with(schema, &options).await,
            lab.print(schema, &options).await,
        ));
    }
    let output = std::process::Command::new(pg_dump)
        .args(["--schema-only", lab.db.url()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let dump = String::from_utf8(output.stdout).unwrap();
    // What only psql understands, and a setting that is newer than the server may be.
    let foreign =
        |line: &&str| line.starts_with('\\') || line.starts_with("SET transaction_timeout");
    let dump: Vec<&str> = dump.lines().filter(|line| !foreign(line)).collect();
    let mut restored = Lab::new().await;
    restored.run(dump.join("\n")).await;
    for (schema, description, print) in before {
        let after = restored.describe_with(schema, &options).await;
        assert_eq!(words(&description, &after), [""; 0], "{schema}");
        assert_eq!(print, restored.print(schema, &options).await, "{schema}");
    }
}

#[tokio::test]
async fn one_statement_is_enough_for_thousands_of_schemas() {
    const SCHEMAS: usize = 2000;
    let mut lab = Lab::new().await;
    // One of them is different. A transaction over all would need more locks than there are.
    lab.run(format!(
        "DO $$ BEGIN FOR n IN 1..{SCHEMAS} LOOP
           EXECUTE format('CREATE SCHEMA t%s CREATE TABLE notes (id integer, body %s)', n, CASE n WHEN 7 THEN 'varchar' ELSE 'text' END);
           IF n % 100 = 0 THEN COMMIT; END IF;
         END LOOP; END $$"
    ))
    .await;
    let proxy = Proxy::start(&lab.db).await.unwrap();
    let pool = PgPool::connect(proxy.url()).await.unwrap();
    let names: Vec<String> = (1..=SCHEMAS).map(|n| format!("t{n}")).collect();
    proxy.reset();
    let found = fingerprint(&pool, &names, &FingerprintOptions::new()).await;
    let found = found.unwrap();
    let sent = proxy.sent().into_iter();
    assert_eq!(sent.filter_map(|message| message.sql).count(), 1);
    assert_eq!(found.len(), SCHEMAS);
    let different: HashSet<_> = found.iter().map(|print| print.digest()).collect();
    assert_eq!(different.len(), 2);
}
