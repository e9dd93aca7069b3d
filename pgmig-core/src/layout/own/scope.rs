//! The folder of one scope: which of its files are migrations.

use std::collections::HashMap;

use super::file_name::{self, Direction, ScriptName};
use crate::layout::dir::{Dir, is_companion};
use crate::layout::entries::{Entry, Kind};
use crate::layout::scopes::{other_file, stray_folder};
use crate::layout::{Found, Layout, Listing};
use crate::{Problem, Version};

/// The folder of one scope.
pub(super) struct ScopeFolder<'a>(pub(super) &'a Dir<'a>);

/// A script and the file that it is in.
struct File {
    name: ScriptName,
    file: String,
}

/// Which of the migrations has a version and a name.
type Places = HashMap<(Version, String), usize>;

impl ScopeFolder<'_> {
    pub(super) fn list(&self, entries: &[Entry], listing: &mut Listing) {
        let (mut ups, mut downs) = (Vec::new(), Vec::new());
        for entry in entries {
            if entry.kind == Kind::Folder {
                let path = self.path(&entry.name);
                listing.problems.push(self.folder_inside(&entry.name, path));
            } else if let Some(name) = file_name::parse(&entry.name) {
                let file = entry.name.clone();
                match name.direction {
                    Direction::Up => ups.push(File { name, file }),
                    Direction::Down => downs.push(File { name, file }),
                }
            } else if !is_companion(&entry.name) {
                self.stray(&entry.name, listing);
            }
        }
        let order = |a: &File, b: &File| {
            let versions = a.name.version.cmp(&b.name.version);
            versions.then_with(|| a.name.name.cmp(&b.name.name))
        };
        ups.sort_by(order);
        downs.sort_by(order);
        self.duplicates(&ups, listing);
        let mut places = Places::new();
        for up in ups {
            let key = (up.name.version.clone(), up.name.name.clone());
            places.entry(key).or_insert(listing.found.len());
            listing.found.push(self.found(up));
        }
        for down in downs {
            self.pair(&down, &places, listing);
        }
    }

    fn path(&self, file: &str) -> String {
        self.0.shown(file)
    }

    fn found(&self, up: File) -> Found {
        let ScriptName { version, name, .. } = up.name;
        self.0.found(Layout::Pgmig, version, &name, &up.file)
    }

    fn folder_inside(&self, name: &str, path: String) -> Problem {
        if self.0.below.is_empty() {
            return stray_folder(name, path);
        }
        Problem::error("stray-folder", path, "folder inside a scope")
            .note(format!(
                "the files of `{}` are directly in it",
                self.0.shown
            ))
            .help("move its files up, or move it out of the folder")
    }

    fn stray(&self, file: &str, listing: &mut Listing) {
        let problem = Problem::error(
            "stray-file",
            self.path(file),
            "this is not the name of a migration",
        )
        .note("a migration is `NNN_name.sql`: digits, `_`, a name of letters, digits and `_`");
        let problem = match file_name::suggestion(file) {
            Some(meant) => {
                // One that takes a migration back is none itself.
                if let Some(name) = file_name::parse(&meant)
                    && name.direction == Direction::Up
                {
                    let file = File {
                        name,
                        file: file.to_owned(),
                    };
                    listing.misnamed.push(self.found(file));
                }
                problem.help(format!("rename it to `{meant}`"))
            }
            None if file.to_ascii_lowercase().ends_with(".sql") => {
                problem.help("`cargo pgmig new NAME` makes a file with the next version")
            }
            None => other_file(problem, file),
        };
        listing.problems.push(problem);
    }

    /// Reports versions and names that are there twice. Names that differ in case or `_` alone
    /// would be one name in Rust.
    fn duplicates(&self, ups: &[File], listing: &mut Listing) {
        let mut names = HashMap::new();
        let mut before: Option<&File> = None;
        for file in ups {
            let bare = file.name.name.replace('_', "").to_ascii_lowercase();
            let namesake = names.get(&bare).copied();
            let twin = before.filter(|before| before.name.version == file.name.version);
            let path = self.path(&file.file);
            let note = |other: &File| format!("the other one is `{}`", self.path(&other.file));
            if let Some(twin) = twin {
                let title = format!("version {} is taken twice", file.name.version);
                listing.problems.push(
                    Problem::error("duplicate-version", path, title)
                        .note(note(twin))
                        .help("`cargo pgmig renumber` gives the newer one the next version"),
                );
            } else if let Some(namesake) = namesake {
                let title = format!("the name `{}` is taken twice", file.name.name);
                listing.problems.push(
                    Problem::error("duplicate-name", path, title)
                        .note(note(namesake))
                        .note("names are compared without `_` and without case")
                        .help("rename one of them")
                        .help("or name the layout whose names may repeat: `layout = \"sqlx\"`"),
                );
            }
            names.entry(bare).or_insert(file);
            before = Some(file);
        }
    }

    /// Gives a down script to its migration.
    fn pair(&self, down: &File, places: &Places, listing: &mut Listing) {
        let ScriptName { version, name, .. } = &down.name;
        let place = places.get(&(version.clone(), name.clone())).copied();
        let found = place.and_then(|place| listing.found.get_mut(place));
        let Some(found) = found else {
            let is_its = |found: &Found| found.version == *version && found.name == *name;
            // One that is there under a wrong name has been complained about.
            if !listing.misnamed.iter().any(is_its) {
                let problem = self.without_up(down, &listing.found);
                listing.problems.push(problem);
            }
            return;
        };
        let file = self.0.path(&down.file);
        if let Some(other) = &found.down {
            let other = self.path(&other[self.0.below.len()..]);
            let title = "a second down script of the same migration";
            listing.problems.push(
                Problem::error("duplicate-version", self.path(&down.file), title)
                    .note(format!("the other one is `{other}`"))
                    .help("delete one of them"),
            );
        } else {
            found.down = Some(file);
        }
    }

    fn without_up(&self, down: &File, found: &[Found]) -> Problem {
        let title = "a down script without its migration";
        let missing = self.path(&down.file.replace(".down.sql", ".sql"));
        let problem = Problem::error("down-without-up", self.path(&down.file), title)
            .note(format!("there is no `{missing}`"));
        let near = found
            .iter()
            .filter(|found| found.scope == self.0.scope)
            .find(|found| found.version == down.name.version || found.name == down.name.name);
        match near {
            Some(found) => {
                let up = &found.up[self.0.below.len()..];
                let meant = up.replace(".sql", ".down.sql");
                problem.help(format!("if it belongs to `{up}`, rename it to `{meant}`"))
            }
            None => problem.help("delete it, or bring its migration back"),
        }
    }
}
