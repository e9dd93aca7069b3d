//! What the README promises is what runs: its two commands are those of the repository's own
//! checks, and the output that it shows is the demo's.

use super::program::steady;

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
