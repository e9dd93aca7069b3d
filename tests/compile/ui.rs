//! Every mistake and its message: each directory of `tests/ui` is a crate that does not compile.
//!
//! A case has a folder `migrations` as a person would have left it and `stderr`, what a debug
//! build says; `release.stderr` where a release build says something else. Without an `src`, it
//! embeds the folder with `embed_migrations!()`. `BLESS=1 cargo test --test compile` writes the
//! expectations anew, to be read before they are committed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pgmig_core::Severity;

use crate::scratch::{Built, CHECKOUT, Message, Scratch, contents, directories};

const PLAIN: &str = "\
//! A library that embeds its folder.

/// The migrations.
pub static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
";

struct Case {
    name: String,
    directory: PathBuf,
    /// Whether it has source of its own: then the mistake may be there.
    own_source: bool,
}

fn cases() -> Vec<Case> {
    let ui = Path::new(CHECKOUT).join("tests/ui");
    let case = |name: String| Case {
        directory: ui.join(&name),
        own_source: ui.join(&name).join("src").exists(),
        name,
    };
    directories(&ui).into_iter().map(case).collect()
}

fn scratch(cases: &[Case]) -> Scratch {
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    let scratch = Scratch::new(&names);
    for case in cases {
        scratch.copy(&case.directory, &case.name);
        if !case.own_source {
            scratch.write(&format!("{}/src/lib.rs", case.name), PLAIN);
        }
    }
    scratch
}

/// The macro writes nothing, so afterwards each folder is as it was.
#[test]
fn every_case_says_what_is_expected_and_what_load_says_in_debug_release_and_locked() {
    let cases = cases();
    let scratch = scratch(&cases);
    let debug = scratch.cargo(&["build"], &[]);
    let release = scratch.cargo(&["build", "--release"], &[]);
    let locked = scratch.cargo(&["build"], &[("PGMIG_LOCKED", "1")]);
    let mut differences = String::new();
    for case in &cases {
        let mut check = |built: &Built, what: &str, drafts: bool| {
            let messages = built.of(&case.name);
            let result =
                expected(case, what, messages).and_then(|()| agrees(case, drafts, messages));
            if let Err(difference) = result {
                write!(differences, "\n== {} ({what})\n{difference}", case.name).unwrap();
            }
        };
        check(&debug, "debug", false);
        check(&release, "release", true);
        check(&locked, "locked", true);
    }
    for case in &cases {
        let now = scratch.path().join(&case.name).join("migrations");
        let before = case.directory.join("migrations");
        assert_eq!(contents(&now), contents(&before), "{}", case.name);
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Compares with the `.stderr` files. A build under `PGMIG_LOCKED=1` says what a release says.
fn expected(case: &Case, what: &str, messages: &[Message]) -> Result<(), String> {
    let mut said = String::new();
    for Message { level, text, place } in messages {
        write!(said, "{level}: {text}\n --> {place}\n\n").unwrap();
    }
    let debug = case.directory.join("stderr");
    let release = case.directory.join("release.stderr");
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("BLESS").is_some() && what != "locked" {
        if what == "debug" {
            fs::write(debug, said).unwrap();
        } else if said != read(&debug) {
            fs::write(release, said).unwrap();
        } else if release.exists() {
            fs::remove_file(release).unwrap();
        }
        return Ok(());
    }
    let expected = if what != "debug" && release.exists() {
        read(&release)
    } else {
        read(&debug)
    };
    if said == expected {
        Ok(())
    } else {
        Err(format!("-- expected\n{expected}\n-- said\n{said}"))
    }
}

/// `load`, which `cargo pgmig check` calls too, finds what the compiler was told, in its order.
fn agrees(case: &Case, drafts: bool, messages: &[Message]) -> Result<(), String> {
    if case.own_source {
        return Ok(());
    }
    let loaded = pgmig_core::load(&case.directory.join("migrations"), "migrations");
    let mut problems = loaded.problems.clone();
    problems.retain(|problem| problem.severity == Severity::Error);
    if drafts {
        problems.extend(loaded.drafts());
    }
    let found: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    let said: Vec<_> = messages
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    if found == said {
        Ok(())
    } else {
        Err(format!(
            "-- load finds\n{found:#?}\n-- the macro says\n{said:#?}"
        ))
    }
}
