//! The README's app: what its Rust blocks say, in a crate that was begun as its tour begins one.

use std::process::Command;

use pgmig_core::edit;
use pgmig_testkit::TestDatabase;
use sqlx::Executor as _;

use crate::scratch::Scratch;

const README: &str = include_str!("../../README.md");

/// What the README adds, by the commands below, with no more of sqlx than that.
const DEPENDENCIES: &str = "pgmig = { workspace = true, features = [\"cli\", \"test\"] }
clap = { version = \"4\", features = [\"derive\"] }
sqlx = { version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\", \"uuid\"] }
tokio = { version = \"1\", features = [\"full\"] }
";

const ADDED: [&str; 3] = [
    "cargo add pgmig tokio -F tokio/full && cargo add sqlx -F postgres,runtime-tokio,uuid\n",
    "`cargo add pgmig -F cli && cargo add clap -F derive`",
    "`cargo add --dev pgmig -F test`",
];

/// The only block of a language with this in it.
fn block_of(language: &str, with: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let blocks = README.split(&fence).skip(1);
    let mut found = blocks
        .map(|block| block.split("```").next().unwrap())
        .filter(|block| block.contains(with));
    let block = found.next().unwrap();
    assert!(found.next().is_none(), "more than one has `{with}`");
    block
}

fn block(with: &str) -> &'static str {
    block_of("rust,no_run", with)
}

/// The crate `shop` after the tour.
fn shop() -> Scratch {
    let scratch = Scratch::new(&["shop"]);
    scratch.manifest("shop", "2024", DEPENDENCIES);
    let begun = edit::init(&scratch.path().join("shop"), "migrations", false);
    begun.apply().unwrap();
    scratch.write(
        "shop/migrations/tenant/001_create_customers.sql",
        block_of("sql", "CREATE TABLE customers"),
    );
    // Of the app they are; here nobody calls them.
    let parts = ["fn sign_up", "enum Cli"].map(block).concat();
    scratch.write(
        "shop/src/main.rs",
        format!(
            "#![allow(dead_code)]\n{}\n{parts}\n{}",
            block("fn main"),
            block("#[pgmig::test]")
        ),
    );
    scratch
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_app_compiles_boots_and_passes_its_test() {
    for command in ADDED {
        assert!(README.contains(command), "{command}");
    }
    let scratch = shop();
    scratch.cargo(&["build"], &[]).clean();

    let database = TestDatabase::create().await.unwrap();
    let boot = || {
        let mut app = Command::new(scratch.binary("debug", "shop"));
        let output = app.env("DATABASE_URL", database.url()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    boot();
    let pool = database.pool();
    let tenant = "INSERT INTO tenants (name) VALUES ('Acme')";
    pool.execute(tenant).await.unwrap();
    boot();
    let made = "SELECT count(*) FROM pg_tables WHERE schemaname LIKE 'tenant\\_%' AND tablename = 'customers'";
    let made: i64 = sqlx::query_scalar(made).fetch_one(&pool).await.unwrap();
    assert_eq!(made, 1);

    let output = scratch.command(&["test", "--quiet"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{error}");
    assert!(said.contains("test result: ok. 1 passed"), "{said}");
}
