//! The files of a new migration, as the layout of its folder has them.

use crate::{Layout, Migration, Version};

const UP: &str = "-- Write the migration here. `cargo pgmig check` looks at it, `cargo pgmig lock` \
                  makes it final.\n";
const DOWN: &str = "-- Write here what takes the migration back, or delete this file.\n";
const DOWN_SECTION: &str = "-- Write here what takes the migration back, or leave it as it is.\n";

/// A migration that is to be made.
pub(super) struct Shape<'a> {
    /// The newest migration of the scope, whose form it takes.
    pub(super) like: Option<&'a Migration>,
    /// The version as a file name has it.
    pub(super) version: String,
    pub(super) name: String,
    pub(super) down: bool,
}

impl Shape<'_> {
    /// Whose rules it follows.
    pub(super) fn layout(&self) -> Layout {
        self.like.map_or(Layout::Pgmig, |like| like.layout)
    }

    /// The files, below the folder of the scope, and what is in them.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let Shape { version, name, .. } = self;
        let plain = format!("{version}_{name}");
        let path = self.like.map_or("", |like| like.up.path.as_str());
        let (up, down) = match self.layout() {
            Layout::Goose => return vec![self.sections(&plain, "-- +goose Up", "-- +goose Down")],
            Layout::Dbmate => {
                return vec![self.sections(&plain, "-- migrate:up", "-- migrate:down")];
            }
            Layout::Refinery => {
                let file = format!("V{version}__{name}");
                return vec![self.sections(&file, "", "-- pgmig: down")];
            }
            Layout::Flyway => (
                format!("V{version}__{name}.sql"),
                format!("U{version}__{name}.sql"),
            ),
            Layout::Diesel => {
                let folder = format!("{}_{name}", dashed(version, path));
                (format!("{folder}/up.sql"), format!("{folder}/down.sql"))
            }
            Layout::Prisma | Layout::Drizzle => (
                format!("{plain}/migration.sql"),
                format!("{plain}/down.sql"),
            ),
            _ if path.ends_with(".up.sql") => {
                (format!("{plain}.up.sql"), format!("{plain}.down.sql"))
            }
            _ => (format!("{plain}.sql"), format!("{plain}.down.sql")),
        };
        let mut files = vec![(up, UP.to_owned())];
        if self.down {
            files.push((down, DOWN.to_owned()));
        }
        files
    }

    /// Both scripts in one file.
    fn sections(&self, file: &str, up: &str, down: &str) -> (String, String) {
        let mut text = String::new();
        if !up.is_empty() {
            text.push_str(&format!("{up}\n"));
        }
        text.push_str(UP);
        if self.down || !up.is_empty() {
            text.push_str(&format!("\n{down}\n{DOWN_SECTION}"));
        }
        (format!("{file}.sql"), text)
    }
}

/// `20260131120000` as diesel writes it, with `-0000` behind it where the one before has that.
fn dashed(version: &str, before: &str) -> String {
    if version.len() != 14 || !version.is_ascii() {
        return version.to_owned();
    }
    let [year, month, day, time] = [0..4, 4..6, 6..8, 8..14].map(|part| &version[part]);
    let folder = before.rsplit('/').nth(1).unwrap_or_default();
    let digits = folder.split('_').next().unwrap_or_default();
    if !digits.contains('-') {
        return version.to_owned();
    }
    let more = if digits.matches('-').count() > 3 {
        "-0000"
    } else {
        ""
    };
    format!("{year}-{month}-{day}-{time}{more}")
}

/// The version that the next one of a scope is counted from: of folders that are named by a time
/// the time alone, for what follows it tells apart those of one second.
pub(super) fn counted(layout: Layout, last: Version) -> Version {
    match layout {
        Layout::Diesel | Layout::Prisma => {
            let first = last.as_str().split('.').next().unwrap_or_default();
            Version::parse(first).unwrap_or(last)
        }
        _ => last,
    }
}
