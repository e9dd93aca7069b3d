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

/// How long it is since the first test began, after some of the tests.
async fn measured(mut one: impl AsyncFnMut()) -> Vec<Duration> {
    let begun = Instant::now();
    let mut times = Vec::new();
    for test in 1..=100 {
        one().await;
        if AFTER.contains(&test) {
            times.push(begun.elapsed());
        }
    }
    times
}

#[tokio::test]
#[ignore = "takes a minute, and measures"]
async fn a_hundred_tests_take_less_time_with_a_template() {
    // The server is there before either.
    drop(TestDatabase::create().await.unwrap());
    let plain = Migrator::new(&crate::MIGRATIONS);
    let tenant = TestDb::create(&plain)
        .await
        .unwrap()
        .new_tenant()
        .await
        .unwrap();
    let replayed = measured(async || {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        plain.run_public(&pool).await.unwrap();
        plain.run_tenant(&pool, tenant).await.unwrap();
    });
    let replayed = replayed.await;
    // A template that is not there yet: of a ledger with another name.
    let unique = format!("ledger_{}", std::process::id());
    let migrator = Migrator::new(&crate::MIGRATIONS).ledger_schema(unique);
    let cloned = measured(async || {
        let db = TestDb::create_with_tenant(&migrator).await.unwrap();
        sqlx::query("SELECT").execute(db.pool()).await.unwrap();
    });
    let cloned = cloned.await;
    println!("| tests | each migrated anew | cloned, the first makes the template |");
    println!("|---:|---:|---:|");
    for ((after, replayed), cloned) in AFTER.iter().zip(&replayed).zip(&cloned) {
        let (replayed, cloned) = (replayed.as_secs_f64(), cloned.as_secs_f64());
        println!("| {after} | {replayed:.2} | {cloned:.2} |");
    }
    let cloned = TestDb::create_with_tenant(&migrator).await.unwrap();
    assert!(
        migrator
            .run_tenant(cloned.pool(), tenant)
            .await
            .unwrap()
            .is_noop()
    );
}
