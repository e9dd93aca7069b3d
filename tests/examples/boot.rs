//! Many processes that boot at the same time.

use std::process::{Child, Stdio};

use pgmig_testkit::TestDatabase;

use super::program::{Said, run, service};

const ROUNDS: usize = 20;
const PROCESSES: usize = 8;

/// Starts `setup` in many processes at once and returns what each of them said.
fn boot_at_once(database_url: &str) -> Vec<Said> {
    let start = |_| -> Child {
        let mut setup = service("setup --json");
        setup.env("DATABASE_URL", database_url);
        setup.stdout(Stdio::piped()).stderr(Stdio::piped());
        setup.spawn().unwrap()
    };
    let running: Vec<Child> = (0..PROCESSES).map(start).collect();
    let done = |child: Child| child.wait_with_output().unwrap().into();
    running.into_iter().map(done).collect()
}

/// How many migrations each process says it has applied, of `public` and of all tenants.
fn applied(all: Vec<Said>) -> usize {
    let one = |said: Said| -> usize {
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let report = said.json();
        let tenants = report["tenants"]["migrated"].as_array().unwrap();
        let targets = std::iter::once(&report["public"]).chain(tenants);
        targets
            .map(|target| target["applied"].as_array().unwrap().len())
            .sum()
    };
    all.into_iter().map(one).sum()
}

async fn recorded(database: &TestDatabase) -> Vec<(String, i64)> {
    sqlx::query_as("SELECT scope, count(*) FROM pgmig.history GROUP BY scope ORDER BY scope")
        .fetch_all(&database.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_boot_at_once_and_each_migration_is_applied_once() {
    for round in 0..ROUNDS {
        let db = TestDatabase::create().await.unwrap();
        assert_eq!(applied(boot_at_once(db.url())), 3, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_share_new_tenants_and_each_migration_is_applied_once() {
    for round in 0..ROUNDS / 5 {
        let db = TestDatabase::create().await.unwrap();
        run(db.url(), "public").done();
        sqlx::raw_sql(
            "INSERT INTO tenants (name, subdomain)
             SELECT 'Tenant', 'tenant-' || number FROM generate_series(1, 3) AS number",
        )
        .execute(&db.pool())
        .await
        .unwrap();
        assert_eq!(applied(boot_at_once(db.url())), 3 * 8, "round {round}");
        assert_eq!(
            recorded(&db).await,
            [("public".to_owned(), 3), ("tenant".to_owned(), 3 * 8)]
        );
    }
}
