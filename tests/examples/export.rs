//! What a binary carries, written out; and what a shell needs to complete its commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::program::{Said, migrator, run, service};

fn export(folder: &Path, more: &str) -> Said {
    let mut command = service("export");
    command.arg(folder).args(more.split_whitespace());
    command.output().unwrap().into()
}

/// The files at and below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_owned();
                    files.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
    }
    files
}

/// Scope, version and checksum of each migration of a folder in which nothing is wrong.
fn checked(folder: &Path) -> Vec<String> {
    let loaded = pgmig_core::load(folder, "migrations");
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let folder = loaded.folder;
    let all = folder.public.iter().chain(&folder.tenant);
    all.map(|one| {
        format!(
            "{:?} {} {:?} {}",
            one.scope, one.version, one.checksum, one.locked
        )
    })
    .collect()
}

#[test]
fn the_folder_that_is_written_is_the_one_that_was_compiled() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("a/b");
    let said = export(&folder, "").done();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    assert_eq!(files(&folder), files(&original));
    assert_eq!(checked(&folder), checked(&original));
    assert_eq!(checked(&folder).len(), 11);
    let number = files(&original).len();
    let first = format!(
        "{number} files written to {}\n  pgmig.lock\n  public/001_create_public_tables.down.sql\n",
        folder.display()
    );
    assert!(said.starts_with(&first), "{said}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("mine"), "x").unwrap();
    let said = export(scratch.path(), "");
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    let empty = "is not empty; nothing was written\n  = help: name a folder";
    assert!(said.err.contains(empty), "{}", said.err);
    assert_eq!(files(scratch.path()).len(), 1);
    let error = export(scratch.path(), "--json").json()["error"].clone();
    assert_eq!(error["exit"], "refused");

    std::fs::remove_file(scratch.path().join("mine")).unwrap();
    let exported = export(scratch.path(), "--json").json();
    assert_eq!(exported["files"][0], "pgmig.lock");
    let below = scratch.path().join("pgmig.lock/below");
    let said = export(&below, "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("cannot write "), "{}", said.err);
}

#[test]
fn a_shell_completes_the_apps_own_commands_and_those_of_pgmig() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run("", &format!("completions {shell}")).done();
        for word in ["serve", "rollback", "--database-url", "service"] {
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(script.contains(word), "{word} in {shell}");
        }
    }
    let script: Said = migrator("completions bash").output().unwrap().into();
    let script = script.done();
    assert!(
        script.contains("verify") && !script.contains("serve"),
        "{script}"
    );
    assert_eq!(run("", "completions csh").code, 2);
}
