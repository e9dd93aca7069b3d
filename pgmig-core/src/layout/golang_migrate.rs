//! golang-migrate, River, and what apps on sea-orm write: `1_create_users.up.sql` with
//! `1_create_users.down.sql`.
//!
//! A script is sent as it is, without a transaction around it: a statement that refuses to run in
//! one needs no word about it.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, Ending, File};
use super::{Layout, Listing};

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for entry in entries {
        let file = entry.name.clone();
        let numbered = numbered::parse(&file)
            .filter(|numbered| entry.kind == Kind::File && numbered.ending != Ending::Plain);
        match numbered {
            Some(numbered) => {
                let (version, name) = (numbered.version, numbered.name);
                let scripts = match numbered.ending {
                    Ending::Down => &mut downs,
                    Ending::Plain | Ending::Up => &mut ups,
                };
                scripts.push(File {
                    version,
                    name,
                    file,
                });
            }
            // Go code that embeds the folder lives in it.
            None if is_companion(&file) || file.ends_with(".go") => {}
            None => listing.problems.push(dir.stray(
                &file,
                Layout::GolangMigrate,
                "a migration is `1_name.up.sql`, with `1_name.down.sql` to take it back",
            )),
        }
    }
    numbered::pair(dir, Layout::GolangMigrate, ups, downs, listing);
}
