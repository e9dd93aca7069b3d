//! What is wrong, where, why, and the way out.

use std::fmt;
use std::ops::Range;

/// How grave a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Told by `cargo pgmig check`; does not stop a build.
    Warning,
    /// Stops the build.
    Error,
}

/// One thing that is wrong with a file or the folder.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its stable name, `duplicate-version`: what `docs/errors.md` and `allow(...)` call it.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The file or folder, as a person would type it from the crate's directory.
    pub path: String,
    /// The bytes of `source` that are meant, where a place in the file is meant.
    pub span: Option<Range<usize>>,
    /// The file's text, to show the line.
    pub source: Option<String>,
    /// What is wrong, one line, lower case.
    pub title: String,
    /// Words beside the caret.
    pub label: Option<String>,
    /// Why, or what is known besides.
    pub notes: Vec<String>,
    /// The ways out.
    pub help: Vec<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.title)
    }
}
