//! sqlx: `1_create_users.sql`, or `1_create_users.up.sql` with `1_create_users.down.sql`.
//!
//! A script that begins with `-- no-transaction` runs outside a transaction.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, Ending, File};
use super::{Layout, Listing};

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for entry in entries {
        let file = entry.name.clone();
        match numbered::parse(&file).filter(|_| entry.kind == Kind::File) {
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
            None if is_companion(&file) => {}
            None => listing.problems.push(dir.stray(
                &file,
                Layout::Sqlx,
                "a migration is `1_name.sql`, or `1_name.up.sql` with `1_name.down.sql`; sqlx \
                 ignores everything else without a word",
            )),
        }
    }
    numbered::pair(dir, Layout::Sqlx, ups, downs, listing);
}

/// Whether a script says that it runs outside a transaction. What follows the word is prose.
pub(super) fn is_no_transaction(text: &str) -> bool {
    text.starts_with("-- no-transaction")
}
