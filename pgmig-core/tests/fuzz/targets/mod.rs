//! What is fuzzed: each target makes an input from random numbers, has pgmig read it, and says
//! what is wrong with the answer. `oracle/` runs the same targets for as long as one likes.

pub(crate) mod directives;
pub(crate) mod lock;
pub(crate) mod mutate;
pub(crate) mod names;
pub(crate) mod random;
pub(crate) mod scratch;
pub(crate) mod script;
pub(crate) mod splitter;

use std::panic::{AssertUnwindSafe, catch_unwind};

use random::Random;

/// Tries one input; what is wrong is told with the input.
pub(crate) type Case = fn(&mut Random) -> Result<(), String>;

/// The targets by name.
pub(crate) const TARGETS: [(&str, Case); 5] = [
    ("statements", splitter::statements),
    ("any text", splitter::any_text),
    ("lock file", lock::lock_file),
    ("file names", names::file_names),
    ("directives", directives::directives),
];

/// Tries the input of a seed. A panic is an answer that is wrong.
///
/// # Errors
/// What is wrong.
pub(crate) fn attempt(case: Case, seed: u64) -> Result<(), String> {
    let tried = catch_unwind(AssertUnwindSafe(|| case(&mut Random::new(seed))));
    tried.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panic: {}", text.unwrap_or("without a text")))
    })
}
