//! `cargo pgmig init`: the folders, the lock file, a first migration, the build script.

use std::path::Path;

use super::{Change, Place, Plan};
use crate::lock;

const FIRST: &str = "\
-- The tenants: each row has a schema of its own, made by the migrations in ../tenant.
CREATE TABLE tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
";

const FIRST_DOWN: &str = "DROP TABLE tenants;\n";

/// Plans what a crate needs to begin: `crate_root` is the folder of its `Cargo.toml`, `shown` the
/// folder of migrations below it. What is there already stays as it is.
pub fn init(crate_root: &Path, shown: &str) -> Plan {
    let shown = shown.trim_end_matches(['/', '\\']);
    let root = crate_root.join(shown);
    let mut plan = Plan::default();
    let mut create = |file: &str, text: &str| {
        plan.changes.push(Change::Create {
            file: Place {
                path: crate_root.join(file),
                shown: file.to_owned(),
            },
            text: text.to_owned(),
        });
    };
    let below = |file: &str| format!("{shown}/{file}");
    if is_empty(&root) {
        create(&below("public/001_create_tenants.sql"), FIRST);
        create(&below("public/001_create_tenants.down.sql"), FIRST_DOWN);
        // Git keeps no empty folder.
        create(&below("tenant/.gitkeep"), "");
    }
    if !root.join(lock::FILE).exists() {
        create(&below(lock::FILE), &lock::render(&[]));
    }
    build_script(crate_root, shown, &mut plan);
    plan
}

/// Whether there is no migration yet, nor anything else that pgmig would read.
fn is_empty(root: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(root) else {
        return true;
    };
    entries
        .flatten()
        .all(|entry| entry.file_name().as_encoded_bytes().starts_with(b"."))
}

/// Without it cargo does not see a file that is added.
fn build_script(crate_root: &Path, shown: &str, plan: &mut Plan) {
    let line = format!("println!(\"cargo::rerun-if-changed={shown}\");");
    match std::fs::read_to_string(crate_root.join("build.rs")) {
        Ok(text) if text.contains(&format!("rerun-if-changed={shown}")) => {}
        Ok(text) if text.contains("pgmig::build") => {}
        Ok(_) => plan
            .notes
            .push(format!("add to the `main` of build.rs, so that new files are seen: {line}")),
        Err(_) => plan.changes.push(Change::Create {
            file: Place {
                path: crate_root.join("build.rs"),
                shown: "build.rs".to_owned(),
            },
            text: format!(
                "//! Builds again when a migration is added or removed.\n\nfn main() {{\n    {line}\n}}\n"
            ),
        }),
    }
}
