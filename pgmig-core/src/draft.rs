//! Drafts: migrations that the lock file does not have yet.

use crate::{Folder, Migration, Problem};

impl Folder {
    /// A problem for each draft, in the order of the migrations. A debug build lets drafts pass; a
    /// release build, a build under `PGMIG_LOCKED=1` and `cargo pgmig check` do not. `shown` is how
    /// messages spell the folder.
    pub fn drafts(&self, shown: &str) -> Vec<Problem> {
        let drafts = self.migrations().filter(|migration| !migration.locked);
        drafts.map(|draft| problem(draft, shown)).collect()
    }
}

fn problem(draft: &Migration, shown: &str) -> Problem {
    Problem::error(
        "draft",
        format!("{shown}/{}", draft.up.path),
        format!("a draft: {shown}/pgmig.lock does not have it"),
    )
    .note("only a debug build without PGMIG_LOCKED=1 takes drafts")
    .help("run `cargo pgmig lock` and commit the lock file together with the migration")
}
