//! goose: `1_create_users.sql` with `-- +goose Up` and `-- +goose Down`.
//!
//! `-- +goose NO TRANSACTION` is about both scripts. `StatementBegin` and `StatementEnd` are not
//! needed to find where a statement ends, but the end is one even without a semicolon.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, File};
use super::sections::{Part, Sections, lines};
use super::{Layout, Listing};
use crate::Problem;

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut ups = Vec::new();
    for entry in entries {
        let file = &entry.name;
        let is_go = file.ends_with(".go");
        let sql = if is_go {
            file.replace(".go", ".sql")
        } else {
            file.clone()
        };
        let numbered = numbered::parse(&sql).filter(|_| entry.kind == Kind::File);
        match numbered {
            Some(_) if is_go && !file.ends_with("_test.go") => {
                let title = "a migration written in Go";
                let problem = Problem::error("unsupported-migration", dir.shown(file), title)
                    .note("pgmig reads SQL")
                    .help(format!("write what it does to `{sql}`"));
                listing.problems.push(problem);
            }
            Some(numbered) if !is_go => ups.push(File {
                version: numbered.version,
                name: numbered.name,
                file: file.clone(),
            }),
            // goose takes Go code without a version for what it is.
            _ if is_go || is_companion(file) => {}
            _ => listing.problems.push(dir.stray(
                file,
                Layout::Goose,
                "a migration is `1_name.sql`; goose ignores everything else",
            )),
        }
    }
    numbered::pair(dir, Layout::Goose, ups, Vec::new(), listing);
}

/// What a comment says to goose: `Up` for `-- +goose Up`.
pub(super) fn annotation(line: &str) -> Option<&str> {
    let comment = line.trim().strip_prefix("--")?;
    Some(comment.trim_start().strip_prefix("+goose")?.trim())
}

/// The scripts of a file.
pub(super) fn sections(text: &str, shown: &str, problems: &mut Vec<Problem>) -> Sections {
    let mut reader = Reader {
        text,
        shown,
        up: None,
        down: None,
        open: None,
        transactional: true,
    };
    for (start, line) in lines(text) {
        if let Some(word) = annotation(line)
            && let Err(problem) = reader.take(start, line, word)
        {
            problems.push(*problem);
        }
    }
    if let Some(start) = reader.open {
        let problem = reader
            .wrong(start, "`-- +goose StatementBegin` without an end")
            .help("write `-- +goose StatementEnd` after the statement");
        problems.push(problem);
    }
    let transactional = Some(reader.transactional);
    let Some((before_up, _)) = reader.up else {
        let title = "no `-- +goose Up` in the file";
        let problem = Problem::error("bad-section", shown, title)
            .note("the other files of the folder are goose's")
            .help("write `-- +goose Up` before the statements that apply the migration");
        problems.push(problem);
        return Sections::whole(text);
    };
    let end = reader.down.map_or(text.len(), |(start, _)| start);
    Sections {
        up: Part {
            // What is before the annotation is comments, directives among them.
            range: 0..end,
            transactional,
        },
        down: reader.down.map(|(_, after)| Part {
            range: after..text.len(),
            transactional,
        }),
        before: 0..before_up,
    }
}

/// Goes through the annotations of a file in order.
struct Reader<'a> {
    text: &'a str,
    shown: &'a str,
    /// Where the line `-- +goose Up` starts, and the line after it.
    up: Option<(usize, usize)>,
    down: Option<(usize, usize)>,
    /// Where a statement was begun that is not ended yet.
    open: Option<usize>,
    transactional: bool,
}

impl Reader<'_> {
    fn take(&mut self, start: usize, line: &str, word: &str) -> Result<(), Box<Problem>> {
        let here = (start, start + line.len());
        match word.to_ascii_lowercase().as_str() {
            "up" if self.up.is_none() => self.up = Some(here),
            "up" => return Err(self.wrong(start, "a second `-- +goose Up`").into()),
            "down" if self.up.is_none() => {
                return Err(self
                    .wrong(start, "`-- +goose Down` before `-- +goose Up`")
                    .help("goose needs `-- +goose Up` first")
                    .into());
            }
            "down" if self.down.is_none() => self.down = Some(here),
            "down" => return Err(self.wrong(start, "a second `-- +goose Down`").into()),
            "statementbegin" => self.open = Some(start),
            "statementend" if self.open.take().is_none() => {
                let title = "`-- +goose StatementEnd` without a beginning";
                return Err(self.wrong(start, title).into());
            }
            "statementend" | "envsub off" => {}
            "no transaction" => self.transactional = false,
            "envsub on" => {
                return Err(self
                    .wrong(start, "environment variables in a migration")
                    .note("what they hold is not known when the migration is embedded")
                    .help("write the values themselves")
                    .into());
            }
            _ => {
                let title = format!("unknown annotation `{word}`");
                return Err(self.wrong(start, title).into());
            }
        }
        Ok(())
    }

    fn wrong(&self, start: usize, title: impl Into<String>) -> Problem {
        let line = self.text[start..].lines().next().unwrap_or_default();
        Problem::error("bad-section", self.shown, title)
            .at(self.text, start..start + line.trim_end().len())
    }
}
