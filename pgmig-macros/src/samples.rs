//! Models for the tests of this crate.

use std::path::PathBuf;

use pgmig_core::{Checksum, Folder, Head, Migration, Scope, Script, Version};

/// A migration of `public` that is locked and has no statements.
pub(crate) fn migration(version: &str, name: &str) -> Migration {
    let checksum = Checksum([1; 32]);
    Migration {
        scope: Scope::Public,
        version: Version::parse(version).unwrap_or_else(|| unreachable!("{version}")),
        name: name.to_owned(),
        checksum,
        head: Head::after(None, checksum),
        up: Script {
            path: format!("public/{version}_{name}.sql"),
            text: "create table marker ();".to_owned(),
            range: 0..23,
            transactional: true,
            idempotent: false,
            directives: Vec::new(),
            statements: Vec::new(),
        },
        down: None,
        locked: true,
        commit_before: false,
        drizzle: None,
    }
}

/// A folder with `public` and a lock file.
pub(crate) fn folder(public: Vec<Migration>) -> Folder {
    let scripts = public.iter().map(|one| one.up.path.clone());
    let mut files: Vec<_> = scripts.collect();
    files.push("pgmig.lock".to_owned());
    Folder {
        root: PathBuf::from("/somewhere/migrations"),
        public,
        drizzle: Vec::new(),
        tenant: Vec::new(),
        files,
        out_of_order: false,
    }
}
