//! `cargo pgmig init`: the folders, the lock file, a first migration, the build script.

use std::path::Path;

use super::{Change, Place, Plan, drizzle};
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
/// folder of migrations below it. With `drizzle` it is drizzle-kit that writes the migrations of
/// `public`, and what it needs is planned too. What is there already stays as it is.
///
/// ```
/// # let root = tempfile::tempdir()?;
/// let plan = pgmig_core::edit::init(root.path(), "migrations", false);
/// let first = plan.changes[0].to_string();
/// assert_eq!(first, "create migrations/public/001_create_tenants.sql");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn init(crate_root: &Path, shown: &str, drizzle: bool) -> Plan {
    let shown = shown.trim_end_matches(['/', '\\']);
    let mut new = New {
        crate_root,
        shown,
        plan: Plan::default(),
    };
    let begins = is_empty(&new.root());
    match (begins, drizzle) {
        (true, false) => {
            new.create_below("public/001_create_tenants.sql", FIRST);
            new.create_below("public/001_create_tenants.down.sql", FIRST_DOWN);
        }
        (true, true) => new.create_below("public/.gitkeep", ""),
        (false, _) => {}
    }
    if begins {
        // Git keeps no empty folder.
        new.create_below("tenant/.gitkeep", "");
    }
    if drizzle {
        drizzle::init(&mut new, begins);
    }
    if !new.root().join(lock::FILE).exists() {
        new.create_below(lock::FILE, &lock::render(&[]));
    }
    build_script(&mut new);
    new.plan
}

/// What is made in a crate.
pub(super) struct New<'a> {
    /// The folder of its `Cargo.toml`.
    pub(super) crate_root: &'a Path,
    /// The folder of migrations, from there.
    pub(super) shown: &'a str,
    pub(super) plan: Plan,
}

impl New<'_> {
    pub(super) fn root(&self) -> std::path::PathBuf {
        self.crate_root.join(self.shown)
    }

    pub(super) fn create(&mut self, file: &str, text: &str) {
        self.plan.changes.push(Change::Create {
            file: Place {
                path: self.crate_root.join(file),
                shown: file.to_owned(),
            },
            text: text.to_owned(),
        });
    }

    pub(super) fn create_below(&mut self, file: &str, text: &str) {
        self.create(&format!("{}/{file}", self.shown), text);
    }
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
fn build_script(new: &mut New<'_>) {
    let shown = new.shown;
    let line = format!("println!(\"cargo::rerun-if-changed={shown}\");");
    match std::fs::read_to_string(new.crate_root.join("build.rs")) {
        Ok(text) if text.contains(&format!("rerun-if-changed={shown}")) => {}
        Ok(text) if text.contains("pgmig::build") => {}
        Ok(_) => new
            .plan
            .notes
            .push(format!("add to the `main` of build.rs, so that new files are seen: {line}")),
        Err(_) => new.create(
            "build.rs",
            &format!(
                "//! Builds again when a migration is added or removed.\n\nfn main() {{\n    {line}\n}}\n"
            ),
        ),
    }
}
