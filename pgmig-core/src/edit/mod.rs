//! What `cargo pgmig` changes in a folder: each function plans, [`Plan::apply`] carries out.
//!
//! ```
//! use pgmig_core::edit;
//!
//! # let root = tempfile::tempdir()?;
//! std::fs::write(root.path().join("001_create_users.sql"), "CREATE TABLE users (id uuid);")?;
//!
//! let plan = edit::lock(&pgmig_core::load(root.path(), "migrations"), &[])?;
//! assert_eq!(plan.changes[0].to_string(), "write migrations/pgmig.lock");
//! plan.apply()?;
//! assert!(pgmig_core::load(root.path(), "migrations").folder.public[0].locked);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod baseline;
mod drizzle;
mod init;
mod lock;
mod named;
mod new;
mod next;
mod renumber;
mod shape;

use std::fmt;
use std::path::PathBuf;

use crate::Loaded;

pub use baseline::{baseline, flattened};
pub use drizzle::CONFIGS;
pub use init::init;
pub use lock::lock;
pub use new::{New, new};
pub use renumber::renumber;

/// A file, where it is and how a person spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it is.
    pub path: PathBuf,
    /// As a person would type it from the crate's directory.
    pub shown: String,
}

impl Place {
    /// A file below the folder.
    pub(crate) fn below(loaded: &Loaded, file: &str) -> Self {
        Place {
            path: loaded.folder.on_disk(file),
            shown: loaded.folder.shown(&loaded.shown, file),
        }
    }
}

/// One change of the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file that is not there yet; the folders above it are made.
    Create {
        /// The file.
        file: Place,
        /// What is in it.
        text: String,
    },
    /// A file that may be there; it is replaced in one step.
    Write {
        /// The file.
        file: Place,
        /// What is in it.
        text: String,
    },
    /// Another name; nothing may have it yet.
    Rename {
        /// The old name.
        from: Place,
        /// The new name.
        to: Place,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Create { file, .. } => write!(f, "create {}", file.shown),
            Change::Write { file, .. } => write!(f, "write {}", file.shown),
            Change::Rename { from, to } => write!(f, "rename {} to {}", from.shown, to.shown),
        }
    }
}

/// What is to be done, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes.
    pub changes: Vec<Change>,
    /// What a person should know, a line each.
    pub notes: Vec<String>,
}
