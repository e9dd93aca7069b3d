//! Whether schemas are what their migrations make, whatever the ledger says.
//!
//! What a schema should be comes from replaying the embedded migrations, up to the one that it has
//! by the ledger, in a shadow inside a transaction that is rolled back: no second database, nothing
//! left behind, no table of the application locked. Then all schemas are compared by their
//! fingerprints, one statement for the whole fleet, and only those that differ are looked at.

mod compare;
mod enums;
mod replay;
mod report;
mod shadow;
mod wanted;

pub use report::{DriftGroup, NotReplayed, Unverified, Verification};

use std::time::Instant;

use uuid::Uuid;

use self::wanted::Wanted;
use crate::adopt::Tool;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::settings::OnDrift;
use crate::target::Target;
use crate::{FingerprintOptions, Migrator, Scope};

/// What is being done, for errors.
const DOING: &str = "replay the migrations in a shadow";

/// Which schemas to verify.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'w> {
    /// `public` and every tenant in the ledger.
    All,
    /// `public`.
    Public,
    /// Every tenant in the ledger.
    Fleet,
    /// These tenants.
    Tenants(&'w [Uuid]),
}

impl Which<'_> {
    /// Whether a schema of the ledger is among them.
    fn includes(self, tenant: Option<Uuid>) -> bool {
        match self {
            Which::All | Which::Fleet => true,
            Which::Public => false,
            Which::Tenants(tenants) => tenant.is_some_and(|tenant| tenants.contains(&tenant)),
        }
    }
}

impl Migrator {
    /// Compares `public` and the schema of every tenant in the ledger with what their migrations
    /// make.
    ///
    /// It costs one replay of the migrations, which needs the right to create schemas in the
    /// database, and about 3 ms of server time for a tenant of ten tables.
    ///
    /// # Errors
    /// When the ledger or the catalog cannot be read, or the migrations cannot be replayed.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let verification = migrator.verify(&pool).await?;
    /// if !verification.is_sound() {
    ///     eprintln!("{verification}");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn verify<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::All).await
    }

    /// Compares `public` with what its migrations make.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_public<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Public).await
    }

    /// Compares the schema of every tenant in the ledger with what their migrations make.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_fleet<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Fleet).await
    }

    /// Compares the schemas of these tenants with what their migrations make. Those that the ledger
    /// does not have are among the [`unverified`](Verification::unverified).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_tenants<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenants: &[Uuid],
    ) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Tenants(tenants))
            .await
    }

    /// Does what [`on_drift`](Self::on_drift) says after a run.
    pub(crate) async fn check_drift(
        &self,
        session: &mut Session<'_>,
        which: Which<'_>,
    ) -> Result<(), Error> {
        if self.settings.on_drift == OnDrift::Ignore {
            return Ok(());
        }
        let verification = self.verify_which(session, which).await?;
        if verification.is_sound() {
            return Ok(());
        }
        match self.settings.on_drift {
            OnDrift::Refuse => Err(Error::Drift(Box::new(verification))),
            _ => {
                tracing::warn!("{verification}");
                Ok(())
            }
        }
    }

    pub(crate) async fn verify_which(
        &self,
        session: &mut Session<'_>,
        which: Which<'_>,
    ) -> Result<Verification, Error> {
        let started = Instant::now();
        let wanted = self.wanted(session, which).await?;
        self.compare(session, wanted, started).await
    }

    /// Compares a schema of which the ledger has nothing with what the first `count` migrations of
    /// its scope make.
    pub(crate) async fn verify_at(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        count: usize,
    ) -> Result<Verification, Error> {
        let started = Instant::now();
        let mut wanted = self.wanted(session, Which::Tenants(&[])).await?;
        match target.scope {
            Scope::Tenant => {
                wanted.tenants = vec![(count, target.schema.clone())];
                // Of a `public` that is not in the ledger either, all that tenants may refer to.
                if wanted.beneath == [0, 0] {
                    let all = [self.migrations.public(), self.migrations.drizzle()];
                    wanted.beneath = all.map(<[_]>::len);
                }
            }
            Scope::Public | Scope::Drizzle => wanted.public = Some([count, wanted.beneath[1]]),
        }
        self.compare(session, wanted, started).await
    }

    async fn compare(
        &self,
        session: &mut Session<'_>,
        wanted: Wanted,
        started: Instant,
    ) -> Result<Verification, Error> {
        let options = self.counted();
        let found = self.replayed(session, &wanted, &options).await?;
        let mut verification = compare::compare(session, &options, wanted, found).await?;
        verification.duration = started.elapsed();
        Ok(verification)
    }

    /// What counts, without the tables in which other tools keep what they applied.
    fn counted(&self) -> FingerprintOptions {
        let options = self
            .settings
            .counted
            .clone()
            .exact(true)
            .ledger(&self.settings.ledger);
        let tables = Tool::ALL.into_iter().map(Tool::table);
        let beside = tables.filter(|(schema, _)| schema.is_none());
        beside.fold(options, |options, (_, table)| options.ignore(table))
    }
}
