//! `cargo pgmig baseline`, on a real server.

use pgmig_testkit::{PrivateServer, TestDatabase};
use sqlx::{AssertSqlSafe, PgPool};

use super::project::Project;

/// A history with whatever a schema can have, rows, and changes of what was made before.
const PUBLIC: [(&str, &str); 4] = [
    (
        "001_users",
        "CREATE TYPE role AS ENUM ('reader');
         CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL, role role);
         COMMENT ON TABLE users IS 'Who may log in; ''quoted''';
         CREATE SCHEMA audit;
         CREATE TABLE audit.log (at timestamptz NOT NULL DEFAULT now(), what jsonb);",
    ),
    (
        "002_writer",
        "-- pgmig: no-transaction\nALTER TYPE role ADD VALUE 'writer';\nVACUUM users;",
    ),
    (
        "003_rows",
        "INSERT INTO users (mail, role) VALUES ('a@example.org', 'writer'), (E'o''neil\\n@example.org', NULL);
         INSERT INTO audit.log (what) VALUES ('{\"a\": [1, \"x, (y\"]}');
         INSERT INTO audit.log (at, what) VALUES ('2020-01-01', NULL);",
    ),
    (
        "004_rules",
        "CREATE UNIQUE INDEX users_mail ON users (lower(mail)) WHERE role IS NOT NULL;
         ALTER TABLE users ADD COLUMN domain text GENERATED ALWAYS AS (split_part(mail, '@', 2)) STORED;
         CREATE VIEW writers AS SELECT id, mail FROM users WHERE role = 'writer';
         CREATE MATERIALIZED VIEW domains AS SELECT domain, count(*) FROM users GROUP BY domain;
         CREATE FUNCTION users_of(d text) RETURNS SETOF users LANGUAGE sql STABLE AS $$ SELECT * FROM users WHERE domain = d $$;
         ALTER TABLE users ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON users USING (mail = current_user);
         REVOKE ALL ON users FROM CURRENT_USER; GRANT SELECT, INSERT, UPDATE, DELETE ON users TO PUBLIC;",
    ),
];

const TENANT: [(&str, &str); 3] = [
    (
        "001_plans",
        "CREATE TABLE plans (id serial PRIMARY KEY, name text NOT NULL UNIQUE, key uuid NOT NULL DEFAULT gen_random_uuid());
         INSERT INTO plans (name) VALUES ('free'), ('pro');
         INSERT INTO plans (name, key) VALUES ('fixed', '00000000-0000-0000-0000-000000000001');",
    ),
    (
        "002_invoices",
        "CREATE TABLE invoices (id int, plan int REFERENCES plans (id), payer bigint REFERENCES public.users (id), total numeric(10, 2), CHECK (total >= 0)) PARTITION BY RANGE (id);
         CREATE TABLE invoices_1 PARTITION OF invoices FOR VALUES FROM (0) TO (1000);
         INSERT INTO invoices VALUES (1, 2, 1, 9.50);",
    ),
    (
        "003_code",
        "CREATE FUNCTION owed() RETURNS numeric LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT sum(total) FROM ${schema}.invoices $$;
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$;
         CREATE TRIGGER touch BEFORE INSERT ON plans FOR EACH ROW EXECUTE FUNCTION touch();
         ALTER TABLE plans RENAME COLUMN name TO title;
         ALTER TABLE plans RENAME COLUMN title TO name;
         CREATE VIEW open AS SELECT i.id, p.name FROM invoices i JOIN plans p ON p.id = i.plan;
         GRANT USAGE ON SCHEMA ${schema} TO PUBLIC;",
    ),
];

/// Whether there is a `pg_dump` that is no older than the server: the binaries that are fetched
/// where a machine has no PostgreSQL come without one, and then nothing can be flattened.
fn pg_dump_is_here() -> bool {
    let look = || async {
        let db = TestDatabase::create().await.unwrap();
        db.client("pg_dump").map(drop)
    };
    let looked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(look())
    });
    match looked.join().unwrap() {
        Ok(()) => true,
        Err(error) => {
            eprintln!("passed over: {error}");
            assert!(error.to_string().contains("there is no pg_dump"), "{error}");
            false
        }
    }
}

fn project() -> Project {
    let project = Project::new();
    for (scope, files) in [("public", &PUBLIC[..]), ("tenant", &TENANT[..])] {
        for (name, text) in files {
            project.write(&format!("migrations/{scope}/{name}.sql"), text);
        }
    }
    assert_eq!(project.run("lock").code, 0);
    project
}

