//! Many processes at once, and processes that are killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgmig_runtime::{Dispatch, Migrator};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use support::{column, embed_folder, history, relations, write_folder};
use uuid::Uuid;

const PUBLIC: [(&str, &str); 3] = [
    (
        "public/001_tenants.sql",
        "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);
         INSERT INTO tenants VALUES ('00000000-0000-0000-0000-000000000001');",
    ),
    (
        "public/002_plans.sql",
        "CREATE TABLE plans (id int, n int); INSERT INTO plans SELECT i, i FROM generate_series(1, 1000) i;",
    ),
    ("public/002_plans.down.sql", "DROP TABLE plans;"),
];

const TENANT: [(&str, &str); 2] = [
    (
        "tenant/001_items.sql",
        "CREATE TABLE items (id int); INSERT INTO items VALUES (1);",
    ),
    ("tenant/001_items.down.sql", "DROP TABLE items;"),
];

/// What an existing database has to be brought to: indexes that are built concurrently, and a
/// statement between them that must not run twice.
const CONCURRENT: [(&str, &str); 3] = [
    (
        "public/003_index.sql",
        "-- pgmig: no-transaction
         CREATE INDEX CONCURRENTLY plans_n ON plans (n);
         INSERT INTO plans (id) VALUES (-1);
         CREATE UNIQUE INDEX CONCURRENTLY plans_id ON plans (id);",
    ),
    ("public/004_more.sql", "ALTER TABLE plans ADD COLUMN m int;"),
    (
        "tenant/002_index.sql",
        "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY items_id ON items (id);",
    ),
];

fn dispatch(name: &str) -> Dispatch {
    match name {
        "statement" => Dispatch::Statement,
        _ => Dispatch::Message,
    }
}

/// What a child process does: boots as an app would, when the others are ready too.
#[tokio::test]
#[ignore = "the tests of this file run it, each in processes of its own"]
async fn child() {
    let variable = |name: &str| env::var(name).unwrap();
    let migrations = embed_folder(Path::new(&variable("CHILD_FOLDER")), false);
    let pool = PgPool::connect(&variable("CHILD_URL")).await.unwrap();
    let go = PathBuf::from(variable("CHILD_GO"));
    while !go.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let migrator = Migrator::new(migrations).dispatch(dispatch(&variable("CHILD_DISPATCH")));
    migrator.setup(&pool).await.unwrap();
}

/// Starts a child. What it prints is shown only when it is waited for and fails.
fn boot(db: &TestDatabase, folder: &Path, go: &Path, dispatch: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env("CHILD_URL", db.url())
        .env("CHILD_FOLDER", folder)
        .env("CHILD_GO", go)
        .env("CHILD_DISPATCH", dispatch)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Boots eight processes at the same moment; all have to succeed.
async fn boot_eight(db: &TestDatabase, folder: &Path, dispatch: &str) {
    let go = folder.join(format!("go-{}", Uuid::new_v4()));
    let children: Vec<Child> = (0..8).map(|_| boot(db, folder, &go, dispatch)).collect();
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let pool = db.pool();
    while column(&pool, connected).await[0].parse::<u32>().unwrap() < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::write(&go, "").unwrap();
    for child in children {
        let output = tokio::task::spawn_blocking(|| child.wait_with_output());
        let output = output.await.unwrap().unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The files, and a place for the sign to start.
fn folder(files: &[&[(&str, &str)]]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path(), &files.concat());
    folder
}

async fn assert_whole(pool: &PgPool) {
    let mut history = history(pool).await;
    history.sort();
    let tenant = "tenant_00000000000000000000000000000001";
    let expected = [
        "public 1 applied".to_owned(),
        "public 2 applied".to_owned(),
        "public 3 applied".to_owned(),
        "public 4 applied".to_owned(),
        format!("{tenant} 1 applied"),
        format!("{tenant} 2 applied"),
    ];
    assert_eq!(history, expected);
    assert_eq!(
        relations(pool, "public").await,
        [
            "i plans_id",
            "i plans_n",
            "i tenants_pkey",
            "r plans",
            "r tenants"
        ]
    );
    assert_eq!(relations(pool, tenant).await, ["i items_id", "r items"]);
    assert_eq!(
        column(pool, "SELECT indexrelid FROM pg_index WHERE NOT indisvalid")
            .await
            .len(),
        0
    );
    assert_eq!(
        column(pool, "SELECT count(*) FROM plans WHERE id = -1").await,
        ["1"]
    );
    let left = "SELECT 'lease' FROM pgmig.target WHERE lease_owner IS NOT NULL \
        UNION ALL SELECT 'state' FROM pgmig.target WHERE state <> 'active' \
        UNION ALL SELECT 'row' FROM pgmig.history WHERE in_flight OR owner IS NOT NULL \
        UNION ALL SELECT 'lock' FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
        UNION ALL SELECT 'idle' FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert_eq!(column(pool, left).await, [""; 0]);
}

#[tokio::test]
async fn eight_processes_boot_at_once_on_an_empty_database_and_each_migration_runs_once() {
    let folder = folder(&[&PUBLIC, &TENANT, &CONCURRENT]);
    for round in 0..20 {
        let db = TestDatabase::create().await.unwrap();
        let dispatch = if round % 4 == 3 {
            "statement"
        } else {
            "message"
        };
        boot_eight(&db, folder.path(), dispatch).await;
        assert_whole(&db.pool()).await;
    }
}

async fn eight_processes_with_a_concurrent_index(dispatch: &str) {
    let old = folder(&[&PUBLIC, &TENANT]);
    let new = folder(&[&PUBLIC, &TENANT, &CONCURRENT]);
    for _ in 0..20 {
        let db = TestDatabase::create().await.unwrap();
        Migrator::new(embed_folder(old.path(), false))
            .setup(&db.pool())
            .await
            .unwrap();
        boot_eight(&db, new.path(), dispatch).await;
        assert_whole(&db.pool()).await;
    }
}

#[tokio::test]
async fn eight_processes_boot_at_once_with_concurrent_indexes_pending() {
    eight_processes_with_a_concurrent_index("message").await;
}

#[tokio::test]
async fn the_same_with_one_statement_a_message() {
    eight_processes_with_a_concurrent_index("statement").await;
}

/// A small generator, so that a run can be repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    let seed = env::var("PGMIG_TEST_SEED").map_or_else(
        |_| u64::from(std::process::id()) + 1,
        |seed| seed.parse().unwrap(),
    );
    println!("PGMIG_TEST_SEED={seed}");
    let mut random = Random(seed);
    let old = folder(&[&PUBLIC, &TENANT]);
    let new = folder(&[&PUBLIC, &TENANT, &CONCURRENT]);
    let go = new.path().join("go");
    std::fs::write(&go, "").unwrap();
    for round in 0..20 {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let dispatch = ["message", "statement"][round % 2];
        if round % 4 > 1 {
            let old = Migrator::new(embed_folder(old.path(), false));
            old.setup(&pool).await.unwrap();
        }
        for _ in 0..3 {
            let mut child = boot(&db, new.path(), &go, dispatch);
            tokio::time::sleep(Duration::from_millis(10 + random.below(150))).await;
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let last = Migrator::new(embed_folder(new.path(), false));
        last.setup(&pool).await.unwrap();
        assert_whole(&pool).await;
    }
}
