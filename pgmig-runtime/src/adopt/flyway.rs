//! Flyway: `flyway_schema_history`, whose checksum is a CRC-32 of the file's lines.

use super::check;
use super::take::{Row, Taken, canonical, position};
use crate::{Migration, Version};

pub(super) fn query(table: &str) -> String {
    format!(
        "SELECT version, description AS name, checksum::text, type AS kind, \
         CASE WHEN NOT success THEN 'Flyway marked it as failed' END AS wrong, installed_on::text AS at \
         FROM {table} ORDER BY installed_rank"
    )
}

pub(super) fn take(
    rows: &[Row],
    embedded: &'static [Migration],
    repeatable: &'static [Migration],
    taken: &mut Taken,
) {
    for row in rows {
        if taken.unfinished(row) {
            continue;
        }
        let Some(version) = row.version.as_deref().map(canonical) else {
            take_repeatable(row, repeatable, taken);
            continue;
        };
        let version = without_zeros(&version);
        let found = position(embedded, version);
        match (row.kind.as_deref().unwrap_or_default(), found) {
            ("BASELINE", _) => {
                let baseline = Version::new(version);
                let before = embedded.iter().enumerate();
                let before = before.filter(|(_, migration)| migration.version() <= baseline);
                taken
                    .applied
                    .extend(before.map(|(at, _)| (at, row.at.clone())));
            }
            (kind, Some((at, _))) if kind.starts_with("UNDO") || kind == "DELETE" => {
                taken.applied.remove(&at);
            }
            ("SQL_BASELINE", _) => taken.unknown(row),
            (_, Some((at, migration))) => {
                let same = match row.checksum.as_deref() {
                    Some(recorded) => check::matches(migration.0.up.0.text, recorded, checksum),
                    None => Ok(()),
                };
                taken.take(at, migration, row, same);
            }
            (_, None) => taken.unknown(row),
        }
    }
}

/// A row without a version: a repeatable migration, or a schema that was created. Of a repeatable
/// one only the last text counts. One that was edited since is applied, as Flyway would.
fn take_repeatable(row: &Row, repeatable: &'static [Migration], taken: &mut Taken) {
    let kind = row.kind.as_deref().unwrap_or_default();
    if kind == "SCHEMA" {
        return;
    }
    let described = row.name.as_deref().unwrap_or_default();
    let mut all = repeatable.iter().enumerate();
    match all.find(|(_, migration)| migration.name().replace('_', " ") == described) {
        Some((at, _)) if kind == "DELETE" => {
            taken.repeated.remove(&at);
        }
        Some((at, migration)) => {
            let recorded = row.checksum.as_deref().unwrap_or_default();
            match check::matches(migration.0.up.0.text, recorded, checksum) {
                Ok(()) => taken.repeated.insert(at, row.at.clone()),
                Err(_) => taken.repeated.remove(&at),
            };
        }
        None if kind == "DELETE" => taken.found_again(row),
        None => taken.unknown(row),
    }
}

/// `2.0` is `2` for Flyway.
fn without_zeros(version: &str) -> &str {
    let mut significant = version;
    while let Some(shorter) = significant.strip_suffix(".0") {
        significant = shorter;
    }
    significant
}

/// As Flyway counts it: line by line, without line endings and byte order mark, as a signed number.
fn checksum(text: &str) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed().to_string()
}
