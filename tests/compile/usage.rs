//! What compiles: each directory of `tests/usage` is a program that checks itself when it runs.

use std::fs;
use std::path::Path;

use crate::scratch::{CHECKOUT, Scratch, count, directories};

fn scratch() -> (Vec<String>, Scratch) {
    let usage = Path::new(CHECKOUT).join("tests/usage");
    let names = directories(&usage);
    let scratch = Scratch::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for name in &names {
        scratch.copy(&usage.join(name), name);
    }
    scratch.manifest("hygiene", "2018", "pgmig.workspace = true\n");
    let renamed = format!("db = {{ path = {CHECKOUT:?}, package = \"pgmig\" }}\n");
    scratch.manifest("renamed", "2021", &renamed);
    (names, scratch)
}

#[test]
fn every_form_compiles_in_every_edition_under_every_lint_and_a_file_is_carried_once() {
    let (names, scratch) = scratch();
    let clippy = Path::new(env!("CARGO")).with_file_name("clippy-driver");
    let clippy = clippy.to_str().unwrap();
    if Path::new(clippy).exists() {
        let wrapper = [("RUSTC_WORKSPACE_WRAPPER", clippy)];
        scratch.cargo(&["build"], &wrapper).clean();
    } else {
        eprintln!("clippy is not installed: its lints are not tried");
    }
    for (profile, arguments) in [
        ("debug", &["build"][..]),
        ("release", &["build", "--release"]),
    ] {
        scratch.cargo(arguments, &[("PGMIG_LOCKED", "1")]).clean();
        for name in &names {
            scratch.run(profile, name);
        }
        carries_each_file_once(&scratch, profile);
    }
    release_does_not_say_where_it_was_built(&scratch);
}

fn carries_each_file_once(scratch: &Scratch, profile: &str) {
    let binary = fs::read(scratch.binary(profile, "once")).unwrap();
    for marker in ["6f1c7a40", "0b93d2e5", "91ce4f77"] {
        assert_eq!(count(&binary, marker), 1, "{marker} in {profile}");
    }
}

/// A debug build names the folder, to say at boot when the binary is stale.
fn release_does_not_say_where_it_was_built(scratch: &Scratch) {
    let here = scratch.path().to_str().unwrap();
    let [debug, release] = ["debug", "release"].map(|profile| {
        let binary = fs::read(scratch.binary(profile, "once")).unwrap();
        count(&binary, here)
    });
    assert!(debug > 0, "{here}");
    assert_eq!(release, 0, "{here}");
}
