//! Inputs that nobody would think of. Each failure prints the seed that repeats it:
//! `PGMIG_FUZZ_SEED` is the first seed (1), `PGMIG_FUZZ_CASES` how many follow it (300).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod targets;

use targets::{TARGETS, attempt};

fn setting(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

fn fuzz(name: &str) {
    let (_, case) = TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let first = setting("PGMIG_FUZZ_SEED", 1);
    for seed in first..first + setting("PGMIG_FUZZ_CASES", 300) {
        if let Err(what) = attempt(*case, seed) {
            panic!("PGMIG_FUZZ_SEED={seed} PGMIG_FUZZ_CASES=1: {what}");
        }
    }
}

#[test]
fn a_script_is_cut_into_the_statements_that_it_was_made_of() {
    fuzz("statements");
}

#[test]
fn any_text_can_be_looked_through() {
    fuzz("any text");
}

#[test]
fn no_lock_file_passes_that_pgmig_has_not_written() {
    fuzz("lock file");
}

#[test]
fn every_file_is_a_migration_or_in_a_problem() {
    fuzz("file names");
}

#[test]
fn each_directive_is_found_or_refused() {
    fuzz("directives");
}
