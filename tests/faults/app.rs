//! The app: it migrates and ends. It runs as a process of its own, which is this test program at
//! the test [`boot`].

use pgmig::{Dispatch, Migrations, Migrator, embed_migrations};
use sqlx::postgres::PgPoolOptions;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// The release that was deployed, and the one that is being deployed.
pub(crate) static BEFORE: Migrations = embed_migrations!("tests/faults/migrations/before");
pub(crate) static AFTER: Migrations = embed_migrations!("tests/faults/migrations/after");

/// The tenant that is migrated.
pub(crate) const TENANT: pgmig::Uuid = pgmig::Uuid::from_u128(0xfa01);

/// What a boot that was not disturbed may take at most. Many run at once, on slow machines.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    Public,
    Tenant,
}

/// Migrates as the app does.
pub(crate) async fn migrate(
    url: &str,
    migrations: &'static Migrations,
    target: Target,
    dispatch: Dispatch,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy(url)?;
    let migrator = Migrator::new(migrations)
        .dispatch(dispatch)
        .lock_timeout(Duration::from_secs(20));
    match target {
        Target::Public => migrator.run_public(&pool).await?,
        Target::Tenant => migrator.run_tenant(&pool, TENANT).await?,
    };
    pool.close().await;
    Ok(())
}

#[tokio::test]
#[ignore = "a process that the faults are done to"]
async fn boot() {
    let target = match std::env::var("APP_TARGET").unwrap().as_str() {
        "Public" => Target::Public,
        _ => Target::Tenant,
    };
    let dispatch = match std::env::var("APP_DISPATCH").unwrap().as_str() {
        "Message" => Dispatch::Message,
        _ => Dispatch::Statement,
    };
    let url = std::env::var("APP_URL").unwrap();
    if let Err(error) = migrate(&url, &AFTER, target, dispatch).await {
        eprintln!("APP {error}");
        std::process::exit(3);
    }
}

/// Starts the app.
pub(crate) fn start(url: &str, target: Target, dispatch: Dispatch) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["app::boot", "--exact", "--ignored", "--nocapture"])
        .env("APP_URL", url)
        .env("APP_TARGET", format!("{target:?}"))
        .env("APP_DISPATCH", format!("{dispatch:?}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Waits until the app has ended; an error is what it said.
pub(crate) async fn ended(child: Child) -> Result<(), String> {
    let output = match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
        Ok(output) => output.unwrap(),
        Err(_) => return Err(format!("not done after {PATIENCE:?}")),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.split_once("APP ").map_or(&*said, |(_, error)| error);
    Err(format!("{}: {}", output.status, said.trim()))
}
