//! The lock file: which migrations are final.

/// The file's name.
pub const FILE: &str = "pgmig.lock";
