//! What a release promises, held to what `cargo metadata` says of the workspace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let mut command = Command::new(env!("CARGO"));
    command.args([
        "metadata",
        "--format-version=1",
        "--all-features",
        "--locked",
    ]);
    let output = command.current_dir(checkout()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages of the metadata: those of this workspace, or those that it takes from elsewhere.
fn packages(metadata: &Value, ours: bool) -> Vec<&Value> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| package["source"].is_null() == ours)
        .collect()
}

/// `1.94` and `1.94.0` are the same.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap()).collect();
    parts.resize(3, 0);
    parts
}

#[test]
fn no_dependency_asks_for_a_newer_rust_than_the_readme_promises() {
    let promised = env!("CARGO_PKG_RUST_VERSION");
    let readme = std::fs::read_to_string(checkout().join("README.md")).unwrap();
    assert!(readme.contains(&format!("Rust {promised} or later")));
    let metadata = metadata();
    let newer: Vec<_> = packages(&metadata, false)
        .into_iter()
        .filter_map(|package| Some((&package["name"], package["rust_version"].as_str()?)))
        .filter(|(_, asked)| version(asked) > version(promised))
        .collect();
    assert!(newer.is_empty(), "{newer:?}");
}

#[test]
fn every_package_says_what_a_registry_shows_and_brings_its_licences() {
    let metadata = metadata();
    let ours = packages(&metadata, true);
    assert_eq!(ours.len(), 6);
    for package in ours {
        let name = package["name"].as_str().unwrap();
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"), "{name}");
        assert_eq!(
            package["rust_version"],
            env!("CARGO_PKG_RUST_VERSION"),
            "{name}"
        );
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
        assert_eq!(package["documentation"], format!("https://docs.rs/{name}"));
        for told in ["description", "keywords", "categories", "readme"] {
            assert!(
                !package[told].is_null() && package[told] != Value::Array(vec![]),
                "{name}: {told}"
            );
        }
        let folder = PathBuf::from(package["manifest_path"].as_str().unwrap());
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
            let text = std::fs::read_to_string(folder.with_file_name(file));
            assert!(text.is_ok_and(|text| !text.is_empty()), "{name}: {file}");
        }
    }
}

#[test]
fn a_package_is_its_sources_and_nothing_of_its_tests() {
    let mut command = Command::new(env!("CARGO"));
    command.args([
        "package",
        "--workspace",
        "--list",
        "--allow-dirty",
        "--offline",
        "--quiet",
    ]);
    let output = command.current_dir(checkout()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let listed = String::from_utf8(output.stdout).unwrap();
    let parts = ["src/", "examples/", "migrations/", "docs/"];
    // What Cargo adds by itself is at the top, as the licences are.
    let stray: Vec<_> = listed
        .lines()
        .filter(|file| file.contains('/') && !parts.iter().any(|part| file.starts_with(part)))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
    for needed in ["src/lib.rs", "LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
        assert_eq!(
            listed.lines().filter(|file| *file == needed).count(),
            6,
            "{needed}"
        );
    }
    for needed in ["migrations/pgmig.lock", "docs/errors.md", "CHANGELOG.md"] {
        assert!(listed.lines().any(|file| file == needed), "{needed}");
    }
}
