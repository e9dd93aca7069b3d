//! Drizzle: `drizzle.__drizzle_migrations` of either generation, whose hash is the SHA-256 of the
//! file.

use sha2::{Digest as _, Sha256};

use super::check;
use super::take::{Row, Taken};
use crate::embedded::DrizzleEntry;
use crate::{Migration, quote};

/// `named`: the table is that of 1.0.
pub(super) fn query(table: &str, named: bool) -> String {
    let (name, at) = if named {
        ("name", "applied_at::text")
    } else {
        ("NULL", "NULL")
    };
    format!(
        "SELECT created_at::text AS version, {name} AS name, hash AS checksum, NULL AS kind, NULL AS wrong, {at} AS at \
         FROM {table} ORDER BY created_at, id"
    )
}

pub(super) fn take(rows: &[Row], embedded: &'static [Migration], taken: &mut Taken) {
    for row in rows {
        let recorded = row.checksum.as_deref().unwrap_or_default();
        let entries = || {
            let all = embedded.iter().enumerate();
            all.filter_map(|(at, migration)| Some((at, migration, migration.0.drizzle.as_ref()?)))
        };
        let same = |migration: &Migration| {
            check::matches(migration.0.up.0.text, recorded, |text| {
                quote::hex(&Sha256::digest(text))
            })
        };
        let meant = entries().find(|(.., entry)| is_of(row, entry));
        if let Some((at, migration, _)) = meant
            && same(migration).is_ok()
        {
            taken.take(at, migration, row, Ok(()));
            continue;
        }
        // One whose time was changed since is known by its text, though several may have the same.
        let mut by_text = entries().filter(|(at, migration, _)| {
            !taken.applied.contains_key(at) && same(migration).is_ok()
        });
        match (by_text.next(), meant) {
            (Some((at, migration, _)), _) => taken.take(at, migration, row, Ok(())),
            (None, Some((at, migration, _))) => taken.take(at, migration, row, same(migration)),
            (None, None) => taken.unknown(row),
        }
    }
}

/// Whether a row is about an entry: by name where both have one, else by the time, of which the
/// folders of 1.0 have kept the seconds.
fn is_of(row: &Row, entry: &DrizzleEntry) -> bool {
    if let (Some(recorded), Some(folder)) = (row.name.as_deref(), entry.folder) {
        return recorded == folder;
    }
    let recorded = row.version.as_deref().and_then(|at| at.parse::<i64>().ok());
    recorded.is_some_and(|recorded| match entry.folder {
        Some(_) => recorded.div_euclid(1000) == entry.created_at.div_euclid(1000),
        None => recorded == entry.created_at,
    })
}
