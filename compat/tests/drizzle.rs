//! drizzle-kit and drizzle-orm from npm, and pgmig, take turns with one database.
//!
//! `cargo pgmig` leads drizzle-kit, too. The packages are installed into the folder
//! `PGMIG_COMPAT_NPM` (or a temporary one), which takes a network; each generation in a folder of
//! its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod npm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgmig_compat::{embed, tool};
use pgmig_core::Severity;
use pgmig_runtime::{Migrator, Report, Tool};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;

/// A folder with the packages of one generation.
fn packages(name: &str, [kit, orm]: [&str; 2]) -> PathBuf {
    let (kit, orm) = (format!("drizzle-kit@{kit}"), format!("drizzle-orm@{orm}"));
    npm::packages(name, &[&kit, &orm, "pg"])
}

/// A project with a schema of so many tables, and what drizzle-kit generates from it.
struct Project {
    packages: PathBuf,
    out: tempfile::TempDir,
    word: &'static str,
}

impl Project {
    fn new(packages: PathBuf, word: &'static str) -> Self {
        // Beside the packages, so that the schema finds drizzle-orm.
        let out = tempfile::tempdir_in(&packages).unwrap();
        Project {
            packages,
            out,
            word,
        }
    }

    fn root(&self) -> PathBuf {
        self.out.path().join("drizzle")
    }

    /// Generates a migration for `tables` tables, each with a foreign key to the one before it.
    fn generate(&self, tables: usize) {
        let mut schema = String::from(
            "import { pgTable, integer, pgEnum } from 'drizzle-orm/pg-core';\nexport const kind = pgEnum('kind', ['a', 'b']);\n",
        );
        for n in 0..tables {
            let reference = match n {
                0 => String::new(),
                _ => format!(".references(() => t{}.id)", n - 1),
            };
            schema += &format!(
                "export const t{n} = pgTable('t{n}', {{ id: integer('id').primaryKey(){reference}, kind: kind('kind') }});\n"
            );
        }
        let file = self.out.path().join("schema.ts");
        fs::write(&file, schema).unwrap();
        // drizzle-kit 0.x takes an absolute folder, and writes nothing.
        let relative = |path: &Path| {
            let path = path.strip_prefix(&self.packages).unwrap();
            path.display().to_string()
        };
        let (file, root) = (relative(&file), relative(&self.root()));
        let dialect: &[&str] = if self.word == "generate" {
            &["--dialect", "postgresql"]
        } else {
            &[]
        };
        let mut arguments = vec!["drizzle-kit", self.word, "--schema", &file, "--out", &root];
        arguments.extend(dialect);
        let count = || fs::read_dir(self.root()).map_or(0, Iterator::count);
        let before = count();
        let said = npm::run(&self.packages, "npx", &arguments);
        // Its exit code is not to be trusted.
        assert!(count() > before, "{said}");
    }

    /// The same project with the packages of 1.0, its folder rewritten by `drizzle-kit up`.
    fn upgraded(&self) -> Project {
        let project = Project::new(packages("1.0", V1), "generate");
        copy(&self.root(), &project.root());
        let root = project.root();
        let root = root.strip_prefix(&project.packages).unwrap();
        let out = format!("--out={}", root.display());
        npm::run(
            &project.packages,
            "npx",
            &["drizzle-kit", "up", "--dialect=postgresql", &out],
        );
        assert!(!project.root().join("meta").exists());
        project
    }

    fn drizzle_migrate(&self, db: &TestDatabase) {
        tool::drizzle(&self.packages, &self.root(), db.url()).unwrap();
    }

    async fn pgmig(&self, pool: &PgPool) -> Report {
        let embedded = embed(&self.root(), None, false);
        let errors: Vec<String> = embedded.errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors, [""; 0]);
        Migrator::new(embedded.migrations)
            .run_public(pool)
            .await
            .unwrap()
    }
}

async fn rows(pool: &PgPool) -> i64 {
    let query = "SELECT count(*) FROM drizzle.__drizzle_migrations";
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

async fn tables(pool: &PgPool) -> i64 {
    let query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// Drizzle, pgmig, Drizzle, pgmig: each applies what is new, and nothing twice.
async fn takes_turns(project: Project) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    project.generate(1);
    project.drizzle_migrate(&db);
    project.generate(2);
    let report = project.pgmig(&pool).await;
    let adoption = report.adopted.unwrap();
    assert_eq!((adoption.tool, adoption.migrations), (Tool::Drizzle, 1));
    assert_eq!(
        (report.applied.len(), tables(&pool).await, rows(&pool).await),
        (1, 2, 2)
    );
    // Nothing left to do, which would be `relation already exists`.
    project.drizzle_migrate(&db);
    assert_eq!((tables(&pool).await, rows(&pool).await), (2, 2));
    project.generate(3);
    project.drizzle_migrate(&db);
    let report = project.pgmig(&pool).await;
    assert_eq!(
        (report.adopted.unwrap().migrations, report.applied.len()),
        (1, 0)
    );
    assert_eq!((tables(&pool).await, rows(&pool).await), (3, 3));
    // A database that pgmig alone has migrated is one that Drizzle has nothing to do in.
    let other = TestDatabase::create().await.unwrap();
    let pool = other.pool();
    assert_eq!(project.pgmig(&pool).await.applied.len(), 3);
    project.drizzle_migrate(&other);
    assert_eq!((tables(&pool).await, rows(&pool).await), (3, 3));
}

const V0_20: [&str; 2] = ["0.20.18", "0.30.10"];
const V0_31: [&str; 2] = ["0.31.11", "0.45.4"];
const V1: [&str; 2] = ["1.0.0-rc.5", "1.0.0-rc.5"];

#[tokio::test]
async fn drizzle_0_20() {
    takes_turns(Project::new(packages("0.20", V0_20), "generate:pg")).await;
}

#[tokio::test]
async fn drizzle_0_31() {
    takes_turns(Project::new(packages("0.31", V0_31), "generate")).await;
}

#[tokio::test]
async fn drizzle_1_0() {
    takes_turns(Project::new(packages("1.0", V1), "generate")).await;
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn problems(root: &Path) -> Vec<&'static str> {
    let loaded = pgmig_core::load(root, "migrations");
    let problems = loaded.problems.iter();
    let errors = problems.filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.code).collect()
}

