//! Everything that reads what a person wrote, for as long as one likes: the targets of
//! `pgmig-core/tests/fuzz`, and two that ask PostgreSQL's parser.

use std::collections::BTreeMap;
use std::panic;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::differences::{self, Found};
use crate::files::sql_files;
use crate::targets::mutate::mutated;
use crate::targets::random::Random;
use crate::targets::script::script;
use crate::targets::{Case, TARGETS, attempt};

/// What was tried of a target.
#[derive(Default)]
struct Tally {
    inputs: u64,
    failed: u64,
}

/// The SQL of this repository.
pub fn own() -> Vec<PathBuf> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    [
        "migrations",
        "tests",
        "examples",
        "pgmig-runtime/tests",
        "pgmig-core/tests",
    ]
    .map(|folder| root.join(folder))
    .to_vec()
}

/// Tries inputs until the time is over, in turns of a second a target, and says what was wrong.
/// Every input has a seed of its own, from `first` on.
pub fn fuzz(minutes: f64, first: u64) -> bool {
    let targets: Vec<(&str, Case)> = TARGETS
        .into_iter()
        .chain([("PostgreSQL's statements and tokens", differs as Case)])
        .collect();
    // What panics is told with its seed.
    panic::set_hook(Box::new(|_| {}));
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut told = Instant::now();
    while Instant::now() < end {
        for (name, case) in &targets {
            turn(name, *case, first, tallies.entry(name).or_default());
        }
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            table(&tallies);
        }
    }
    table(&tallies);
    tallies.values().all(|tally| tally.failed == 0)
}

/// One second of a target.
fn turn(name: &str, case: Case, first: u64, tally: &mut Tally) {
    let end = Instant::now() + Duration::from_secs(1);
    while Instant::now() < end {
        let seed = first + tally.inputs;
        tally.inputs += 1;
        if let Err(what) = attempt(case, seed) {
            tally.failed += 1;
            println!("{name}, seed {seed}: {what}\n");
        }
    }
}

fn table(tallies: &BTreeMap<&str, Tally>) {
    println!("| target | inputs | wrong |\n|---|--:|--:|");
    for (name, tally) in tallies {
        println!("| {name} | {} | {} |", tally.inputs, tally.failed);
    }
    println!("{}\n", differences::summary());
}

/// A script that was put together, or a file of this repository, changed or not.
fn differs(random: &mut Random) -> Result<(), String> {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let files = sql_files(&own()).into_iter();
        files.map(|(_, text)| text).collect()
    });
    let text = match random.below(4) {
        0 => files[random.below(files.len())].clone(),
        _ => script(random).text,
    };
    let text = match random.below(4) {
        0 => text,
        _ => mutated(&text, random),
    };
    match differences::of(&text) {
        Found::Same => Ok(()),
        Found::Different(what) => Err(what),
    }
}
