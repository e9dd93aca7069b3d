//! The database commands of `cargo pgmig`: an app's own, from its folder.

use pgmig_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, PgPool};

use super::project::{Project, Said};

const TENANT: &str = "6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11";
const ELSEWHERE: &str = "--database-url postgres://me:secret@db.invalid/shop --wait 0";

fn project() -> Project {
    let project = Project::new();
    project.write(
        "migrations/public/001_tenants.sql",
        "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);",
    );
    project.write(
        "migrations/public/001_tenants.down.sql",
        "DROP TABLE tenants;",
    );
    project.write(
        "migrations/tenant/001_notes.sql",
        "CREATE TABLE notes (note text);",
    );
    assert_eq!(project.run("lock").code, 0);
    project
}

fn run(project: &Project, db: &TestDatabase, args: &str) -> Said {
    project.run(&format!("{args} --database-url {}", db.url()))
}

async fn count(pool: &PgPool, query: &str) -> i64 {
    let query = AssertSqlSafe(query.to_owned());
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_commands_run_from_its_folder_with_its_answers_and_exit_codes() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    let said = run(&project, &db, "status --check");
    assert_eq!(said.code, 10, "{said:?}");
    let said = run(&project, &db, "setup");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.starts_with("public: 1 migration applied"),
        "{}",
        said.out
    );
    let said = run(&project, &db, &format!("tenant {TENANT}"));
    assert_eq!(said.code, 0, "{said:?}");
    let said = run(&project, &db, "status --json");
    let status: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        status["public"]["migrations"][0]["state"], "applied",
        "{status}"
    );
    let pool = db.pool();
    let by = "SELECT count(*) FROM pgmig.history WHERE app LIKE 'cargo-pgmig %'";
    assert_eq!(count(&pool, by).await, 2);
    assert_eq!(run(&project, &db, "verify").code, 0);

    let said = run(&project, &db, "rollback");
    assert_eq!(said.code, 4, "it loses data: {said:?}");
    assert_eq!(run(&project, &db, "rollback --yes").code, 0);
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pg_tables WHERE tablename = 'tenants'"
        )
        .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_sets_in_code_is_set_by_options() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    let settings = "--ledger-schema books --tenant-schema shop_{id}";
    assert_eq!(run(&project, &db, &format!("public {settings}")).code, 0);
    let pool = db.pool();
    sqlx::raw_sql(AssertSqlSafe(format!(
        "INSERT INTO tenants VALUES ('{TENANT}', false)"
    )))
    .execute(&pool)
    .await
    .unwrap();
    let mut setup = project.command(&format!("setup {settings}"));
    setup.args(["--tenants-query", "SELECT id FROM tenants"]);
    setup.args(["--database-url", db.url()]);
    let output = setup.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let schema = "SELECT count(*) FROM pg_tables WHERE schemaname = \
                  'shop_6b1f6f0a3f0e4b539a530d6c1a0e7f11'";
    assert_eq!(count(&pool, schema).await, 1);
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM books.target WHERE tenant IS NOT NULL"
        )
        .await,
        1
    );
    let said = project.run("setup --tenant-schema shop");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("all tenants would share it"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_runs_on_this_machine_and_elsewhere_only_where_that_is_said() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    project.write("migrations/public/002_draft.sql", "CREATE TABLE draft ();");
    let local = db.url().contains("@127.0.0.1") || db.url().contains("@localhost");
    if local {
        assert_eq!(run(&project, &db, "public").code, 0);
    }
    let said = project.run(&format!("public {ELSEWHERE}"));
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.err.starts_with(
            "error: the folder has drafts, and the database is on db.invalid; nothing was run\n  \
             = note: migrations/public/002_draft.sql\n"
        ),
        "{}",
        said.err
    );
    let said = project.run(&format!("setup --json {ELSEWHERE}"));
    let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said.code, &answer["error"]["exit"]),
        (4, &"refused".into()),
        "{answer}"
    );
    // To look is no harm, and what is allowed is tried.
    for args in ["plan", "public --allow-drafts"] {
        let said = project.run(&format!("{args} {ELSEWHERE}"));
        assert_eq!(said.code, 3, "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_mistakes_runs_nothing_and_a_failing_statement_is_told_at_its_file() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    project.write(
        "migrations/public/002_wrong.sql",
        "SELECT 1;\nCREATE TABEL x ();",
    );
    let said = run(&project, &db, "public");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("migrations/public/002_wrong.sql:2:8"),
        "{}",
        said.err
    );
    let ledger = "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgmig'";
    assert_eq!(count(&db.pool(), ledger).await, 0);

    project.write(
        "migrations/public/002_wrong.sql",
        "SELECT 1;\nSELECT 1 / 0;",
    );
    assert_eq!(project.run("lock").code, 0);
    let said = run(&project, &db, "public");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.starts_with("error: division by zero"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("migrations/public/002_wrong.sql:2:1"),
        "{}",
        said.err
    );
}

