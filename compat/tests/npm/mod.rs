//! Packages from npm, installed into the folder `PGMIG_COMPAT_NPM` (or a temporary one), which takes
//! a network.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with these packages, `name@version`.
pub(crate) fn packages(name: &str, packages: &[&str]) -> PathBuf {
    let base = std::env::var_os("PGMIG_COMPAT_NPM").map_or_else(
        || std::env::temp_dir().join("pgmig-compat-npm"),
        PathBuf::from,
    );
    let folder = base.join(name);
    let first = packages[0].split('@').next().unwrap();
    if !folder.join("node_modules").join(first).is_dir() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
        let install = ["install", "--no-audit", "--no-fund"];
        run(&folder, "npm", &[&install, packages].concat());
    }
    folder
}

/// Runs a program in the folder, which has to succeed, and returns what it said.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}
