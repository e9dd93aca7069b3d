//! Layouts: how a folder's files become migrations. One file a layout.

mod entries;
mod own;

use std::path::Path;

pub(crate) use own::file_name::is_name;

use crate::{Problem, Scope, Version};

/// A migration as its layout found it: which files, not yet what is in them.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Whose schema it changes.
    pub(crate) scope: Scope,
    /// Its version.
    pub(crate) version: Version,
    /// Its name.
    pub(crate) name: String,
    /// The up script, below the folder, with `/`.
    pub(crate) up: String,
    /// The down script.
    pub(crate) down: Option<String>,
}

/// What a layout makes of a folder. A file that is no migration and does not belong to one is in
/// `problems`: nothing is passed over.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The migrations, by scope, then version, then name.
    pub(crate) found: Vec<Found>,
    /// What is wrong with the folder and its names.
    pub(crate) problems: Vec<Problem>,
    /// Migrations that are there under a name which is in `problems`: they are not missing.
    pub(crate) misnamed: Vec<Found>,
}

/// Lists the folder at `root`; `shown` is how messages spell it.
pub(crate) fn list(root: &Path, shown: &str) -> Listing {
    own::list(root, shown)
}
