//! Real files, each broken by one token.

use std::path::PathBuf;

use crate::files::{Tally, sql_files};

/// Small and repeatable; not for secrets.
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(2).wrapping_add(1))
    }

    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).unwrap_or(0) % bound.max(1)
    }
}

/// Prints a table for `count` mutants.
pub fn compare(count: usize, seed: u64, roots: &[PathBuf], verbose: bool) {
    let files = sql_files(roots);
    let pool: Vec<&str> = files
        .iter()
        .flat_map(|(_, text)| tokens(text).into_iter().map(|range| &text[range]))
        .filter(|token| token.len() < 40)
        .collect();
    let mut random = Random::new(seed);
    let mut tally = Tally {
        bodies: true,
        ..Tally::default()
    };
    println!("seed {seed}, {} files, {} tokens", files.len(), pool.len());
    for _ in 0..count {
        let (path, text) = &files[random.below(files.len())];
        let ranges = tokens(text);
        if ranges.len() < 2 {
            continue;
        }
        let mutant = mutate(text, &ranges, &pool, &mut random);
        tally.compare(&path.display().to_string(), &mutant, verbose);
    }
    Tally::head();
    tally.row("mutants");
}

/// A file with one token deleted, doubled or swapped with the next.
pub fn mutant(files: &[(PathBuf, String)], random: &mut Random) -> Option<(String, String)> {
    let (path, text) = &files[random.below(files.len())];
    let ranges = tokens(text);
    if ranges.len() < 2 {
        return None;
    }
    let own = &text[ranges[random.below(ranges.len())].clone()];
    let text = mutate(text, &ranges, &[own], random);
    Some((path.display().to_string(), text))
}

/// Where the tokens are, roughly: words, numbers, strings and single marks.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    pgmig_core::sql::token_ranges(text)
}

fn mutate(
    text: &str,
    ranges: &[std::ops::Range<usize>],
    pool: &[&str],
    random: &mut Random,
) -> String {
    let at = random.below(ranges.len() - 1);
    let (here, next) = (ranges[at].clone(), ranges[at + 1].clone());
    let other = pool[random.below(pool.len())];
    let (before, after) = (&text[..here.start], &text[here.end..]);
    match random.below(5) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{} {}{after}", &text[here.clone()], &text[here]),
        2 => format!(
            "{before}{}{}{}{}",
            &text[next.clone()],
            &text[here.end..next.start],
            &text[here.clone()],
            &text[next.end..]
        ),
        3 => format!("{before}{other}{after}"),
        _ => format!("{before}{} {other}{after}", &text[here]),
    }
}
