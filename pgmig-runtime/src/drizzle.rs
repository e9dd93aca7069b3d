//! Drizzle's own ledger, kept in step: what pgmig applied is nothing that drizzle-kit or
//! drizzle-orm would apply again.

use crate::embedded::DrizzleEntry;
use crate::planner::Recorded;
use crate::{Migration, Version, quote};

pub(crate) const TABLE: &str = "drizzle.__drizzle_migrations";

/// Creates the table where it is missing, in the form that fits the folder: the migrator of 0.x
/// takes the later form for none of its own.
fn create(entry: &DrizzleEntry) -> String {
    let named = if entry.folder.is_some() {
        ", name text, applied_at timestamptz DEFAULT pg_catalog.now()"
    } else {
        ""
    };
    format!(
        "IF pg_catalog.to_regclass('{TABLE}') IS NULL THEN
    IF pg_catalog.to_regnamespace('drizzle') IS NULL THEN
      CREATE SCHEMA drizzle;
    END IF;
    CREATE TABLE IF NOT EXISTS {TABLE} (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint{named});
  END IF;"
    )
}

/// What pgmig's ledger keeps of the row there: its time and its hash, so that a rollback finds it,
/// also by a binary that does not carry the migration.
pub(crate) fn row(migration: &Migration) -> String {
    match &migration.0.drizzle {
        Some(entry) => {
            let hash = quote::literal(&quote::hex(&entry.hash));
            format!("{}::bigint, {hash}::text", entry.created_at)
        }
        None => "NULL::bigint, NULL::text".to_owned(),
    }
}

/// The statement that records a migration there. `created_at` is the entry's own time, never the
/// present one, which would make drizzle-orm pass over what is generated before.
pub(crate) fn record(entry: &DrizzleEntry) -> String {
    let hash = quote::literal(&quote::hex(&entry.hash));
    let at = entry.created_at;
    let plain = format!("INSERT INTO {TABLE} (hash, created_at) VALUES ({hash}, {at});");
    let insert = match entry.folder {
        None => plain,
        Some(folder) => format!(
            "IF EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = '{TABLE}'::pg_catalog.regclass AND a.attname = 'name' AND NOT a.attisdropped) THEN
      INSERT INTO {TABLE} (hash, created_at, name) VALUES ({hash}, {at}, {name});
    ELSE
      {plain}
    END IF;",
            name = quote::literal(folder),
        ),
    };
    crate::ledger::block(&format!(
        "BEGIN
  {create}
  IF NOT EXISTS (SELECT FROM {TABLE} AS d WHERE d.created_at = {at} AND d.hash = {hash}) THEN
    {insert}
  END IF;
END",
        create = create(entry),
    ))
}

/// Gives what was applied of a journal folder the versions that it has since `drizzle-kit up` made
/// folders of it, where a migration's version is its time and no longer its place in the journal.
/// The texts are as they were, so they tell which is which; of one that was edited since, its name.
///
/// In memory alone: the ledger keeps the versions of its time. A place is less than any time, so
/// the order is that of the folder, and so is the head, which is made of checksums.
pub(crate) fn follow_upgrade(embedded: &'static [Migration], recorded: &mut [Recorded]) {
    let is_folder = |migration: &Migration| {
        let entry = migration.0.drizzle.as_ref();
        entry.is_some_and(|entry| entry.folder.is_some())
    };
    let knows = |version: &str| embedded.iter().any(|one| one.0.version == version);
    if !embedded.iter().all(is_folder) {
        return;
    }
    let mut free: Vec<&'static Migration> = embedded.iter().collect();
    free.retain(|one| !recorded.iter().any(|row| row.version == one.0.version));
    let mut old: Vec<&mut Recorded> = recorded.iter_mut().collect();
    old.retain(|row| row.version.len() < TIME_DIGITS && !knows(&row.version));
    old.sort_by(|a, b| Version::new(&a.version).cmp(&Version::new(&b.version)));
    for same in RULES {
        old.retain_mut(|row| {
            let Some(at) = free.iter().position(|one| same(row, one)) else {
                return true;
            };
            row.version = free.remove(at).0.version.to_owned();
            false
        });
    }
}

/// Which rows of the history (`h`) are those of a migration: the ones with its version, and the ones
/// that have its name and a place in the journal, from before the upgrade.
pub(crate) fn is_row_of(migration: &Migration) -> String {
    let version = quote::literal(migration.0.version);
    let entry = migration.0.drizzle.as_ref();
    match entry.and_then(|entry| entry.folder) {
        Some(_) => format!(
            "(h.version = {version} OR (pg_catalog.length(h.version) < {TIME_DIGITS} AND h.name = {name}))",
            name = quote::literal(migration.0.name)
        ),
        None => format!("h.version = {version}"),
    }
}

/// Whether a row and a migration are the same, the surest way first.
const RULES: [fn(&Recorded, &Migration) -> bool; 3] = [
    |row, one| has_text(row, one) && has_name(row, one),
    has_text,
    has_name,
];

fn has_text(row: &Recorded, one: &Migration) -> bool {
    row.checksum == one.checksum().to_string()
}

fn has_name(row: &Recorded, one: &Migration) -> bool {
    row.name == one.0.name
}

/// The digits of a time, `20260131120000`.
const TIME_DIGITS: usize = 14;
