//! dbmate: `schema_migrations`, versions alone.

use super::take::{Row, Taken};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version::text, NULL AS name, NULL AS checksum, NULL AS kind, NULL AS wrong, NULL AS at \
         FROM {table} ORDER BY 1"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    taken.by_version(rows, embedded, |_, _| Ok(()));
}
