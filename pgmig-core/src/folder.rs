//! A folder on disk becomes a [`Folder`] or a list of [`Problem`]s.

use std::path::Path;

use crate::{Folder, Problem};

/// What [`load`] found. The folder is there even when there are problems: it holds whatever could
/// be understood, so that a build with one mistake shows one error.
#[derive(Debug)]
pub struct Loaded {
    /// What could be understood.
    pub folder: Folder,
    /// What is wrong, in the order of the files.
    pub problems: Vec<Problem>,
}

/// Reads and checks the folder at `root`; `shown` is how messages spell it (`migrations`).
pub fn load(root: &Path, shown: &str) -> Loaded {
    let _ = shown;
    Loaded {
        folder: Folder {
            root: root.to_owned(),
            public: Vec::new(),
            tenant: Vec::new(),
            files: Vec::new(),
            out_of_order: false,
        },
        problems: Vec::new(),
    }
}
