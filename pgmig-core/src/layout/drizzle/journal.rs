//! The journal layout of drizzle-kit 0.x: `meta/_journal.json` and the files it names.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use serde::Deserialize;

use super::Made;
use crate::layout::dir::{Dir, is_companion};
use crate::layout::entries::{Entry, Kind};
use crate::layout::{Found, Layout, Listing};
use crate::{Problem, Version};

pub(super) const FILE: &str = "meta/_journal.json";

/// The journal. Its `version` is not looked at: drizzle-kit never rewrites old entries, and real
/// journals mix versions.
#[derive(Deserialize)]
struct Journal {
    #[serde(default)]
    dialect: Option<String>,
    entries: Vec<JournalEntry>,
}

#[derive(Deserialize)]
struct JournalEntry {
    idx: u64,
    when: i64,
    tag: String,
}

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    listing.beside.push(dir.path(FILE));
    let text = match fs::read_to_string(dir.root.join(FILE)) {
        Ok(text) => text,
        Err(error) => {
            let problem = Problem::error("bad-journal", dir.shown(FILE), "it cannot be read");
            listing.problems.push(problem.note(error.to_string()));
            return;
        }
    };
    let journal: Journal = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(journal) => journal,
        Err(error) => {
            listing.problems.push(unreadable(dir, &text, &error));
            return;
        }
    };
    let reader = Reader {
        dir,
        entries,
        text: &text,
    };
    if let Some(dialect) = journal.dialect.as_deref()
        && !["pg", "postgresql"].contains(&dialect)
    {
        let problem = reader
            .wrong(dialect, format!("the migrations are for `{dialect}`"))
            .note("pgmig is for PostgreSQL alone");
        listing.problems.push(problem);
        return;
    }
    reader.list(&journal.entries, listing);
    reader.others(&journal.entries, listing);
}

struct Reader<'a> {
    dir: &'a Dir<'a>,
    entries: &'a [Entry],
    text: &'a str,
}

