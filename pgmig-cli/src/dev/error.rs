//! What can go wrong in `cargo pgmig`.

use std::io;
use std::path::{Path, PathBuf};

/// An error of `cargo pgmig`, as a person reads it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// `read`, `write`, `create`, `rename`.
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },

    /// `--manifest-path` names no file.
    #[error(
        "there is no {}\n  = help: give the path of the Cargo.toml of the crate that embeds the \
         migrations",
        path.display()
    )]
    NoManifest { path: PathBuf },

    /// An edit of the folder was refused or failed.
    #[error(transparent)]
    Edit(#[from] pgmig_core::Error),

    /// There is no server to try the migrations on, or it makes no database.
    #[error(
        "{0}\n  = note: the migrations are tried out in a database that is made for it and dropped again"
    )]
    Server(#[from] pgmig_testkit::Error),

    /// The migrations could not be run in the shadow.
    #[error(transparent)]
    Migrate(#[from] pgmig_runtime::Error),

    /// The asynchronous runtime did not start.
    #[error("cannot start: {0}")]
    Start(#[source] io::Error),

    /// The answer could not be written as JSON.
    #[error("cannot write the answer: {0}")]
    Json(#[source] serde_json::Error),
}

impl Error {
    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Error::Io {
            what,
            path: path.as_ref().to_owned(),
            source,
        }
    }
}
