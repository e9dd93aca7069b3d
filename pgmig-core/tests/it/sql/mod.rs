//! What is said about the SQL of migrations.

mod names;
mod tenants;
mod transaction;

use pgmig_core::{Loaded, Severity};

use crate::tree::Tree;

/// `severity code line:column title` of each problem of a folder.
pub(crate) fn told(files: &[(&str, &str)]) -> Vec<String> {
    shown(&Tree::new(files).load())
}

/// The errors alone.
pub(crate) fn errors(files: &[(&str, &str)]) -> Vec<String> {
    let all = told(files).into_iter();
    all.filter(|line| line.starts_with("error")).collect()
}

fn shown(loaded: &Loaded) -> Vec<String> {
    loaded
        .problems
        .iter()
        .map(|problem| {
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let path = problem.path.strip_prefix("migrations/").unwrap_or("");
            let at = problem
                .position()
                .map_or(String::new(), |at| format!(":{at}"));
            format!("{severity} {} {path}{at} {}", problem.code, problem.title)
        })
        .collect()
}

/// The same for one migration of `public`.
pub(crate) fn one(sql: &str) -> Vec<String> {
    let all = told(&[("public/001_a.sql", sql)]);
    all.into_iter()
        .map(|line| line.replace("public/001_a.sql:", ""))
        .collect()
}