fn lock(root: &Path) {
    let plan = pgmig_core::edit::lock(&pgmig_core::load(root, "migrations"), &[]);
    plan.unwrap().apply().unwrap();
}

/// `drizzle-kit up` rewrites the folder, whose lock file and databases are of before: nothing runs
/// again, whoever applied it.
#[tokio::test]
async fn an_upgrade_from_0_31_to_1_0() {
    let old = Project::new(packages("0.31", V0_31), "generate");
    old.generate(1);
    old.generate(2);
    lock(&old.root());
    let dbs = [
        TestDatabase::create().await.unwrap(),
        TestDatabase::create().await.unwrap(),
    ];
    let [ours, theirs] = &dbs;
    old.pgmig(&ours.pool()).await;
    old.drizzle_migrate(theirs);

    let new = old.upgraded();
    assert_eq!(problems(&new.root()), ["upgraded-folder"]);
    lock(&new.root());
    assert_eq!(problems(&new.root()), [""; 0]);
    assert!(new.pgmig(&ours.pool()).await.is_noop());
    let adopted = new.pgmig(&theirs.pool()).await;
    assert_eq!(adopted.adopted.unwrap().migrations, 2);
    assert!(adopted.applied.is_empty());

    new.generate(3);
    for db in &dbs {
        let pool = db.pool();
        let report = new.pgmig(&pool).await;
        assert_eq!((report.applied.len(), rows(&pool).await), (1, 3));
        // Drizzle's own migrator upgrades its table, and finds nothing to do.
        new.drizzle_migrate(db);
        assert_eq!((tables(&pool).await, rows(&pool).await), (3, 3));
        assert!(new.pgmig(&pool).await.is_noop());
    }
    new.generate(4);
    for db in &dbs {
        let pool = db.pool();
        new.drizzle_migrate(db);
        let report = new.pgmig(&pool).await;
        let adopted = report.adopted.unwrap().migrations;
        assert_eq!((adopted, report.applied.len()), (1, 0));
        assert_eq!((tables(&pool).await, rows(&pool).await), (4, 4));
    }
}

/// `cargo pgmig`, in a project: the binary `PGMIG_COMPAT_CLI`, or what is built from the repository.
fn cargo_pgmig(folder: &Path, arguments: &str, url: &str) -> (i32, String) {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../pgmig-cli/Cargo.toml");
    let mut command = match std::env::var_os("PGMIG_COMPAT_CLI") {
        Some(binary) => Command::new(binary),
        None => {
            let mut cargo = Command::new("cargo");
            cargo.args(["run", "--quiet", "--manifest-path", manifest, "--"]);
            cargo
        }
    };
    let output = command
        .args(arguments.split(' '))
        .current_dir(folder)
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

/// init, generate, lock, push with a drizzle-kit: what each says, and what is in the database.
async fn is_led_by_hand(packages: PathBuf) {
    let folder = tempfile::tempdir_in(&packages).unwrap();
    let root = folder.path();
    fs::write(root.join("Cargo.toml"), "[package]\nname = \"shop\"\n").unwrap();
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let run = |arguments: &str| cargo_pgmig(root, arguments, db.url());
    let done = |arguments: &str| {
        let (code, said) = run(arguments);
        assert_eq!(code, 0, "{arguments}: {said}");
        said
    };
    done("init --drizzle");
    let said = done("generate create_tenants");
    assert!(said.contains("Created migrations/drizzle/"), "{said}");
    assert!(done("generate").contains("Unchanged"));
    done("lock");
    done("check");

    // What has to be asked is not asked without a terminal, and what does not parse is not done.
    let schema = root.join("drizzle/schema.ts");
    let before = fs::read_to_string(&schema).unwrap();
    fs::write(&schema, before.replace("text('name')", "text('title')")).unwrap();
    assert_eq!(run("generate").0, 2, "{}", run("generate").1);
    fs::write(&schema, before.clone() + "export const x = ").unwrap();
    assert_eq!(run("generate").0, 2, "{}", run("generate").1);
    fs::write(&schema, &before).unwrap();
    done("generate fill_tenants --custom");

    // pgmig's own schema and a tenant's are not pushed away.
    let others = "CREATE SCHEMA pgmig; CREATE TABLE pgmig.a (id int); CREATE SCHEMA tenant_1; CREATE TABLE tenant_1.b (id int)";
    sqlx::raw_sql(others).execute(&pool).await.unwrap();
    done("push");
    assert!(done("push").contains("No changes detected"));
    let tables = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'pgmig', 'tenant_1')";
    let tables: String = sqlx::query_scalar(tables).fetch_one(&pool).await.unwrap();
    assert_eq!(tables, "pgmig.a public.tenants tenant_1.b");
    let (code, said) = cargo_pgmig(root, "push", "postgres://db.example.com/shop");
    assert!(
        code == 2 && said.contains("it is at `db.example.com`"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_pgmig_leads_drizzle_kit_0_31() {
    is_led_by_hand(packages("0.31", V0_31)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_pgmig_leads_drizzle_kit_1_0() {
    is_led_by_hand(packages("1.0", V1)).await;
}
