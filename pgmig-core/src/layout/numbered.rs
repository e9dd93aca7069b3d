//! File names that begin with a number: `1_create_users.sql`, `1_create_users.up.sql`.

use super::dir::Dir;
use super::{Found, Layout, Listing};
use crate::{Problem, Version};

/// How such a name ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// `.sql`
    Plain,
    /// `.up.sql`
    Up,
    /// `.down.sql`
    Down,
}

/// A name that begins with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) version: Version,
    pub(super) name: String,
    pub(super) ending: Ending,
}

/// Reads `1_create_users.up.sql`. Whatever is between the number and the ending is the name.
pub(super) fn parse(file: &str) -> Option<Numbered> {
    let stem = file.strip_suffix(".sql")?;
    let (stem, ending) = if let Some(stem) = stem.strip_suffix(".up") {
        (stem, Ending::Up)
    } else if let Some(stem) = stem.strip_suffix(".down") {
        (stem, Ending::Down)
    } else {
        (stem, Ending::Plain)
    };
    let (version, name) = stem.split_once('_')?;
    if version.contains('.') {
        return None;
    }
    Some(Numbered {
        version: Version::parse(version)?,
        name: name.to_owned(),
        ending,
    })
}

/// A script and the file that it is in.
pub(super) struct File {
    pub(super) version: Version,
    pub(super) name: String,
    pub(super) file: String,
}

/// Scripts, and those that take them back.
#[derive(Default)]
pub(super) struct Scripts {
    ups: Vec<File>,
    downs: Vec<File>,
}

impl Scripts {
    /// Adds a file by its name.
    pub(super) fn add(&mut self, file: &str, numbered: Numbered) {
        let scripts = match numbered.ending {
            Ending::Down => &mut self.downs,
            Ending::Plain | Ending::Up => &mut self.ups,
        };
        scripts.push(File {
            version: numbered.version,
            name: numbered.name,
            file: file.to_owned(),
        });
    }

    /// Lists them as migrations.
    pub(super) fn pair(self, dir: &Dir<'_>, layout: Layout, listing: &mut Listing) {
        pair(dir, layout, self.ups, self.downs, listing);
    }
}

/// Lists migrations whose ways back are files of their own. The version alone pairs them.
pub(super) fn pair(
    dir: &Dir<'_>,
    layout: Layout,
    ups: Vec<File>,
    downs: Vec<File>,
    listing: &mut Listing,
) {
    let found = ups
        .iter()
        .map(|up| dir.found(layout, up.version.clone(), &up.name, &up.file));
    let mut found: Vec<Found> = found.collect();
    for down in downs {
        let up = found.iter_mut().find(|found| found.version == down.version);
        match up {
            None => {
                let title = "a down script without its migration";
                let problem = Problem::error("down-without-up", dir.shown(&down.file), title)
                    .note(format!("no script applies version {}", down.version))
                    .help("delete it, or bring its migration back");
                listing.problems.push(problem);
            }
            Some(Found {
                down: Some(other), ..
            }) => {
                let title = "a second down script of the same migration";
                let other = dir.shown(&other[dir.below.len()..]);
                let problem = Problem::error("duplicate-version", dir.shown(&down.file), title)
                    .note(format!("the other one is `{other}`"))
                    .help("delete one of them");
                listing.problems.push(problem);
            }
            Some(found) => found.down = Some(dir.path(&down.file)),
        }
    }
    dir.finish(found, listing);
}
