//! diesel: `__diesel_schema_migrations`, versions alone.

use super::take::{Row, Taken};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version, NULL AS name, NULL AS checksum, NULL AS kind, NULL AS wrong, run_on::text AS at \
         FROM {table} ORDER BY 1"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    let rows: Vec<Row> = rows.iter().cloned().map(parted).collect();
    taken.by_version(&rows, embedded, |_, _| Ok(()));
}

/// `202601311200000000` is version 20260131120000.0: what is behind the second is a part of its
/// own, as it is in the folder.
fn parted(mut row: Row) -> Row {
    const SECOND: usize = "20260131120000".len();
    if let Some(version) = &mut row.version
        && version.len() > SECOND
        && version.is_ascii()
    {
        version.insert(SECOND, '.');
    }
    row
}
