//! Compares pgmig's syntax check with PostgreSQL's own grammar on files that are given.
//!
//! ```text
//! cargo run --release -- files DIR...             every file as a whole
//! cargo run --release -- statements DIR...        statement by statement, as PostgreSQL cuts
//! cargo run --release -- mutants N SEED DIR...    N files broken by one token each
//! ```

mod files;
mod mutants;
mod postgresql;
mod statements;

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
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: pgmig-oracle files DIR... | statements DIR... | mutants COUNT SEED DIR...");
    ExitCode::FAILURE
}

fn paths(arguments: &[String]) -> Vec<PathBuf> {
    arguments.iter().map(PathBuf::from).collect()
}
