//! The folder as a binary would carry it, for commands that run its migrations.

use pgmig_core::Folder;
use pgmig_runtime::Migrations;

use super::error::Error;

pub(super) use pgmig_cli::embed::embed;

/// The folder's migrations, and its files, for whoever writes those out.
pub(super) fn embed_whole(folder: &Folder, shown: &str) -> Result<&'static Migrations, Error> {
    let embedded = pgmig_cli::embed::embed_whole(folder, shown);
    embedded.map_err(|(place, source)| Error::io("read", place, source))
}
