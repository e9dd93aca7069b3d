//! pgmig's own layout: `NNN_name.sql`, with `NNN_name.down.sql` or a section `-- pgmig: down`.

pub(crate) mod file_name;
mod scope;
pub(crate) mod sections;

use super::Listing;
use super::dir::Dir;
use super::entries::Entry;
use scope::ScopeFolder;

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    ScopeFolder(dir).list(entries, listing);
}
