//! sqlx: `1_create_users.sql`, or `1_create_users.up.sql` with `1_create_users.down.sql`.
//!
//! A script that begins with `-- no-transaction` runs outside a transaction.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, Scripts};
use super::{Layout, Listing};

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut scripts = Scripts::default();
    for entry in entries {
        let file = entry.name.as_str();
        match numbered::parse(file).filter(|_| entry.kind == Kind::File) {
            Some(numbered) => scripts.add(file, numbered),
            None if is_companion(file) => {}
            None => listing.problems.push(dir.stray(
                file,
                Layout::Sqlx,
                "a migration is `1_name.sql`, or `1_name.up.sql` with `1_name.down.sql`; sqlx \
                 ignores everything else without a word",
            )),
        }
    }
    scripts.pair(dir, Layout::Sqlx, listing);
}

/// Whether a script says that it runs outside a transaction. What follows the word is prose.
pub(super) fn is_no_transaction(text: &str) -> bool {
    text.starts_with("-- no-transaction")
}
