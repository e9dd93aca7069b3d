//! What compiles: each directory of `tests/usage` is a program that checks itself when it runs.

use std::fs;
use std::path::Path;

use crate::scratch::{CHECKOUT, Scratch, contents, count, directories};

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

/// Only the look of each file changes, so the lock file still holds.
#[test]
fn line_endings_a_byte_order_mark_tabs_and_a_licence_change_nothing_of_the_reference_app() {
    let scratch = Scratch::new(&["cosmetics"]);
    let migrations = Path::new(CHECKOUT).join("migrations");
    scratch.copy(&migrations, "cosmetics/migrations");
    for (path, bytes) in contents(&migrations) {
        if path.extension().is_some_and(|extension| extension == "sql") {
            let path = format!("cosmetics/migrations/{}", path.display());
            let text = String::from_utf8(bytes).unwrap();
            scratch.write(&path, another_look(&text));
        }
    }
    let main = "static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();\n\
                fn main() { print!(\"{}\", MIGRATIONS.public()[0].sql().len()); }\n";
    scratch.write("cosmetics/src/main.rs", main);
    scratch.cargo(&["build", "--release"], &[]).clean();
    let original = fs::read(migrations.join("public/001_create_public_tables.sql")).unwrap();
    let length = scratch.run("release", "cosmetics").parse::<usize>();
    assert!(length.unwrap() > original.len());
}

/// In the body of a function white space is data: there only the line endings change.
fn another_look(text: &str) -> String {
    let mut in_body = false;
    let mut look = String::from("\u{feff}-- Copyright the authors.\r\n/* All of them. */\r\n");
    for line in text.lines() {
        let code = line.trim_start_matches("    ");
        if in_body {
            look.push_str(line);
        } else {
            look.push_str(&"\t".repeat((line.len() - code.len()) / 4));
            look.push_str(code);
        }
        in_body ^= line.matches("$$").count() % 2 == 1;
        look.push_str(if in_body { "\r\n" } else { "\t\r\n" });
    }
    look
}
