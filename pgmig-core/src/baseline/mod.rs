//! Baselines: a script that makes at once what a scope's migrations up to a version make.
//!
//! They are in the folder `baseline`, a file a scope: `baseline/public.sql`, `baseline/tenant.sql`.
//! The lock file says up to which version a baseline goes, and pins its text and that of every
//! migration that it flattens.

mod dump;
mod insert;
mod server;
mod settle;

use crate::{Baseline, Migration, Scope, script};

pub use dump::{Anew, Dump};
pub use server::once_a_server;
pub(crate) use settle::{Found, settle};

/// The folder that they are in.
pub(crate) const FOLDER: &str = "baseline";

/// The scopes that can have one: what drizzle-kit generates goes after `public`, and on from there.
pub(crate) const SCOPES: [Scope; 2] = [Scope::Public, Scope::Tenant];

/// The file of a scope's baseline, below the folder of migrations.
pub(crate) fn file(scope: Scope) -> String {
    format!("{FOLDER}/{scope}.sql")
}

impl Baseline {
    /// The baseline that `text` is, as if it were in its file and locked: of all migrations up to
    /// `newest`.
    pub fn new(newest: &Migration, text: &str) -> Self {
        let read = script::baseline(newest.scope, text.to_owned());
        Baseline {
            scope: newest.scope,
            version: newest.version.clone(),
            checksum: read.checksum,
            head: newest.head,
            script: read.script,
        }
    }
}

/// The command that makes a scope's baseline.
fn command(scope: Scope) -> &'static str {
    match scope {
        Scope::Public | Scope::Drizzle => "cargo pgmig baseline",
        Scope::Tenant => "cargo pgmig baseline --tenant",
    }
}
