//! The folder's settings, `pgmig.toml` beside the lock file.

/// The file's name.
pub(crate) const FILE: &str = "pgmig.toml";
