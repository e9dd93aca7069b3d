//! What becomes of a database when its test fails, panics or is killed. Those tests fail by
//! design: they are ignored, and run here by this same binary, with a server of their own.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use pgmig_testkit::PrivateServer;
use sqlx::{AssertSqlSafe, PgPool};

#[pgmig::test]
#[ignore = "fails by design"]
async fn one_that_panics(pool: PgPool) {
    sqlx::query("CREATE TABLE evidence ()")
        .execute(&pool)
        .await
        .unwrap();
    panic!("as it should");
}

#[pgmig::test]
#[ignore = "fails by design"]
async fn one_that_returns_an_error(pool: PgPool) -> sqlx::Result<()> {
    sqlx::query("CREATE TABLE evidence ()")
        .execute(&pool)
        .await?;
    sqlx::query("SELECT FROM nowhere").execute(&pool).await?;
    Ok(())
}

#[pgmig::test]
#[ignore = "run by another"]
#[should_panic(expected = "as it should")]
async fn one_that_should_panic(_pool: PgPool) {
    panic!("as it should");
}

#[pgmig::test]
#[ignore = "run by another"]
async fn one_that_passes(_pool: PgPool) {}

#[pgmig::test]
#[ignore = "never ends"]
async fn one_that_never_ends(_pool: PgPool) {
    std::future::pending().await
}

/// A test of this binary, to be run on a server.
fn test(name: &str, server: &PrivateServer) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("fate::{name}"), "--exact", "--ignored"]);
    command.env("DATABASE_URL", server.server().url());
    command
}

fn run(name: &str, server: &PrivateServer) -> Output {
    test(name, server).output().unwrap()
}

/// The databases of tests, and how many have the table of a failed one.
async fn left(server: &PrivateServer) -> Vec<String> {
    let pool = PgPool::connect(server.server().url()).await.unwrap();
    let names = "SELECT datname::text FROM pg_database WHERE datname LIKE 'pgmig\\_test\\_%'";
    sqlx::query_scalar(names).fetch_all(&pool).await.unwrap()
}

#[tokio::test]
async fn a_failed_tests_database_is_kept_and_named_and_any_others_is_dropped() {
    let server = PrivateServer::start(&[]).unwrap();
    for name in ["one_that_passes", "one_that_should_panic"] {
        let output = run(name, &server);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(left(&server).await, Vec::<String>::new(), "{name}");
    }
    for (already, name) in ["one_that_panics", "one_that_returns_an_error"]
        .iter()
        .enumerate()
    {
        let output = run(name, &server);
        let said = String::from_utf8_lossy(&output.stdout);
        let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success(), "{said}");
        let kept = left(&server).await;
        assert_eq!(kept.len(), already + 1, "{said}");
        let told = "the database of the failed test is kept: postgres://";
        assert!(said.contains(told), "{said}");
        let named = kept.iter().filter(|name| said.contains(name.as_str()));
        assert_eq!(named.count(), 1, "{said}");
        for name in kept {
            let url = server.server().url().rsplit_once('/').unwrap().0.to_owned();
            let pool = PgPool::connect(&format!("{url}/{name}")).await.unwrap();
            sqlx::query("SELECT FROM evidence")
                .execute(&pool)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn what_a_killed_test_left_is_dropped_by_a_later_run() {
    let server = PrivateServer::start(&[]).unwrap();
    let mut child = test("one_that_never_ends", &server);
    let mut child = child.stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let left_over = loop {
        // The template is made under a name of the same kind.
        let built = PgPool::connect(server.server().url()).await.unwrap();
        let template = "SELECT FROM pg_database WHERE datname LIKE 'pgmig\\_template\\_%'";
        let built = sqlx::query(template).fetch_optional(&built).await.unwrap();
        match left(&server).await.as_slice() {
            [one] if built.is_some() => break one.clone(),
            _ => assert!(begun.elapsed() < Duration::from_secs(60), "no database"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    child.kill().unwrap();
    child.wait().unwrap();

    run("one_that_passes", &server);
    assert_eq!(
        left(&server).await,
        [left_over.as_str()],
        "it may be another's that still runs"
    );
    // As it is an hour later: the name says when it was made.
    let random = left_over.rsplit('_').next().unwrap();
    let pool = PgPool::connect(server.server().url()).await.unwrap();
    let aged = format!("ALTER DATABASE {left_over} RENAME TO pgmig_test_1000000000_{random}");
    sqlx::raw_sql(AssertSqlSafe(aged))
        .execute(&pool)
        .await
        .unwrap();
    run("one_that_passes", &server);
    assert_eq!(left(&server).await, Vec::<String>::new());
}