impl Reader<'_> {
    /// The migrations, in the journal's order.
    fn list(&self, journal: &[JournalEntry], listing: &mut Listing) {
        let mut tags: HashMap<&str, u64> = HashMap::new();
        let mut before: Option<u64> = None;
        for entry in journal {
            let title = |what: &str| format!("entry {}: {what}", entry.idx);
            if before.is_some_and(|before| entry.idx <= before) {
                let what = "its `idx` is not greater than that of the entry before it";
                let problem = self
                    .wrong(&entry.tag, title(what))
                    .note("Drizzle applies entries in the order they stand in, pgmig by version, which is `idx`")
                    .help("number the entries from 0 in the order they stand in");
                listing.problems.push(problem);
            }
            before = before.max(Some(entry.idx));
            if let Some(other) = tags.insert(&entry.tag, entry.idx) {
                let what = format!("the tag of entry {other} once more");
                listing.problems.push(self.wrong(&entry.tag, title(&what)));
                continue;
            }
            match self.found(entry) {
                Some(found) => listing.found.push(found),
                None => {
                    let what = format!("there is no `{}.sql`", entry.tag);
                    let problem = self
                        .wrong(&entry.tag, title(&what))
                        .help("bring the file back, or take the entry out of the journal");
                    listing.problems.push(problem);
                }
            }
        }
    }

    fn has(&self, file: &str) -> bool {
        let is_it = |entry: &Entry| entry.name == file && entry.kind == Kind::File;
        self.entries.iter().any(is_it)
    }

    fn found(&self, entry: &JournalEntry) -> Option<Found> {
        let file = format!("{}.sql", entry.tag);
        if !self.has(&file) {
            return None;
        }
        // Without its prefix: `0000_fine_tiger`, `20261123181248_fine_tiger`, `_fine_tiger`.
        let name = entry.tag.split_once('_').map_or("", |(_, name)| name);
        let name = if name.is_empty() { &entry.tag } else { name };
        let version = Version::parse(&entry.idx.to_string())?;
        let mut found = self.dir.found(Layout::Drizzle, version, name, &file);
        let down = format!("{}.down.sql", entry.tag);
        found.down = self.has(&down).then(|| self.dir.path(&down));
        found.drizzle = Some(Made {
            at: entry.when,
            folder: None,
        });
        Some(found)
    }

    /// What the journal does not name.
    fn others(&self, journal: &[JournalEntry], listing: &mut Listing) {
        let is_named = |file: &str| {
            let stem = file.strip_suffix(".sql").unwrap_or(file);
            let stem = stem.strip_suffix(".down").unwrap_or(stem);
            journal.iter().any(|entry| entry.tag == stem)
        };
        let mut orphans = Vec::new();
        for entry in self.entries {
            let name = &entry.name;
            if entry.kind == Kind::Folder && name == "meta" {
                self.snapshots(listing);
            } else if entry.kind == Kind::File && name.ends_with(".sql") {
                if !is_named(name) {
                    orphans.push(name.as_str());
                }
            } else if entry.kind == Kind::Folder || !is_companion(name) {
                let note = "a Drizzle folder holds `meta/_journal.json` and what it names";
                let stray = self.dir.stray(name, Layout::Drizzle, note);
                listing.problems.push(stray);
            }
        }
        listing.problems.extend(self.orphans(&orphans));
    }

    /// `meta/` is drizzle-kit's own; all that may not be in it is a migration.
    fn snapshots(&self, listing: &mut Listing) {
        for entry in self.dir.entries("meta/", &mut listing.problems) {
            if entry.name.ends_with(".sql") {
                let file = format!("meta/{}", entry.name);
                let note = "migrations are beside `meta/`, not in it";
                let stray = self.dir.stray(&file, Layout::Drizzle, note);
                listing.problems.push(stray);
            }
        }
    }

    /// Files that the journal does not name, in one problem: where there are many, it is the
    /// journal that is broken.
    fn orphans(&self, files: &[&str]) -> Option<Problem> {
        let title = match files {
            [] => return None,
            [_] => "the journal does not name it".to_owned(),
            _ => format!("{} files that the journal does not name", files.len()),
        };
        let quoted: Vec<String> = files
            .iter()
            .map(|file| format!("\"{}\"", self.dir.path(file)))
            .collect();
        let (path, note) = match files {
            [file] => (*file, String::new()),
            _ => (FILE, format!("`{}`: ", files.join("`, `"))),
        };
        let problem = Problem::error("stray-file", self.dir.shown(path), title)
            .note(format!(
                "{note}Drizzle has never applied what it does not name, and never will"
            ))
            .help("delete what is not needed, or bring the journal back from git");
        // So many are not meant to be there.
        if files.len() > 4 {
            return Some(problem);
        }
        Some(problem.help(format!(
            "or say in pgmig.toml that it is no migration: `ignore = [{}]`",
            quoted.join(", ")
        )))
    }

    /// A problem with the entry whose value is `value`.
    fn wrong(&self, value: &str, title: String) -> Problem {
        let problem = Problem::error("bad-journal", self.dir.shown(FILE), title);
        match self.find(value) {
            Some(range) => problem.at(self.text, range),
            None => problem,
        }
    }

    /// Where a string is in the journal, the last of its kind.
    fn find(&self, value: &str) -> Option<Range<usize>> {
        let quoted = serde_json::to_string(value).ok()?;
        let at = self.text.rfind(&quoted)?;
        Some(at..at + quoted.len())
    }
}

fn unreadable(dir: &Dir<'_>, text: &str, error: &serde_json::Error) -> Problem {
    let line = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let start: usize = line.map(str::len).sum();
    let at = text.floor_char_boundary(start + error.column().saturating_sub(1));
    // The place is shown by the caret.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let title = format!("the journal cannot be read: {message}");
    Problem::error("bad-journal", dir.shown(FILE), title)
        .at(text, at..at)
        .help("a merge conflict in it is resolved by generating the newer migration again")
}
