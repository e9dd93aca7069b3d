//! golang-migrate: `schema_migrations` with the newest version and whether it is done.

use super::take::{Row, Taken, canonical, position};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version::text, NULL AS name, NULL AS checksum, NULL AS kind, \
         CASE WHEN dirty THEN 'it is marked dirty' END AS wrong, NULL AS at FROM {table}"
    )
}

/// Everything up to that version is applied.
pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    for row in rows {
        if taken.unfinished(row) {
            continue;
        }
        let version = canonical(row.version.as_deref().unwrap_or_default());
        match position(embedded, &version) {
            Some((newest, _)) => taken.applied.extend((0..=newest).map(|at| (at, None))),
            None => taken.unknown(row),
        }
    }
}
