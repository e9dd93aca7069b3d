//! Where statements begin and end, beside PostgreSQL's own parser.

use std::path::PathBuf;

use crate::files::sql_files;
use crate::mutants::{Random, mutant};

/// Compares the statements of every file that PostgreSQL takes, and of `count` mutants that it
/// takes too.
pub fn compare(count: usize, seed: u64, roots: &[PathBuf]) -> bool {
    let files = sql_files(roots);
    let mut tally = Tally::default();
    for (path, text) in &files {
        tally.compare(&path.display().to_string(), text);
    }
    let mut random = Random::new(seed);
    println!("seed {seed}, {} files", files.len());
    for _ in 0..count {
        if let Some((path, text)) = mutant(&files, &mut random) {
            tally.compare(&path, &text);
        }
    }
    println!(
        "{} texts, {} statements, {} texts cut differently",
        tally.texts, tally.statements, tally.different
    );
    tally.different == 0
}

#[derive(Default)]
struct Tally {
    texts: usize,
    statements: usize,
    different: usize,
}

impl Tally {
    fn compare(&mut self, name: &str, text: &str) {
        let Ok(theirs) = pg_query::split_with_parser(text) else {
            return;
        };
        let theirs: Vec<&str> = theirs.into_iter().map(bare).collect();
        let ours: Vec<&str> = pgmig_core::sql::analyse(text)
            .into_iter()
            .map(|statement| &text[statement.range])
            .collect();
        self.texts += 1;
        self.statements += theirs.len();
        if ours != theirs {
            self.different += 1;
            println!("DIFFERENT {name}: {} and {}", ours.len(), theirs.len());
            if let Some((ours, theirs)) = ours.iter().zip(&theirs).find(|(a, b)| a != b) {
                println!("  ours   {ours:?}\n  theirs {theirs:?}");
            }
        }
    }
}

/// A statement from its first token to its last: what PostgreSQL cuts has the comments around it.
fn bare(statement: &str) -> &str {
    let tokens = pgmig_core::sql::token_ranges(statement);
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &statement[first.start..last.end],
        _ => "",
    }
}
