//! What is wrong, where, why, and the way out.

mod position;
mod render;

use std::fmt;
use std::ops::Range;

pub use position::Position;

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

impl Problem {
    /// An error about the file or folder `path` as a whole.
    pub fn error(code: &'static str, path: impl Into<String>, title: impl Into<String>) -> Self {
        Problem {
            code,
            severity: Severity::Error,
            path: path.into(),
            span: None,
            source: None,
            title: title.into(),
            label: None,
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Says which bytes of the file's text are meant.
    pub fn at(mut self, source: &str, span: Range<usize>) -> Self {
        self.source = Some(source.to_owned());
        self.span = Some(span);
        self
    }

    /// Puts words beside the caret.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds why, or what is known besides.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a way out.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The line and the column, where a place in the file is meant.
    pub fn position(&self) -> Option<Position> {
        let (source, span) = (self.source.as_deref()?, self.span.as_ref()?);
        Some(Position::of(source, span.start))
    }

    /// The problem as a person reads it, in plain text without colours: `path:line:col: what [code]`,
    /// the line with a caret under it, notes and help.
    ///
    /// ```text
    /// migrations/public/001_create_users.sql:1:11: unknown directive `no-transation` [unknown-directive]
    ///   |
    /// 1 | -- pgmig: no-transation
    ///   |           ^^^^^^^^^^^^^ not a directive
    ///   |
    ///   = help: did you mean `no-transaction`?
    /// ```
    pub fn render(&self) -> String {
        render::render(self)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(position) = self.position() {
            write!(f, ":{position}")?;
        }
        write!(f, ": {}", self.title)
    }
}
