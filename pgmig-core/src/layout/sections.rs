//! The scripts of one file: where the layout keeps up and down in the same file, which part is
//! which.

use std::borrow::Cow;
use std::ops::Range;

use super::{Layout, dbmate, goose, own, sqlx};
use crate::Problem;

/// A part of a file that is a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// Whether it runs in a transaction, where the layout's own words say so.
    pub(crate) transactional: Option<bool>,
}

/// The scripts of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sections {
    pub(crate) up: Part,
    /// The down script, where it is in the same file.
    pub(crate) down: Option<Part>,
    /// What is before them, where nothing but comments may be.
    pub(crate) before: Range<usize>,
}

impl Part {
    /// All of a file.
    pub(crate) fn whole(text: &str) -> Self {
        Part {
            range: 0..text.len(),
            transactional: None,
        }
    }
}

impl Sections {
    /// A file that is one script.
    pub(crate) fn whole(text: &str) -> Self {
        Sections {
            up: Part::whole(text),
            down: None,
            before: 0..0,
        }
    }
}

/// The scripts in `text`, a file of `layout`.
pub(crate) fn sections(
    layout: Layout,
    text: &str,
    shown: &str,
    problems: &mut Vec<Problem>,
) -> Sections {
    match layout {
        Layout::Goose => goose::sections(text, shown, problems),
        Layout::Dbmate => dbmate::sections(text, shown, problems),
        _ => {
            let mut sections = own::sections::sections(layout, text, shown, problems);
            if layout == Layout::Sqlx && sqlx::is_no_transaction(text) {
                sections.up.transactional = Some(false);
            }
            sections
        }
    }
}

/// How many bytes of a line comment end a statement, whatever else stands in it: drizzle-kit and
/// goose cut there, so that a semicolon before it may be missing.
pub(crate) fn ends_statement(layout: Layout, comment: &str) -> Option<usize> {
    const BREAKPOINT: &str = "--> statement-breakpoint";
    match layout {
        Layout::Drizzle => comment.starts_with(BREAKPOINT).then_some(BREAKPOINT.len()),
        Layout::Goose => goose::annotation(comment)
            .is_some_and(|word| word.eq_ignore_ascii_case("StatementEnd"))
            .then_some(comment.len()),
        _ => None,
    }
}

/// The text with spaces for everything outside of `range`, so that every position holds.
pub(crate) fn only<'a>(text: &'a str, range: &Range<usize>) -> Cow<'a, str> {
    if *range == (0..text.len()) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    blank(&text[..range.start], &mut masked);
    masked.push_str(&text[range.clone()]);
    blank(&text[range.end..], &mut masked);
    Cow::Owned(masked)
}

/// The text with a semicolon for each of `ends`, comments that end a statement; every position
/// holds.
pub(crate) fn end(text: &str, ends: &[Range<usize>]) -> String {
    replace(text, ends, ";")
}

/// The text with spaces for each of `ranges`.
pub(crate) fn without(text: &str, ranges: &[Range<usize>]) -> String {
    replace(text, ranges, "")
}

/// Puts `first` and spaces in the place of each range.
fn replace(text: &str, ranges: &[Range<usize>], first: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for range in ranges {
        replaced.push_str(&text[copied..range.start]);
        replaced.push_str(first);
        blank(&text[range.start + first.len()..range.end], &mut replaced);
        copied = range.end;
    }
    replaced.push_str(&text[copied..]);
    replaced
}

/// Appends a space for each byte of `text`; lines stay lines.
fn blank(text: &str, masked: &mut String) {
    masked.extend(text.bytes().map(|byte| match byte {
        b'\n' | b'\r' => char::from(byte),
        _ => ' ',
    }));
}

/// The lines of a text, each with its first byte and its line ending.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        // A byte order mark is no part of the first line.
        let bare = line.trim_start_matches('\u{feff}');
        (start + line.len() - bare.len(), bare)
    })
}
