//! `cargo pgmig lint`, and what the rules find in `check`.

use super::project::Project;

#[test]
fn the_rules_are_listed_with_their_levels() {
    let out = Project::new().done("lint");
    let line = |name: &str| {
        let mut lines = out.lines();
        lines.find(|line| line.starts_with(name)).map(str::to_owned)
    };
    let index = line("index-without-concurrently ").unwrap();
    assert!(index.contains("  warn   an index built"), "{index}");
    assert!(line("session-setting ").unwrap().contains("  deny   "));
}

#[test]
fn a_rule_is_explained() {
    let out = Project::new().done("lint --explain index-without-concurrently");
    for part in [
        "Why\n  Writes to the table wait",
        "The lock: SHARE.",
        "The safe way\n  `CREATE INDEX CONCURRENTLY`",
        "Example\n  CREATE INDEX invoices_due ON invoices (due);",
        "PostgreSQL's documentation: SQL Commands, CREATE INDEX",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn each_rule_and_each_error_is_explained() {
    let project = Project::new();
    let rules: serde_json::Value = serde_json::from_str(&project.done("lint --json")).unwrap();
    let rules = rules.as_array().unwrap();
    assert!(rules.len() >= 30, "{rules:?}");
    for rule in rules {
        let name = rule["name"].as_str().unwrap();
        let out = project.done(&format!("lint --explain {name}"));
        for part in ["Why\n  ", "The safe way\n  ", "Example\n  "] {
            let (_, text) = out
                .split_once(part)
                .unwrap_or_else(|| panic!("{part} of {out}"));
            assert!(text.lines().next().unwrap().len() > 10, "{out}");
        }
    }
    let page = include_str!("../../../docs/errors.md");
    for name in page.lines().filter_map(|line| line.strip_prefix("### ")) {
        let out = project.done(&format!("lint --explain [{name}]"));
        assert!(
            out.starts_with(&format!("{name} (error)\n\nWhat happened\n  ")),
            "{out}"
        );
        assert!(out.contains("\nWhy it matters\n  "), "{out}");
        assert!(out.contains("\nThe way out\n  "), "{out}");
    }
}

#[test]
fn an_error_that_is_not_there_is_told_its_nearest_name() {
    let said = Project::new().run("lint --explain unknown-colum");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("did you mean `unknown-column`?"),
        "{}",
        said.err
    );
    let said = Project::new().run("lint --explain nonsense");
    assert!(
        said.err.contains("`cargo pgmig lint` lists the rules"),
        "{}",
        said.err
    );
}

#[test]
fn a_rule_that_is_not_there_is_told_its_nearest_name() {
    let said = Project::new().run("lint --explain index-without-concurrent");
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .contains("did you mean `index-without-concurrently`?"),
        "{}",
        said.err
    );
}

#[test]
fn a_draft_with_a_warning_is_a_draft_all_the_same() {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id uuid PRIMARY KEY, email text);\n",
    );
    project.done("lock");
    project.write(
        "migrations/public/002_index.sql",
        "CREATE INDEX users_email ON users (email);\n",
    );
    let said = project.run("check");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err
            .contains("warning: migrations/public/002_index.sql:1:1: writes to `users` wait"),
        "{}",
        said.err
    );
    assert!(said.err.contains("`index` is a draft"), "{}", said.err);
    project.done("lock");
    let said = project.run("check");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
