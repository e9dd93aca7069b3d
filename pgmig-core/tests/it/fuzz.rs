//! Whatever is in a folder, half-typed or not text at all: nothing panics, and every file that is
//! no dotfile is a migration, a companion or in a problem.

use std::time::SystemTime;

use pgmig_core::edit::{self, New};
use pgmig_core::{Loaded, Scope};
use proptest::prelude::*;

use crate::tree::Tree;

fn file_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(public/|tenant/|old/)?[0-9]{1,3}[-_. ]{1,2}[a-cß]{0,2}(\\.down|\\.up)?\\.(sql|SQL|txt)",
        "(public/|tenant/)?(README|readme|pgmig)(\\.md|\\.lock|\\.toml|\\.sql)?",
        Just("pgmig.lock".to_owned()),
        Just("pgmig.toml".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "(CREATE|TABLE|a|\\(|\\)|;|'|\\$\\$|--|/\\*|\\*/|\n|\r\n|\\\\|:x|\\$\\{schema\\}|-- pgmig: |no-transaction|,|1| ){0,25}"
            .prop_map(String::into_bytes),
        "(out-of-order|=|true|false|\\[|\\]|\"|#|\n| ){0,9}".prop_map(String::into_bytes),
        "((public|tenant|end|<<<<<<<|=======) ?[0-9 a-f:v]{0,9}\n){0,4}".prop_map(String::into_bytes),
    ]
}

/// Whether a file is in the folder or in a problem.
fn is_accounted_for(file: &str, loaded: &Loaded) -> bool {
    let companion = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
    let told = |path: &str| {
        let path = path.strip_prefix("migrations/").unwrap_or(path);
        path == file || file.starts_with(&format!("{path}/"))
    };
    loaded.folder.files.iter().any(|known| known == file)
        || loaded.problems.iter().any(|problem| told(&problem.path))
        || (companion.starts_with("readme") && !companion.ends_with(".sql"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_folder_is_too_odd(files in prop::collection::vec((file_name(), text()), 0..6)) {
        let tree = Tree::new(&[]);
        for (name, text) in &files {
            // A file may be in the way of a folder.
            if !tree.root().join(name).exists() {
                tree.write_bytes(name, text);
            }
        }
        let loaded = tree.load();
        for problem in loaded.problems.iter().chain(&loaded.drafts()) {
            prop_assert!(problem.render().starts_with("migrations"), "{:?}", problem);
        }
        for (name, _) in &files {
            prop_assert!(is_accounted_for(name, &loaded), "{} {:?}", name, loaded.problems);
        }
        let now = SystemTime::UNIX_EPOCH;
        let what = New { scope: Scope::Tenant, name: "a".to_owned(), down: true, now };
        let plans = [
            edit::lock(&loaded, &[]),
            edit::renumber(&loaded, &[], now),
            edit::new(&loaded, &what),
        ];
        for plan in plans {
            match plan {
                Ok(plan) => prop_assert!(plan.changes.len() < 20),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