#[test]
fn each_command_of_an_app_has_its_examples_as_they_are_typed_here() {
    let project = Project::new();
    for command in [
        "public", "tenant", "setup", "status", "plan", "verify", "rollback", "repair",
    ] {
        let help = project.done(&format!("{command} --help"));
        assert!(
            help.contains(&format!("\n  cargo pgmig {command}")),
            "{help}"
        );
        assert!(!help.contains("\n  app "), "{help}");
        assert!(help.contains("--ledger-schema"), "{help}");
    }
    for command in [
        "init", "new", "lock", "check", "lint", "renumber", "diff", "diagram",
    ] {
        let help = project.done(&format!("{command} --help"));
        assert!(help.contains("Examples:\n  cargo pgmig"), "{help}");
    }
    let help = project.done("--help");
    assert!(help.contains("cargo pgmig diagram -o schema.svg"), "{help}");
}

#[test]
fn the_files_can_be_written_out_and_the_commands_completed() {
    let project = project();
    project.done("export copy");
    for file in [
        "pgmig.lock",
        "public/001_tenants.sql",
        "tenant/001_notes.sql",
    ] {
        let (copy, own) = (format!("copy/{file}"), format!("migrations/{file}"));
        assert_eq!(project.read(&copy), project.read(&own));
    }
    let script = project.done("completions bash");
    assert!(
        script.contains("cargo-pgmig") && script.contains("diagram"),
        "{script}"
    );
}

#[test]
fn each_command_says_what_it_does_and_not_what_its_settings_are() {
    let project = project();
    let all = project.run("--help");
    for (command, about) in [
        ("public", "Migrate the schema `public`"),
        ("tenant", "Migrate the schema of one tenant"),
        ("setup", "Migrate `public`, then"),
        ("status", "Show what is applied where"),
        ("plan", "Show what `setup` would run"),
        ("verify", "Compare schemas with what their migrations make"),
        ("rollback", "Take the newest migration back"),
        ("repair", "Accept that a migration was edited"),
        ("adopt", "Take a schema that the ledger does not have"),
        ("export", "Write the migrations"),
    ] {
        let mut lines = all.out.lines().map(str::trim);
        let line = lines.find(|line| line.starts_with(&format!("{command} ")));
        let line = line.unwrap_or_else(|| panic!("{command} is not in {}", all.out));
        assert!(line.contains(about), "{line}");
        let said = project.run(&format!("{command} --help"));
        assert!(said.out.starts_with(about), "{}", said.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_get_in_is_told_where_and_what_to_do() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    let (server, _) = db.url().rsplit_once('/').unwrap();
    let said = project.run(&format!(
        "status --wait 0 --database-url {server}/not_there"
    ));
    assert_eq!(said.code, 3, "{said:?}");
    let start =
        "error: cannot read the ledger: database \"not_there\" does not exist\n  = server: ";
    assert!(said.err.starts_with(start), "{}", said.err);
    assert!(
        said.err.contains("= help: name another database"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("database not_there, role "),
        "{}",
        said.err
    );

    let closed = "postgres://me:secret@127.0.0.1:1/shop";
    let said = project.run(&format!("status --wait 0 --database-url {closed}"));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.err
            .contains("= server: 127.0.0.1:1, database shop, role me"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("= help: see that the server runs"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("secret"), "{}", said.err);

    let said = project.run("status --database-url mysql://me@127.0.0.1/shop");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("begins with `mysql://`"), "{}", said.err);
    let said = project.run("status --database-url shop");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("= help: it looks like postgres://"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_drizzle_kit_generated_beside_public_is_shown_and_a_probe_waits_for_it() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    project.write(
        "migrations/drizzle/20260101000000_plans/migration.sql",
        "CREATE TABLE plans (id int);",
    );
    project.write(
        "migrations/drizzle/20260101000000_plans/snapshot.json",
        "{}",
    );
    assert_eq!(project.run("lock").code, 0);
    assert_eq!(run(&project, &db, "public").code, 0);
    for status in ["status --check", "status --check --fleet"] {
        assert_eq!(run(&project, &db, status).code, 0, "{status}");
    }
    let said = run(&project, &db, "status");
    assert!(
        said.out
            .contains("public (drizzle): at version 20260101000000, up to date\n"),
        "{}",
        said.out
    );

    project.write(
        "migrations/drizzle/20260102000000_more/migration.sql",
        "ALTER TABLE plans ADD COLUMN more int;",
    );
    project.write("migrations/drizzle/20260102000000_more/snapshot.json", "{}");
    assert_eq!(project.run("lock").code, 0);
    for status in ["status --check", "status --check --fleet"] {
        assert_eq!(run(&project, &db, status).code, 10, "{status}");
    }
    let said = run(&project, &db, "status");
    assert!(
        said.out.contains("  20260102000000  more   pending\n"),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_lists_no_tenants_is_told_by_status() {
    let (project, db) = (project(), TestDatabase::create().await.unwrap());
    assert_eq!(run(&project, &db, "public").code, 0);
    let mut status = project.command("status --tenants-query");
    status.args(["SELECT ids FROM tenants", "--database-url", db.url()]);
    let output = status.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        out.contains("tenants: cannot be listed: column \"ids\" does not exist"),
        "{out}"
    );
}
