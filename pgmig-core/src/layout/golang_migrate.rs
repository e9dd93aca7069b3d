//! golang-migrate, River, and what apps on sea-orm write: `1_create_users.up.sql` with
//! `1_create_users.down.sql`.
//!
//! A script is sent as it is, without a transaction around it: a statement that refuses to run in
//! one needs no word about it.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, Ending, Scripts};
use super::{Layout, Listing};

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut scripts = Scripts::default();
    for entry in entries {
        let file = entry.name.as_str();
        let numbered = numbered::parse(file)
            .filter(|numbered| entry.kind == Kind::File && numbered.ending != Ending::Plain);
        match numbered {
            Some(numbered) => scripts.add(file, numbered),
            // Go code that embeds the folder lives in it.
            None if is_companion(file) || file.ends_with(".go") => {}
            None => listing.problems.push(dir.stray(
                file,
                Layout::GolangMigrate,
                "a migration is `1_name.up.sql`, with `1_name.down.sql` to take it back",
            )),
        }
    }
    scripts.pair(dir, Layout::GolangMigrate, listing);
}
