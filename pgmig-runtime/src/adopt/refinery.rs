//! refinery: `refinery_schema_history`, whose checksum is a SipHash of name, version and text.

use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;

use super::check;
use super::take::{Row, Taken};
use crate::Migration;

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version::text, name, checksum, NULL AS kind, NULL AS wrong, applied_on AS at \
         FROM {table} ORDER BY version"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    taken.by_version(rows, embedded, |row, migration| {
        let recorded = row.checksum.as_deref().unwrap_or_default();
        let text = migration.0.up.0.text;
        let [short, long] = [false, true]
            .map(|long| check::matches(text, recorded, |text| checksum(migration, text, long)));
        short.or(long)
    });
}

/// As refinery counts it; with its feature `int8-versions` a version has eight bytes.
fn checksum(migration: &Migration, text: &str, long: bool) -> String {
    let mut hasher = SipHasher13::new();
    migration.name().hash(&mut hasher);
    let version: i64 = migration.0.version.parse().unwrap_or(-1);
    match i32::try_from(version) {
        Ok(version) if !long => version.hash(&mut hasher),
        _ => version.hash(&mut hasher),
    }
    text.hash(&mut hasher);
    hasher.finish().to_string()
}
