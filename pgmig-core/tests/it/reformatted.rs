//! The migrations of the reference app, written in other ways.

use std::fs;
use std::path::Path;

use pgmig_core::{Checksum, Loaded, load};

use crate::tree::Tree;

/// The reference app's folder in a tree of its own, each file's text changed.
fn app(change: impl Fn(&str) -> String) -> Tree {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let tree = Tree::new(&[]);
    for scope in ["public", "tenant"] {
        for entry in fs::read_dir(app.join(scope)).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&file).unwrap();
            tree.write(&format!("{scope}/{name}"), &change(&text));
        }
    }
    tree
}

fn checksums(loaded: &Loaded) -> Vec<(String, Checksum)> {
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let migrations = loaded.folder.migrations();
    migrations
        .map(|migration| (migration.up.path.clone(), migration.checksum))
        .collect()
}

#[test]
fn the_reference_app_can_be_written_in_other_ways() {
    let tree = app(str::to_owned);
    let plain = checksums(&tree.load());
    assert!(plain.len() >= 9, "{plain:?}");
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let bom = |text: &str| format!("\u{feff}{text}");
    // Not in the bodies of functions: those are text that PostgreSQL keeps.
    let tabs = |text: &str| {
        let parts = text.split("$$").enumerate().map(|(index, part)| {
            let part = part.to_owned();
            if index % 2 == 0 {
                part.replace("\n  ", "\n\t").replace(" (", "\t( ")
            } else {
                part
            }
        });
        parts.collect::<Vec<_>>().join("$$")
    };
    let licence = |text: &str| {
        format!(
            "/*\n * Copyright the authors\n */\n-- SPDX-License-Identifier: MIT\n\n{text}\n\n-- end"
        )
    };
    let all = |text: &str| bom(&crlf(&licence(&tabs(text))));
    let ways: [&dyn Fn(&str) -> String; 5] = [&crlf, &bom, &tabs, &licence, &all];
    for (index, way) in ways.into_iter().enumerate() {
        assert_eq!(checksums(&app(way).load()), plain, "way {index}");
    }
}

#[test]
fn a_locked_reference_app_stays_locked_when_it_is_checked_out_with_crlf() {
    let tree = app(str::to_owned);
    tree.lock(&[]);
    let checked_out = app(|text| text.replace('\n', "\r\n"));
    checked_out.write("pgmig.lock", &tree.read("pgmig.lock").replace('\n', "\r\n"));
    assert_eq!(checked_out.titles(), [""; 0]);
    assert!(checked_out.load().drafts().is_empty());
}

#[test]
fn the_reference_app_is_locked_in_the_repository_or_nowhere() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let loaded = load(&app, "migrations");
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    if app.join("pgmig.lock").exists() {
        assert!(loaded.drafts().is_empty(), "{:?}", loaded.drafts());
    }
}
