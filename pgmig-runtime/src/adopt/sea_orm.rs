//! sea-orm: `seaql_migrations`, the names of its migrations alone.

use super::take::{Row, Taken};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version, NULL AS name, NULL AS checksum, NULL AS kind, NULL AS wrong, \
         pg_catalog.to_timestamp(applied_at)::text AS at FROM {table} ORDER BY 1"
    )
}

/// `m20260131_120000_create_users` is the file of that name, with or without its `m`.
pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    for row in rows {
        let recorded = row.version.as_deref().unwrap_or_default();
        let recorded = recorded.strip_prefix('m').unwrap_or(recorded);
        let same = |migration: &Migration| {
            let spelled = format!("{}_{}", migration.0.version, migration.0.name);
            spelled == recorded || words(&spelled) == words(recorded)
        };
        let mut all = embedded.iter().enumerate();
        match all.find(|(_, migration)| same(migration)) {
            Some((at, migration)) => taken.take(at, migration, row, Ok(())),
            None => taken.unknown(row),
        }
    }
}

/// The name with the date and the time as one number.
fn words(name: &str) -> String {
    name.replace('_', "")
}
