//! One tenant, when it is needed: made at sign-up, or brought to head at its first touch.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::Migrator;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::report::Report;
use crate::target::Target;

/// Tenants that were seen at head, shared by the clones of a migrator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ensured(Arc<Mutex<HashMap<Key, Arc<OnceCell<()>>>>>);

/// A tenant of one database.
type Key = (u64, Uuid);

impl Ensured {
    fn cell(&self, key: Key) -> Arc<OnceCell<()>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(key).or_default())
    }

    /// Forgets a tenant, in whatever database.
    pub(crate) fn forget(&self, tenant: Uuid) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|(_, known), _| *known != tenant);
    }
}

/// One tenant at a time.
impl Migrator {
    /// Makes sure that a tenant has its schema, at head. The first call for a tenant looks, and
    /// migrates what is to do; later ones cost nothing: the migrator remembers. Of many calls at
    /// the same time one works and the others wait for it.
    ///
    /// For the start of a request, where not all tenants were migrated at boot. One migrator serves
    /// all of a program: clones share what they remember.
    ///
    /// ```no_run
    /// # use pgmig_runtime::{Error, Migrator, Uuid};
    /// async fn request(migrator: &Migrator, pool: &sqlx::PgPool, tenant: Uuid) -> Result<(), Error> {
    ///     migrator.ensure_tenant(pool, tenant).await?;
    ///     // ... the tenant's tables are there
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`provision`](Self::provision). An error is not remembered: the next call tries again.
    pub async fn ensure_tenant(&self, pool: &PgPool, tenant: Uuid) -> Result<(), Error> {
        let cell = self.ensured.cell((self.database(pool), tenant));
        cell.get_or_try_init(|| async { self.provision(pool, tenant).await.map(drop) })
            .await
            .copied()
    }

    /// Makes the schema of a tenant, or brings it to head if there is one. In the ledger it is
    /// `provisioning` until it is at head, then `active`; one that failed is `failed`, with the
    /// error. With nothing to do that is one round trip.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public); [`Error::PublicBehind`] when `public` is not at head.
    pub async fn provision<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
    ) -> Result<Report, Error> {
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        if self.is_at_head(&mut session, &target).await? {
            return Ok(Report::new(&target));
        }
        self.public_at_head(&mut session).await?;
        let ran = self.runner().run(&mut session, &target).await;
        if let Err(error @ Error::Statement(_)) = &ran {
            let head = self.runner().head(&target);
            let digest = self.runner().repeatable_digest(&target);
            let record = self.ledger.fail(&target, head, digest, &error.to_string());
            // What counts is the error itself; unrecorded, it is still returned.
            let _ = session.send(record).await;
        }
        ran
    }

    /// Whether `public` and the tenant are at head, in one round trip. False also where that
    /// cannot be told: whoever looks closer finds out why.
    async fn is_at_head(&self, session: &mut Session<'_>, target: &Target) -> Result<bool, Error> {
        let runner = self.runner();
        let mut targets = self.public_targets();
        targets.push(target.clone());
        let queries: Vec<String> = targets
            .iter()
            .map(|target| runner.state_query(target))
            .collect();
        let Ok(answers) = session.send(queries.join(";\n")).await else {
            session.discard();
            return Ok(false);
        };
        for (target, rows) in targets.iter().zip(&answers) {
            let state = self.ledger.state(rows)?;
            runner
                .check(target, &state)
                .map_err(|failure| failure.error)?;
            if !runner.is_up_to_date(target, &state) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Which ledger of which database is meant.
    fn database(&self, pool: &PgPool) -> u64 {
        let options = pool.connect_options();
        let mut hash = DefaultHasher::new();
        options.get_host().hash(&mut hash);
        options.get_port().hash(&mut hash);
        options.get_socket().hash(&mut hash);
        options.get_database().hash(&mut hash);
        options.get_username().hash(&mut hash);
        self.ledger.schema.hash(&mut hash);
        hash.finish()
    }
}