async fn databases(pool: &PgPool) -> Vec<String> {
    let query = "SELECT datname::text FROM pg_database WHERE datname LIKE 'pgmig\\_test\\_%' AND datname <> current_database()";
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

async fn column(pool: &PgPool, query: &str) -> Vec<String> {
    let sql = AssertSqlSafe(query.to_owned());
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_scopes_are_flattened_proved_and_locked_and_nothing_is_left_behind() {
    if !pg_dump_is_here() {
        return;
    }
    let server = PrivateServer::start(&[]).unwrap();
    let db = TestDatabase::create_on(server.server()).await.unwrap();
    let project = project();
    let make = format!("baseline --database-url {}", db.url());
    let said = project.done(&make);
    assert!(
        said.contains("Created migrations/baseline/public.sql"),
        "{said}"
    );
    assert!(said.contains("Written migrations/pgmig.lock"), "{said}");
    assert!(
        said.contains("a new schema gets 4 migrations at once"),
        "{said}"
    );
    assert!(
        said.contains(
            "audit.log.at is another each time: in 1 row it becomes the column's default"
        ),
        "{said}"
    );
    let said = project.done(&format!("{make} --tenant"));
    assert!(
        said.contains("plans.key is another each time: in 2 rows it becomes the column's default"),
        "{said}"
    );
    project.done("check");
    assert!(databases(&db.pool()).await.is_empty());

    let public = project.read("migrations/baseline/public.sql");
    assert!(public.starts_with("-- Baseline of public: what its migrations up to version 4 make"));
    assert!(public.contains("(DEFAULT, '{\"a\""), "{public}");
    assert!(public.contains("'2020-01-01 00:00:00"), "{public}");
    assert!(public.contains("'reader',\n    'writer'"), "{public}");
    assert!(!public.contains("OWNER TO"), "{public}");
    let tenant = project.read("migrations/baseline/tenant.sql");
    assert!(tenant.contains("CREATE TABLE ${schema}.plans"), "{tenant}");
    assert!(
        tenant.contains("'00000000-0000-0000-0000-000000000001'"),
        "{tenant}"
    );
    assert!(!tenant.contains("pgmig_baseline"), "{tenant}");

    // Made again it says the same, and an older one is replaced.
    project.done(&make);
    assert_eq!(project.read("migrations/baseline/public.sql"), public);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_begins_with_it_has_the_rows_and_goes_on_where_the_sequences_stood() {
    if !pg_dump_is_here() {
        return;
    }
    let project = project();
    let mut make = project.command("baseline --tenant");
    assert!(make.env_remove("DATABASE_URL").status().unwrap().success());
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let baseline = project.read("migrations/baseline/tenant.sql");
    for (name, text) in PUBLIC {
        let statements = text.split("VACUUM users;").next().unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&pool)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let filled = baseline.replace("${schema}", "\"an other\"");
    let script = format!(
        "CREATE SCHEMA \"an other\"; SET LOCAL search_path = \"an other\", public; SET LOCAL check_function_bodies = off; {filled}"
    );
    sqlx::raw_sql(AssertSqlSafe(script))
        .execute(&pool)
        .await
        .unwrap();
    let plans = "SELECT id || ' ' || name FROM \"an other\".plans ORDER BY id";
    assert_eq!(column(&pool, plans).await, ["1 free", "2 pro", "3 fixed"]);
    let next =
        "INSERT INTO \"an other\".plans (name) VALUES (' next ') RETURNING id || ' ' || name";
    assert_eq!(column(&pool, next).await, ["4 next"]);
    let owed = "SELECT \"an other\".owed()::text";
    assert_eq!(column(&pool, owed).await, ["9.50"]);
    let path = "SELECT proconfig::text FROM pg_proc WHERE proname = 'owed'";
    assert!(column(&pool, path).await[0].contains("an other"));
}

fn refused(project: &Project, args: &str) -> String {
    let mut command = project.command(args);
    let output = command.env_remove("DATABASE_URL").output().unwrap();
    assert!(!output.status.success());
    assert!(
        !project
            .files()
            .iter()
            .any(|file| file.contains("baseline/"))
    );
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn rows_that_are_others_each_time_and_have_no_default_are_refused_by_name() {
    if !pg_dump_is_here() {
        return;
    }
    let project = Project::new();
    project.write(
        "migrations/001_a.sql",
        "CREATE TABLE secrets (id int, key text);\nINSERT INTO secrets VALUES (1, gen_random_uuid()::text);",
    );
    project.done("lock");
    let said = refused(&project, "baseline");
    assert!(
        said.contains(
            "- column secrets.key: another value each time, and the column has no default"
        ),
        "{said}"
    );
    assert!(said.contains("nothing was written"), "{said}");
}

#[test]
fn a_value_that_is_the_schemas_own_name_is_refused_at_its_place() {
    if !pg_dump_is_here() {
        return;
    }
    let project = Project::new();
    project.write("migrations/public/001_a.sql", "SELECT 1;");
    project.write(
        "migrations/tenant/001_a.sql",
        "CREATE TABLE about (name text);\nINSERT INTO about VALUES (current_schema());",
    );
    project.done("lock");
    let said = refused(&project, "baseline --tenant");
    assert!(said.contains("has the schema's name as a value"), "{said}");
    assert!(said.contains("INSERT INTO pgmig_baseline_"), "{said}");
}

#[test]
fn nothing_locked_and_a_folder_with_a_mistake_are_refused() {
    let project = Project::new();
    project.write("migrations/001_a.sql", "CREATE TABLE a (id int);");
    let said = project.run("baseline");
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(
        said.err.contains("no migration of public is locked"),
        "{}",
        said.err
    );
    project.done("lock");
    let said = project.run("baseline --tenant");
    assert!(
        said.err.contains("no migration of tenant is locked"),
        "{}",
        said.err
    );
    project.write("migrations/001_a.sql", "CREATE TABLE b (id int);");
    let said = project.run("baseline");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err.contains("locked migration `a` was edited"),
        "{}",
        said.err
    );
}

#[test]
fn roles_come_before_what_is_granted_to_them() {
    if !pg_dump_is_here() {
        return;
    }
    let project = Project::new();
    project.write(
        "migrations/001_role.sql",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pgmig_test_reader') THEN CREATE ROLE pgmig_test_reader; END IF; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;",
    );
    project.write(
        "migrations/002_t.sql",
        "CREATE TABLE t (id int);\nGRANT SELECT ON t TO pgmig_test_reader;",
    );
    project.done("lock");
    let mut make = project.command("baseline");
    assert!(make.env_remove("DATABASE_URL").status().unwrap().success());
    let text = project.read("migrations/baseline/public.sql");
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("CREATE ROLE pgmig_test_reader") < at("CREATE TABLE public.t"));
    assert!(at("GRANT SELECT ON TABLE public.t TO pgmig_test_reader") > 0);
}
