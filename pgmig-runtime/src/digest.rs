//! What a database that was migrated depends on, in 32 bytes.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{Migration, Migrator};

impl Migrator {
    /// SHA-256 over all that a database depends on which this migrator has migrated: the checksums,
    /// names and down scripts of the migrations, the app, the ledger's schema, and how a tenant's
    /// schema is called.
    ///
    /// It tells whether a database that was kept is still good: a template that tests are cloned
    /// from, a dump that a CI job restores.
    ///
    /// # Example
    ///
    /// ```
    /// # fn demo(migrations: &'static pgmig_runtime::Migrations) {
    /// use pgmig_runtime::Migrator;
    ///
    /// let (one, other) = (Migrator::new(migrations), Migrator::new(migrations));
    /// assert_eq!(one.digest(), other.digest());
    /// assert_ne!(one.digest(), other.ledger_schema("elsewhere").digest());
    /// # }
    /// ```
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(self.migrations.0.app.as_bytes());
        add(self.settings.ledger.as_bytes());
        add((self.settings.tenant_schema)(Uuid::nil()).as_bytes());
        let lists = [
            self.migrations.public(),
            self.migrations.drizzle(),
            self.migrations.tenant(),
            self.migrations.0.repeatable,
        ];
        for migration in lists.into_iter().flatten() {
            parts(migration).into_iter().for_each(&mut add);
        }
        hash.finalize().into()
    }
}

/// What of a migration is in the database afterwards. The checksum leaves the down script out, and
/// the ledger keeps it.
fn parts(migration: &Migration) -> [&[u8]; 5] {
    [
        migration.scope().as_str().as_bytes(),
        migration.version().as_str().as_bytes(),
        migration.name().as_bytes(),
        &migration.0.checksum,
        migration.down_sql().unwrap_or_default().as_bytes(),
    ]
}
