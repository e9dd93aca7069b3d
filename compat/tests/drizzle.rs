//! drizzle-kit and drizzle-orm from npm, and pgmig, take turns with one database.
//!
//! The packages are installed into the folder `PGMIG_COMPAT_NPM` (or a temporary one), which takes
//! a network; each generation in a folder of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgmig_compat::{embed, tool};
use pgmig_runtime::{Migrator, Report, Tool};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;

/// A folder with these packages.
fn packages(name: &str, versions: [&str; 2]) -> PathBuf {
    let base = std::env::var_os("PGMIG_COMPAT_NPM").map_or_else(
        || std::env::temp_dir().join("pgmig-compat-npm"),
        PathBuf::from,
    );
    let folder = base.join(name);
    if !folder.join("node_modules/drizzle-kit").is_dir() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
        let [kit, orm] = versions;
        npm(
            &folder,
            "npm",
            &[
                "install",
                "--no-audit",
                "--no-fund",
                &format!("drizzle-kit@{kit}"),
                &format!("drizzle-orm@{orm}"),
                "pg",
            ],
        );
    }
    folder
}

fn npm(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
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
        let said = npm(&self.packages, "npx", &arguments);
        // Its exit code is not to be trusted.
        assert!(count() > before, "{said}");
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

#[tokio::test]
async fn drizzle_0_20() {
    takes_turns(Project::new(
        packages("0.20", ["0.20.18", "0.30.10"]),
        "generate:pg",
    ))
    .await;
}

#[tokio::test]
async fn drizzle_0_31() {
    takes_turns(Project::new(
        packages("0.31", ["0.31.11", "0.45.4"]),
        "generate",
    ))
    .await;
}

#[tokio::test]
async fn drizzle_1_0() {
    takes_turns(Project::new(
        packages("1.0", ["1.0.0-rc.5", "1.0.0-rc.5"]),
        "generate",
    ))
    .await;
}
