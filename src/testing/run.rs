//! A test from beginning to end: what the attribute's function calls.

use std::process::ExitCode;

use pgmig_runtime::Migrator;
use tokio::runtime::{Builder, Runtime};

use super::TestDb;

/// What a test can return.
#[diagnostic::on_unimplemented(
    message = "a test cannot return a `{Self}`",
    note = "it returns nothing, a `Result` or an `ExitCode`"
)]
pub trait Outcome {
    /// Whether the test has failed.
    fn is_failure(&self) -> bool;
}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T, E> Outcome for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

impl Outcome for ExitCode {
    fn is_failure(&self) -> bool {
        *self != ExitCode::SUCCESS
    }
}

/// What the attribute found written.
#[doc(hidden)]
#[derive(Debug)]
pub struct Setup {
    /// Whose migrations the database has.
    pub migrator: Migrator,
    /// Whether it has a tenant.
    pub tenant: bool,
    /// Whether `#[should_panic]` is on the test.
    pub should_panic: bool,
    /// How many threads run it: one, as for `#[tokio::test]`, unless it says otherwise.
    pub threads: Option<usize>,
}

/// Runs a test on a database of its own.
#[doc(hidden)]
pub fn run<T: Outcome>(setup: Setup, test: impl AsyncFnOnce(TestDb) -> T) -> T {
    let runtime = runtime(setup.threads);
    let created = runtime.block_on(async {
        match setup.tenant {
            true => TestDb::create_with_tenant(&setup.migrator).await,
            false => TestDb::create(&setup.migrator).await,
        }
    });
    let db = match created {
        Ok(db) => db,
        Err(error) => give_up(&error.to_string()),
    };
    if setup.should_panic {
        db.expect_panic();
    }
    let outcome = runtime.block_on(test(db.clone()));
    if outcome.is_failure() {
        db.fail();
    }
    // What the test has spawned ends before its database does.
    drop(runtime);
    outcome
}

fn runtime(threads: Option<usize>) -> Runtime {
    let mut builder = match threads {
        None => Builder::new_current_thread(),
        Some(_) => Builder::new_multi_thread(),
    };
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => give_up(&format!("cannot start the asynchronous runtime: {error}")),
    }
}

/// Ends the test that cannot even begin.
#[allow(clippy::panic, reason = "it is how a test fails")]
pub(super) fn give_up(why: &str) -> ! {
    panic!("{why}")
}
