//! goose: `goose_db_version`, a row for each time that a version was applied or taken back.

use super::take::{Row, Taken};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version_id::text AS version, NULL AS name, NULL AS checksum, NULL AS kind, NULL AS wrong, tstamp::text AS at \
         FROM (SELECT DISTINCT ON (version_id) version_id, is_applied, tstamp FROM {table} ORDER BY version_id, id DESC) AS last \
         WHERE is_applied AND version_id > 0 ORDER BY version_id"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    taken.by_version(rows, embedded, |_, _| Ok(()));
}
