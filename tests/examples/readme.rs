//! What the README promises is what runs: its two commands are those of the repository's own
//! checks, and the output that it shows is the demo's.

use pgmig_testkit::TestDatabase;
use sqlx::Executor as _;

use super::program::{run, steady};

const README: &str = include_str!("../../README.md");

/// The two commands, the first that the README shows a shell.
fn commands() -> Vec<&'static str> {
    let blocks = README.split("```sh\n").skip(1);
    let commands = blocks.map(|block| block.split("\n```").next().unwrap());
    commands.take(2).collect()
}

#[test]
fn the_readmes_two_commands_are_the_demo_and_all_tests() {
    assert_eq!(
        commands(),
        [
            "cargo run --example service --features cli -- demo",
            "cargo test --workspace --all-features"
        ]
    );
}

#[test]
fn the_repositorys_own_checks_run_the_readmes_two_commands() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/run");
    let checks = std::fs::read_to_string(path).unwrap();
    for command in commands() {
        assert!(checks.contains(command), "{path} does not run {command}");
    }
}

#[test]
fn the_output_that_the_readme_shows_is_the_demos() {
    let shown = README.split("```text\nPostgreSQL ").nth(1).unwrap();
    let shown = shown.split("\n```").next().unwrap();
    let story = shown.split_once('\n').unwrap().1;
    assert_eq!(
        steady(story).trim_end(),
        include_str!("demo.txt").trim_end()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_that_the_readme_shows_is_what_a_boot_says() {
    let database = TestDatabase::create().await.unwrap();
    let in_the_way = "CREATE TABLE sessions ()";
    database.pool().execute(in_the_way).await.unwrap();
    let said = run(database.url(), "public");
    let shown = README
        .split("```text\n")
        .find(|block| block.starts_with("error: relation \"sessions\""));
    let shown = shown.unwrap().split("```").next().unwrap();
    assert_eq!((said.code, said.err.as_str()), (1, shown), "{}", said.out);
}

/// Each block of the README by how it begins, and the test that holds it.
const HELD: &[(&str, &str)] = &[
    (
        "rust,no_run static MIGRATIONS: pgmig::Migrations",
        "tests/compile/readme.rs",
    ),
    ("sh cargo run --example service", ".ci/run"),
    ("sh cargo test --workspace", ".ci/run"),
    ("text PostgreSQL ", "here"),
    (
        "text warning: migrations/public/002_index_tenants.sql",
        "pgmig-cli/tests/dev/readme.rs",
    ),
    ("text error: relation \"sessions\"", "here"),
    (
        "rust,no_run use pgmig::{Migrator, Uuid};",
        "tests/compile/readme.rs",
    ),
    ("console $ cargo install", "pgmig-cli/tests/dev/readme.rs"),
    ("console $ cargo pgmig new", "pgmig-cli/tests/dev/readme.rs"),
    (
        "sql CREATE TABLE customers",
        "pgmig-cli/tests/dev/readme.rs",
    ),
    (
        "console $ cargo pgmig lock",
        "pgmig-cli/tests/dev/readme.rs",
    ),
    (
        "text error: migrations/tenant/001_create_customers.sql",
        "pgmig-cli/tests/dev/readme.rs",
    ),
    (
        "rust,no_run #[derive(clap::Parser)]",
        "tests/compile/readme.rs",
    ),
    ("rust,no_run #[cfg(test)]", "tests/compile/readme.rs"),
    (
        "sh cargo pgmig init --drizzle",
        "pgmig-cli/tests/dev/readme.rs",
    ),
];

#[test]
fn every_block_of_the_readme_is_held_by_a_test() {
    let blocks: Vec<String> = README
        .split("\n```")
        .skip(1)
        .step_by(2)
        .map(|block| block.replacen('\n', " ", 1))
        .collect();
    assert_eq!(blocks.len(), HELD.len());
    for (block, (begins, by)) in blocks.iter().zip(HELD) {
        assert!(block.starts_with(begins), "{block}\nis not what {by} holds");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(by);
        assert!(*by == "here" || path.exists(), "{by}");
    }
}
