//! What happens to a migration when something dies: real processes, a real server, a fault at
//! every point of a run. After each fault the app is started again, once, and everything must be
//! as if nothing had happened.
//!
//! - [`app`]: the app that migrates at boot, as a process of its own.
//! - [`scenario`]: what it migrates, and what must hold afterwards.
//! - [`fault`]: what goes wrong, and where.
//! - [`campaign`]: many of them, and the table of what was seen.
//! - [`boots`]: nothing goes wrong, but many apps boot at the same time.
//!
//! The long run, whose table is `docs/faults.md`:
//!
//! ```text
//! PGMIG_FAULTS=10000 PGMIG_FAULTS_TEAMS=3 PGMIG_FAULTS_SEED=1 cargo test --test faults -- --ignored --nocapture a_long_run
//! ```

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod app;
mod boots;
mod campaign;
mod fault;
mod scenario;

/// The number in an environment variable.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_of_some_faults_one_restart_makes_everything_as_if_nothing_had_happened() {
    let seed = number("PGMIG_FAULTS_SEED", 1);
    let table = campaign::run(seed, number("PGMIG_FAULTS", 60) as usize).await;
    println!("{table}");
    assert!(table.spotless(), "seed {seed}\n{table}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes hours; its table goes into docs/faults.md"]
async fn a_long_run() {
    let seed = number("PGMIG_FAULTS_SEED", 1);
    let table = campaign::run(seed, number("PGMIG_FAULTS", 10_000) as usize).await;
    println!("{table}");
    assert!(table.spotless(), "seed {seed}");
}
