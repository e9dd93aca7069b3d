//! Accepting an edited migration: its new checksum, and the heads that follow from it.

use super::{Ledger, block};
use crate::{Migration, drizzle, quote};

impl Ledger {
    /// The targets that have another checksum of the migration, locked. Where another migrator
    /// has one, it fails at once with 55P03.
    pub(crate) fn read_edited(&self, migration: &Migration) -> String {
        format!(
            "SELECT h.schema, t.tenant, h.checksum FROM {l}.history AS h \
             JOIN {l}.target AS t ON t.schema = h.schema AND t.scope = h.scope \
             WHERE {edited} ORDER BY h.schema FOR UPDATE OF h, t NOWAIT",
            l = self.quoted,
            edited = edited(migration),
        )
    }

    /// Writes the new checksum.
    pub(crate) fn accept(&self, migration: &Migration) -> String {
        format!(
            "UPDATE {l}.history AS h SET checksum = {checksum} WHERE {edited}",
            l = self.quoted,
            checksum = quote::literal(&migration.checksum().to_string()),
            edited = edited(migration),
        )
    }

    /// Computes the heads of all targets that have the migration anew, as the planner does.
    pub(crate) fn chain_again(&self, migration: &Migration) -> String {
        block(&format!(
            "DECLARE
  one record;
  done record;
  chain bytea;
BEGIN
  FOR one IN SELECT t.schema, t.scope FROM {l}.target AS t WHERE t.scope = {scope} AND EXISTS
    (SELECT FROM {l}.history AS h WHERE h.schema = t.schema AND h.scope = t.scope AND {is_its} AND h.state = 'applied')
  LOOP
    chain := '';
    FOR done IN SELECT h.id, h.checksum FROM {l}.history AS h
      WHERE h.schema = one.schema AND h.scope = one.scope AND h.state = 'applied'
      ORDER BY pg_catalog.string_to_array(h.version, '.')::numeric[]
    LOOP
      chain := pg_catalog.sha256(chain || CASE
        WHEN done.checksum ~ '^v1:[0-9a-f]{{64}}$' THEN pg_catalog.decode(pg_catalog.substr(done.checksum, 4), 'hex')
        ELSE pg_catalog.sha256(pg_catalog.convert_to(done.checksum, 'UTF8')) END);
      UPDATE {l}.history SET head = chain WHERE id = done.id AND head <> chain;
    END LOOP;
    UPDATE {l}.target AS t SET head = chain, updated_at = pg_catalog.clock_timestamp()
      WHERE t.schema = one.schema AND t.scope = one.scope AND t.head <> chain;
  END LOOP;
END",
            l = self.quoted,
            scope = quote::literal(migration.scope().as_str()),
            is_its = drizzle::is_row_of(migration),
        ))
    }
}

fn edited(migration: &Migration) -> String {
    format!(
        "h.scope = {} AND {} AND h.state = 'applied' AND h.checksum <> {}",
        quote::literal(migration.scope().as_str()),
        drizzle::is_row_of(migration),
        quote::literal(&migration.checksum().to_string())
    )
}
