//! Prisma: `_prisma_migrations`, whose checksum is the SHA-256 of the file.

use sha2::{Digest as _, Sha256};

use super::check;
use super::take::{Row, Taken};
use crate::{Migration, quote};

/// A migration that was taken back and applied again has two rows.
pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT NULL AS version, migration_name AS name, checksum, NULL AS kind, \
         CASE WHEN finished_at IS NULL THEN coalesce('Prisma marked it as failed: ' || nullif(logs, ''), 'Prisma has begun it and not finished it') END AS wrong, \
         finished_at::text AS at \
         FROM (SELECT DISTINCT ON (migration_name) * FROM {table} WHERE rolled_back_at IS NULL \
         ORDER BY migration_name, started_at DESC) AS last ORDER BY 2"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    for row in rows {
        if taken.unfinished(row) {
            continue;
        }
        let name = row.name.as_deref().unwrap_or_default();
        let mut all = embedded.iter().enumerate();
        let Some((at, migration)) = all.find(|(_, migration)| folder(migration) == name) else {
            taken.unknown(row);
            continue;
        };
        let recorded = row.checksum.as_deref().unwrap_or_default();
        let same = check::matches(migration.0.up.0.text, recorded, |text| {
            quote::hex(&Sha256::digest(text))
        });
        taken.take(at, migration, row, same);
    }
}

/// The folder of a migration, by which Prisma knows it.
fn folder(migration: &Migration) -> &'static str {
    migration.path().rsplit('/').nth(1).unwrap_or_default()
}
