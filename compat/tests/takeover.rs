//! Each tool really migrates a database; pgmig takes it over, goes on, and runs nothing again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod npm;

use std::fs;
use std::path::Path;

use pgmig_compat::{embed, tool};
use pgmig_runtime::{Adopt, Migrator, Report, Tool};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;

const ONE: &str = "CREATE TABLE one (id int PRIMARY KEY);\nINSERT INTO one VALUES (1);\n";
const TWO: &str =
    "-- größer\r\nALTER TABLE one ADD COLUMN name text;\r\nINSERT INTO one VALUES (2);\r\n";
const THREE: &str = "INSERT INTO one VALUES (3);\n";

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

async fn ids(pool: &PgPool) -> Vec<i32> {
    let query = "SELECT id FROM one ORDER BY id";
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

async fn run(
    root: &Path,
    pool: &PgPool,
    adopt: impl Into<Adopt>,
) -> Result<Report, pgmig_runtime::Error> {
    let embedded = embed(root, None, false);
    let errors: Vec<String> = embedded.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, [""; 0]);
    Migrator::new(embedded.migrations)
        .adopt(adopt)
        .run_public(pool)
        .await
}

/// The tool has applied the folder as it is; `third` is added, and pgmig goes on.
async fn goes_on(root: &Path, pool: &PgPool, tool: Tool, third: &str) {
    goes_on_with(root, pool, tool, (third, THREE)).await;
}

async fn goes_on_with(root: &Path, pool: &PgPool, tool: Tool, third: (&str, &str)) {
    assert_eq!(ids(pool).await, [1, 2]);
    write(root, &[third]);
    run(root, pool, Adopt::Refuse).await.unwrap_err();
    let report = run(root, pool, tool).await.unwrap();
    assert_eq!(report.adopted.unwrap().migrations, 2);
    assert_eq!(report.applied.len(), 1);
    assert_eq!(ids(pool).await, [1, 2, 3]);
    assert!(run(root, pool, Adopt::Refuse).await.unwrap().is_noop());
}

#[tokio::test]
async fn sqlx_migrated_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        &[
            ("1_one.up.sql", ONE),
            ("1_one.down.sql", "DROP TABLE one;"),
            ("2_two.up.sql", TWO),
            ("2_two.down.sql", "SELECT 1;"),
        ],
    );
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = sqlx::migrate::Migrator::new(root.to_owned()).await.unwrap();
    migrator.run(&pool).await.unwrap();
    goes_on(root, &pool, Tool::Sqlx, "3_three.up.sql").await;
}

#[tokio::test]
async fn refinery_migrated_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, &[("V1__one.sql", ONE), ("V2__two.sql", TWO)]);
    let db = TestDatabase::create().await.unwrap();
    tool::refinery(root, db.url()).await.unwrap();
    goes_on(root, &db.pool(), Tool::Refinery, "V3__three.sql").await;
}

#[tokio::test]
async fn diesel_migrated_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        &[
            ("00000000000000_one/up.sql", ONE),
            ("2026-01-31-120000-0000_two/up.sql", TWO),
        ],
    );
    let db = TestDatabase::create().await.unwrap();
    let (path, url) = (root.to_owned(), db.url().to_owned());
    let ran =
        tokio::task::spawn_blocking(move || tool::diesel(&path, &url).map_err(|e| e.to_string()));
    ran.await.unwrap().unwrap();
    goes_on(
        root,
        &db.pool(),
        Tool::Diesel,
        "2026-02-01-000000-0000_three/up.sql",
    )
    .await;
}

#[tokio::test]
async fn dbmate_migrated_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let sections = |up: &str| format!("-- migrate:up\n{up}\n-- migrate:down\nSELECT 1;\n");
    write(
        root,
        &[
            ("20260131120000_one.sql", &sections(ONE)),
            ("20260131130000_two.sql", &sections(TWO)),
        ],
    );
    let db = TestDatabase::create().await.unwrap();
    let packages = npm::packages("dbmate", &["dbmate@2.36.0"]);
    tool::dbmate(&packages, root, db.url()).unwrap();
    let third = "20260201000000_three.sql";
    goes_on_with(root, &db.pool(), Tool::Dbmate, (third, &sections(THREE))).await;
}
