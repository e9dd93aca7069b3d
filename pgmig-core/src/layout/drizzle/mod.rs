//! Drizzle: what drizzle-kit writes, the journal layout of 0.x and the folders of 1.0.

mod folders;
mod journal;
pub(crate) mod tenant;

use super::dir::Dir;
use super::entries::{Entry, Kind};
use super::{Layout, Listing};
use crate::Problem;

/// When drizzle-kit made a migration, and how its own migrator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Milliseconds since 1970: `when` in the journal, or the time in the folder's name.
    pub(crate) at: i64,
    /// The folder, in the layout of 1.0.
    pub(crate) folder: Option<String>,
}

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let has_journal = dir.root.join(journal::FILE).is_file();
    let has_folders = entries.iter().any(|entry| {
        entry.kind == Kind::Folder && dir.root.join(&entry.name).join(folders::SCRIPT).is_file()
    });
    match (has_journal, has_folders) {
        (true, true) => {
            let title = "both generations of drizzle-kit: a journal, and folders with scripts";
            let problem = Problem::error("ambiguous-layout", dir.shown.as_str(), title)
                .note(format!("`{}` is of 0.x", journal::FILE))
                .note("folders with `migration.sql` are of 1.0")
                .help("finish the upgrade (`drizzle-kit up`), which takes the journal away");
            listing.problems.push(problem);
        }
        (true, false) => journal::list(dir, entries, listing),
        (false, true) => folders::list(dir, entries, listing),
        (false, false) => {
            if let Some(entry) = entries.iter().find(|entry| entry.name.ends_with(".sql")) {
                let title = format!("no `{}`, which says what to apply", journal::FILE);
                let problem = Problem::error("bad-journal", dir.shown.as_str(), title)
                    .note(format!(
                        "`{}` looks like a migration of Drizzle 0.x",
                        entry.name
                    ))
                    .help("bring it back: `drizzle-kit generate` writes it");
                listing.problems.push(problem);
            } else {
                for entry in entries {
                    let note = "a Drizzle folder holds `meta/_journal.json` and what it names";
                    let stray = dir.stray(&entry.name, Layout::Drizzle, note);
                    listing.problems.push(stray);
                }
            }
        }
    }
}
