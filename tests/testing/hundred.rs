//! What a hundred tests cost: the numbers in the documentation of `pgmig::testing`.
//!
//! ```sh
//! cargo test --features test --test testing -- --ignored --nocapture hundred
//! ```

use std::time::{Duration, Instant};

use pgmig::Migrator;
use pgmig::testing::TestDb;
use pgmig_testkit::TestDatabase;

const AFTER: [usize; 6] = [1, 2, 3, 10, 50, 100];

#[tokio::test]
#[ignore = "takes minutes, and measures"]
async fn a_hundred_tests_take_less_time_with_a_template() {
    // The server is there before either.
    drop(TestDatabase::create().await.unwrap());
    let plain = Migrator::new(&crate::MIGRATIONS);
    // A template that is not there yet: of a ledger with another name.
    let unique = format!("ledger_{}", std::process::id());
    let migrator = Migrator::new(&crate::MIGRATIONS).ledger_schema(unique);
    println!("| tests | each migrated anew | cloned, the first makes the template |");
    println!("|---:|---:|---:|");
    // In turns, so that whatever else the machine does slows both down.
    let (mut replayed, mut cloned) = (Duration::ZERO, Duration::ZERO);
    for test in 1..=100 {
        let begun = Instant::now();
        let db = TestDb::create_with_tenant(&migrator).await.unwrap();
        sqlx::query("SELECT").execute(db.pool()).await.unwrap();
        cloned += begun.elapsed();
        let tenant = db.tenant().unwrap();
        drop(db);

        let begun = Instant::now();
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        plain.run_public(&pool).await.unwrap();
        let report = plain.run_tenant(&pool, tenant).await.unwrap();
        replayed += begun.elapsed();
        assert!(report.created);
        if AFTER.contains(&test) {
            let (replayed, cloned) = (replayed.as_secs_f64(), cloned.as_secs_f64());
            println!("| {test} | {replayed:.2} | {cloned:.2} |");
        }
    }
}
