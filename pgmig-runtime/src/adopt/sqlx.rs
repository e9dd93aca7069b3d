//! sqlx: `_sqlx_migrations`, whose checksum is the SHA-384 of the file.

use sha2::{Digest as _, Sha384};

use super::check;
use super::take::{Row, Taken};
use crate::{Migration, quote};

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version::text, description AS name, pg_catalog.encode(checksum, 'hex') AS checksum, NULL AS kind, \
         CASE WHEN NOT success THEN 'sqlx marked it as failed' END AS wrong, installed_on::text AS at \
         FROM {table} ORDER BY 1"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    taken.by_version(rows, embedded, |row, migration| {
        let recorded = row.checksum.as_deref().unwrap_or_default();
        check::matches(migration.0.up.0.text, recorded, |text| {
            quote::hex(&Sha384::digest(text))
        })
    });
}
