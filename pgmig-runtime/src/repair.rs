//! Accepting what was edited, on request and never by itself.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::db::{Answers, Db, Session, required, text};
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::unreadable;
use crate::message::Message;
use crate::report::Repaired;
use crate::retry::Cause;
use crate::target::Target;
use crate::{Migration, Migrator, Scope, Version};

impl Migrator {
    /// Accepts that a migration was edited after it was applied: the ledger takes the checksum
    /// that the binary carries, for every schema that has the migration. Nothing is run; whoever
    /// asks for it knows that the schemas already are as the new file says.
    ///
    /// Returns the schemas that had another checksum.
    ///
    /// # Errors
    /// When the binary carries no such migration, or the ledger cannot be written.
    ///
    /// ```no_run
    /// # async fn accept(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::Scope;
    /// for repaired in migrator.repair(&pool, Scope::Tenant, "4").await? {
    ///     println!("{}: {} is {} now", repaired.target.schema, repaired.from, repaired.to);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn repair<'c>(
        &self,
        db: impl Into<Db<'c>>,
        scope: Scope,
        version: &str,
    ) -> Result<Vec<Repaired>, Error> {
        let mut session = self.session(db);
        let version = Version::canonical(version);
        let mut embedded = self.migrations.of(scope).iter();
        let migration = embedded
            .find(|migration| migration.0.version == version)
            .ok_or_else(|| Error::NoSuchMigration {
                scope,
                version: version.clone(),
            })?;
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failure = match self.accept(&mut session, migration).await {
                Ok(answers) => return repaired(migration, &answers),
                // Nothing was ever applied.
                Err(failure) if failure.cause == Cause::NoLedger => return Ok(Vec::new()),
                Err(failure) => failure,
            };
            runner
                .recover(&mut session, &Target::public(), &mut attempts, failure)
                .await?;
        }
    }

    async fn accept(
        &self,
        session: &mut Session<'_>,
        migration: &'static Migration,
    ) -> Result<Answers, Failure> {
        let mut message = Message::default();
        message.target(&Target::public());
        let ledger = &self.ledger;
        message.ours(&ledger.settings(
            &Target::public(),
            self.settings.lock_timeout,
            self.settings.statement_timeout,
        ));
        message.ours(&ledger.read_edited(migration));
        message.ours(&ledger.accept(migration));
        message.ours(&ledger.chain_again(migration));
        let sent = session.send(message.sql().to_owned()).await;
        sent.map_err(|failed| Failure::ledger("repair the ledger", failed.error))
    }
}

fn repaired(migration: &Migration, answers: &[Vec<PgRow>]) -> Result<Vec<Repaired>, Error> {
    let rows = answers.get(1).map_or(&[][..], Vec::as_slice);
    let read: sqlx::Result<Vec<Repaired>> = rows.iter().map(|row| one(migration, row)).collect();
    read.map_err(unreadable)
}

fn one(migration: &Migration, row: &PgRow) -> sqlx::Result<Repaired> {
    let tenant = text(row, "tenant")?;
    Ok(Repaired {
        target: Target {
            scope: migration.scope(),
            schema: required(row, "schema")?,
            tenant: tenant.and_then(|tenant| Uuid::parse_str(&tenant).ok()),
        },
        version: migration.0.version.to_owned(),
        from: required(row, "checksum")?,
        to: migration.checksum().to_string(),
    })
}
