//! For `build.rs`: tells Cargo which folder to watch.
//!
//! A build sees every edit of a migration by itself, because each file is included. A file that is
//! *added* is included by nothing yet, so Cargo does not know that there is something to build.
//! One line in `build.rs` tells it to look at the folder:
//!
//! ```no_run
//! // build.rs
//! pgmig::build::rerun_if_changed();
//! ```
//!
//! with pgmig among the `[build-dependencies]`, or the same without any dependency:
//!
//! ```no_run
//! // build.rs
//! println!("cargo::rerun-if-changed=migrations");
//! ```
//!
//! Without either, a debug build that boots with a folder that has changed says that the binary is
//! stale, and a clean build (in CI, in a container) has always seen everything.

use std::path::Path;

/// Builds the crate again when anything in `migrations` beside `Cargo.toml` changes, a file that
/// comes or goes included. To be called in `build.rs`.
///
/// # Examples
///
/// ```no_run
/// pgmig::build::rerun_if_changed();
/// ```
pub fn rerun_if_changed() {
    rerun_if_changed_in("migrations");
}

/// [`rerun_if_changed`] for a folder of another name, as `embed_migrations!` is given it: relative
/// to `Cargo.toml`.
///
/// # Examples
///
/// ```no_run
/// pgmig::build::rerun_if_changed_in("db/migrations");
/// ```
pub fn rerun_if_changed_in(folder: impl AsRef<Path>) {
    println!("cargo::rerun-if-changed={}", folder.as_ref().display());
}
