//! Drizzle's own ledger, kept in step: what pgmig applied is nothing that drizzle-kit or
//! drizzle-orm would apply again.

use crate::embedded::DrizzleEntry;
use crate::{Migration, quote};

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
