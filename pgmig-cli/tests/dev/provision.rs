//! How long it takes to make a tenant: from a baseline, and by every migration.

use std::time::{Duration, Instant};

use pgmig_runtime::{Migrator, Uuid};
use pgmig_testkit::TestDatabase;

use super::project::Project;

/// How many tenants are made each way.
const TENANTS: u128 = 30;

/// A hundred migrations: ten tables, then changes of them.
fn history() -> Project {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id bigint PRIMARY KEY);",
    );
    for number in 1..=100 {
        let (table, column) = (number % 10, number / 10);
        let sql = match number {
            1..=10 => format!(
                "CREATE TABLE t{table} (id bigserial PRIMARY KEY, payer bigint REFERENCES public.users (id), name text);"
            ),
            _ if column % 3 == 0 => format!(
                "ALTER TABLE t{table} ALTER COLUMN c{} TYPE bigint;\nALTER TABLE t{table} RENAME COLUMN c{} TO n{};",
                column - 1,
                column - 1,
                column - 1
            ),
            _ => format!(
                "ALTER TABLE t{table} ADD COLUMN c{column} int NOT NULL DEFAULT 0;\n\
                 ALTER TABLE t{table} ADD CONSTRAINT c{column}_positive CHECK (c{column} >= 0) NOT VALID;\n\
                 ALTER TABLE t{table} VALIDATE CONSTRAINT c{column}_positive;\n\
                 CREATE INDEX t{table}_c{column} ON t{table} (c{column});\n\
                 {}",
                match column % 2 {
                    0 => format!("DROP INDEX t{table}_c{column};"),
                    _ => String::new(),
                }
            ),
        };
        project.write(
            &format!("migrations/tenant/{number:03}_change_{number}.sql"),
            &sql,
        );
    }
    project.done("lock");
    project
}

async fn made(db: &TestDatabase, migrator: &Migrator, first: u128) -> Duration {
    let pool = db.pool();
    let started = Instant::now();
    for number in first..first + TENANTS {
        let report = migrator
            .run_tenant(&pool, Uuid::from_u128(number))
            .await
            .unwrap();
        assert!(!report.is_noop());
    }
    started.elapsed() / u32::try_from(TENANTS).unwrap()
}

/// `cargo test --release -p pgmig-cli --test dev -- --ignored --nocapture from_a_baseline`
#[tokio::test]
#[ignore = "measures"]
async fn a_tenant_from_a_baseline_beside_one_from_a_hundred_migrations() {
    let project = history();
    project.done("baseline --tenant");
    let root = project.path().join("migrations");
    let folder = pgmig_core::load(&root, "migrations").folder;
    let db = TestDatabase::create().await.unwrap();
    let migrator = Migrator::new(pgmig_cli::embed::embed(&folder, "migrations"));
    migrator.run_public(&db.pool()).await.unwrap();
    let replaying = migrator.clone().baselines(false);
    // Once each beforehand, so that neither finds a cold cache.
    made(&db, &migrator, 1).await;
    made(&db, &replaying, 1_000).await;
    let from_baseline = made(&db, &migrator, 2_000).await;
    let by_migrations = made(&db, &replaying, 3_000).await;
    println!(
        "a tenant of 100 migrations: {by_migrations:?} by each of them, {from_baseline:?} from a baseline"
    );
}
