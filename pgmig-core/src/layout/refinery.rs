//! refinery: `V1__create_users.sql`, and `U2__create_orders.sql`, which may be applied late.

use super::dir::{Dir, is_companion};
use super::entries::Entry;
use super::versioned::{self, Prefix};
use super::{Layout, Listing};
use crate::Problem;

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut found = Vec::new();
    for path in versioned::all_files(dir, entries, &mut listing.problems) {
        let file = versioned::file_name(&path);
        let name =
            versioned::parse(file).filter(|name| name.is_plain && name.prefix != Prefix::Baseline);
        match name {
            Some(name) if name.extension == "sql" => {
                found.push(dir.found(Layout::Refinery, name.version, &name.name, &path));
            }
            Some(name) if name.extension == "rs" => listing.problems.push(
                Problem::error(
                    "unsupported-migration",
                    dir.shown(&path),
                    "a migration written in Rust",
                )
                .note("pgmig reads SQL; what the function returns is known when it runs alone")
                .help(format!(
                    "write what it returns to `{}`: the checksum that refinery has recorded stays \
                     the same",
                    file.replace(".rs", ".sql")
                )),
            ),
            // The module that refinery's macro wants.
            _ if is_companion(file) || file == "mod.rs" => {}
            _ => listing.problems.push(dir.stray(
                &path,
                Layout::Refinery,
                "a migration is `V1__name.sql` or `U1__name.sql`: a whole number, and a name of \
                 letters, digits and `_`; refinery ignores everything else",
            )),
        }
    }
    dir.finish(found, listing);
}
