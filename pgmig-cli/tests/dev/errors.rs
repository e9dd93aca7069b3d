//! `docs/errors.md` has a section for each error that there is, and none for one that is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../docs/errors.md");

/// The functions whose first argument is an error's name.
const MAKERS: [&str; 5] = ["error(", "problem(", "warning(", "renamed(", "code: "];

/// The names of errors in the sources below a folder, tests left out.
fn names(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, found);
        } else if path.file_stem().is_some_and(|stem| stem != "tests") {
            let source = fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            for maker in MAKERS {
                let arguments = code.split(maker).skip(1);
                found.extend(arguments.filter_map(first_name));
            }
        }
    }
}

/// `duplicate-version` of `"duplicate-version", ...`.
fn first_name(arguments: &str) -> Option<String> {
    let (name, rest) = arguments.trim_start().strip_prefix('"')?.split_once('"')?;
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (is_name(name) && rest.starts_with(',')).then(|| name.to_owned())
}

#[test]
fn each_error_has_its_section() {
    let mut made = BTreeSet::new();
    let core = concat!(env!("CARGO_MANIFEST_DIR"), "/../pgmig-core/src");
    names(Path::new(core), &mut made);
    names(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/dev")),
        &mut made,
    );
    assert!(made.contains("duplicate-version"), "{made:?}");
    let sections = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
    let described: BTreeSet<String> = sections.map(str::to_owned).collect();
    let missing: Vec<_> = made.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "docs/errors.md has no section for {missing:?}"
    );
    let unknown: Vec<_> = described.difference(&made).collect();
    assert!(unknown.is_empty(), "there is no error {unknown:?}");
}

/// The variants of the enum `Error` in a file, by its source.
fn variants(path: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let source = fs::read_to_string(path).unwrap();
    let start = source.find(" enum Error {").unwrap();
    let end = start + source[start..].find("\n}").unwrap();
    let lines = source[start..end].lines().skip(1);
    let names = lines.filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let name = line.split(|c: char| !c.is_alphanumeric()).next()?;
        let is_variant = name.starts_with(|c: char| c.is_ascii_uppercase());
        is_variant.then(|| name.to_owned())
    });
    names.collect()
}

/// The names in the first column of the tables below a heading.
fn rows(heading: &str) -> BTreeSet<String> {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split(" | ").collect();
        assert!(!line.starts_with("| `") || cells.len() >= 4, "{line}");
        line.strip_prefix("| `")?.split(" | ").next()
    });
    let names = cells.flat_map(|cell| cell.split(", ").map(|name| name.trim_matches('`')));
    names.map(str::to_owned).collect()
}

#[test]
fn each_error_of_the_migrator_and_of_a_command_has_its_row() {
    let boot = variants("../pgmig-runtime/src/error/mod.rs");
    assert!(boot.contains("Statement") && boot.len() > 30, "{boot:?}");
    assert_eq!(rows("At boot"), boot);

    let mut commands = variants("src/app/error.rs");
    commands.extend(variants("src/dev/error.rs"));
    commands.extend(variants("../pgmig-core/src/error.rs"));
    // What it holds has rows of its own.
    commands.remove("Edit");
    commands.remove("Output");
    assert_eq!(rows("On the command line"), commands);
}
