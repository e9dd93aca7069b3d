//! What a rule finds in small folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::Rule;

/// The titles of what `rule` finds in a migration of `public` that comes after another.
pub(super) fn found(rule: &Rule, first: &str, second: &str) -> Vec<String> {
    titles(
        rule,
        &[
            ("public/001_first.sql", first),
            ("public/002_second.sql", second),
        ],
    )
}

/// Requires that it finds nothing.
pub(super) fn silent(rule: &Rule, first: &str, second: &str) {
    let found = found(rule, first, second);
    assert!(found.is_empty(), "{second}: {found:?}");
}

/// The titles of what it finds in a migration of the tenants.
pub(super) fn in_tenant(rule: &Rule, public: &str, first: &str, second: &str) -> Vec<String> {
    titles(
        rule,
        &[
            ("public/001_public.sql", public),
            ("tenant/001_first.sql", first),
            ("tenant/002_second.sql", second),
        ],
    )
}

fn titles(rule: &Rule, files: &[(&str, &str)]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let problems = crate::load(dir.path(), "migrations").problems;
    let syntax = problems.iter().find(|problem| problem.code == "syntax");
    assert!(syntax.is_none(), "{syntax:?}");
    problems
        .into_iter()
        .filter(|problem| problem.code == rule.name)
        .map(|problem| problem.title)
        .collect()
}
