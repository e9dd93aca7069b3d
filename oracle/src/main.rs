//! Compares pgmig's syntax check with PostgreSQL's own grammar on files that are given.
//!
//! ```text
//! cargo run --release -- files DIR...             every file as a whole
//! cargo run --release -- statements DIR...        statement by statement, as PostgreSQL cuts
//! cargo run --release -- mutants N SEED DIR...    N files broken by one token each
//! cargo run --release -- splits N SEED DIR...     where statements end, in files and N mutants
//! cargo run --release -- fuzz MINUTES SEED        whatever reads what a person wrote
//! ```

mod differences;
mod files;
mod fuzz;
mod mutants;
mod postgresql;
mod splits;
mod statements;
#[path = "../../pgmig-core/tests/fuzz/targets/mod.rs"]
mod targets;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let verbose = std::env::var_os("VERBOSE").is_some();
    match arguments.split_first() {
        Some((command, rest)) if command == "files" => files::compare(&paths(rest), verbose),
        Some((command, rest)) if command == "statements" => {
            statements::compare(&paths(rest), verbose);
        }
        Some((command, [count, seed, rest @ ..])) if command == "mutants" => {
            match (count.parse(), seed.parse()) {
                (Ok(count), Ok(seed)) => mutants::compare(count, seed, &paths(rest), verbose),
                _ => return usage(),
            }
        }
        Some((command, [count, seed, rest @ ..])) if command == "splits" => {
            match (count.parse(), seed.parse()) {
                (Ok(count), Ok(seed)) => {
                    splits::compare(count, seed, &paths(rest));
                }
                _ => return usage(),
            }
        }
        Some((command, [minutes, seed])) if command == "fuzz" => {
            match (minutes.parse(), seed.parse()) {
                (Ok(minutes), Ok(seed)) if fuzz::fuzz(minutes, seed) => {}
                (Ok(_), Ok(_)) => return ExitCode::FAILURE,
                _ => return usage(),
            }
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: pgmig-oracle files DIR... | statements DIR... | mutants COUNT SEED DIR... | splits COUNT SEED DIR... | fuzz MINUTES SEED"
    );
    ExitCode::FAILURE
}

fn paths(arguments: &[String]) -> Vec<PathBuf> {
    arguments.iter().map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use crate::files::{Tally, sql_files};
    use crate::fuzz::{fuzz, own};
    use crate::splits;

    #[test]
    fn the_two_agree_on_all_sql_of_this_repository() {
        let mut tally = Tally {
            bodies: true,
            ..Tally::default()
        };
        for (path, text) in sql_files(&own()) {
            tally.compare(&path.display().to_string(), &text, true);
        }
        assert!(tally.both_accept > 0);
        assert_eq!((tally.false_errors, tally.missed), (0, 0));
    }

    #[test]
    fn statements_end_where_postgresql_says_they_do() {
        assert!(splits::compare(2_000, 1, &own()));
    }

    #[test]
    fn a_minute_of_fuzzing_finds_nothing() {
        assert!(fuzz(1.0, 1));
    }
}
