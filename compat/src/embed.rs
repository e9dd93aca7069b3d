//! A folder embedded at run time, as the macro embeds it at compile time.

use std::path::{Path, PathBuf};

use pgmig_core::{Folder, Layout, Options, Problem, Severity, TenantFolder, load_with};
use pgmig_runtime::Migrations;

/// A folder, and what the compiler would say about it.
pub struct Embedded {
    /// What the binary would carry.
    pub migrations: &'static Migrations,
    /// The same as it was read.
    pub folder: Folder,
    /// The errors of the build.
    pub errors: Vec<Problem>,
}

/// Embeds the folder at `root`; with `tenant` it is the tenant scope.
pub fn embed(root: &Path, layout: Option<Layout>, tenant: bool) -> Embedded {
    let empty: PathBuf = std::env::temp_dir().join("pgmig-compat-empty");
    let options = Options {
        layout,
        tenant: tenant.then(|| TenantFolder {
            root: root.to_owned(),
            shown: "migrations".to_owned(),
        }),
    };
    let public = if tenant {
        // A tenant folder without a public one.
        let _ = std::fs::create_dir(&empty);
        &empty
    } else {
        root
    };
    let loaded = load_with(public, "migrations", &options);
    let mut errors = loaded.problems.clone();
    errors.retain(|problem| problem.severity == Severity::Error);
    let folder = loaded.folder;
    Embedded {
        migrations: pgmig_cli::embed::embed(&folder, "migrations"),
        folder,
        errors,
    }
}
