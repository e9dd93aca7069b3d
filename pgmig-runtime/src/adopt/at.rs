//! Taking a schema that exists into the ledger, at the version whose migrations make it.

use std::time::Instant;

use uuid::Uuid;

use crate::apply::Runner;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::{Facts, State};
use crate::look::{Work, down_scripts};
use crate::message::Message;
use crate::planner::{self, Policy};
use crate::report::AdoptedAt;
use crate::target::Target;
use crate::{Migration, Migrator, Version};

impl Migrator {
    /// Takes `public`, of which the ledger has nothing, into the ledger: the migrations up to
    /// `version` count as applied, and none of them is run. Only where the schema is what they make,
    /// found out as [`verify`](Self::verify) does it; the data in it is not looked at. What another
    /// tool recorded is taken over by [`adopt`](Self::adopt).
    ///
    /// # Errors
    /// [`Error::AdoptedDiffers`] with the differences, and nothing was written;
    /// [`Error::AlreadyInLedger`]; otherwise as [`verify`](Self::verify).
    ///
    /// ```no_run
    /// # async fn adopt(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// migrator.adopt_public_at(&pool, "12").await?;
    /// migrator.run_public(&pool).await?;                 // goes on at 13
    /// # Ok(()) }
    /// ```
    pub async fn adopt_public_at<'c>(
        &self,
        db: impl Into<Db<'c>>,
        version: &str,
    ) -> Result<AdoptedAt, Error> {
        let mut session = self.session(db);
        self.adopt_at(&mut session, Target::public(), version).await
    }

    /// Takes the schema of a tenant, of which the ledger has nothing, into the ledger.
    ///
    /// # Errors
    /// As [`adopt_public_at`](Self::adopt_public_at).
    pub async fn adopt_tenant_at<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
        version: &str,
    ) -> Result<AdoptedAt, Error> {
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        self.adopt_at(&mut session, target, version).await
    }

    async fn adopt_at(
        &self,
        session: &mut Session<'_>,
        target: Target,
        version: &str,
    ) -> Result<AdoptedAt, Error> {
        self.check_folder()?;
        let started = Instant::now();
        let embedded = self.migrations.of(target.scope);
        let wanted = Version::canonical(version);
        let newest = embedded.iter().position(|one| one.0.version == wanted);
        let migrations = newest.and_then(|newest| embedded.get(..=newest));
        let Some(migrations) = migrations else {
            return Err(Error::NoSuchMigration {
                scope: target.scope,
                version: wanted,
            });
        };
        let runner = self.runner();
        let mut attempts = runner.attempts();
        let mut adopted = loop {
            let failure = match self.try_adopt(session, &target, migrations).await {
                Ok(adopted) => break adopted,
                Err(failure) => failure,
            };
            runner
                .recover(session, &target, &mut attempts, failure)
                .await?;
        };
        adopted.duration = started.elapsed();
        Ok(adopted)
    }

    async fn try_adopt(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        migrations: &'static [Migration],
    ) -> Result<AdoptedAt, Failure> {
        let runner = self.runner();
        let (state, facts) = runner.unknown(session, target).await?;
        let compared = self.verify_at(session, target, migrations.len()).await;
        let compared = compared.map_err(Failure::last)?;
        let newest = migrations.last().map_or("", |newest| newest.0.version);
        if !compared.is_sound() {
            return Err(Failure::last(Error::AdoptedDiffers {
                schema: target.schema.clone(),
                version: newest.to_owned(),
                found: Box::new(compared),
            }));
        }
        let plan = planner::plan(migrations, &[], Policy::default()).unwrap_or_default();
        let work = Work {
            state,
            facts,
            plan,
            start: None,
            adopted: None,
        };
        runner.keep_scripts(session, target, &work).await?;
        runner.write_adopted_at(session, target, &work).await?;
        tracing::info!(schema = %target.schema, version = newest, "adopted a schema");
        Ok(AdoptedAt {
            target: target.clone(),
            version: newest,
            migrations: migrations.len(),
            not_replayed: compared.not_replayed,
            duration: compared.duration,
        })
    }
}

impl Runner<'_> {
    /// What is known of a target of which the ledger has nothing, and which exists.
    async fn unknown(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<(State, Facts), Failure> {
        let query = self.ledger.read_state(target, None);
        let mut state = self.read_state(session, query).await?;
        self.check(target, &state)?;
        let downs: Vec<_> = down_scripts(self.migrations.of(target.scope)).collect();
        let answers = session
            .send(self.ledger.read_facts(target, None, &downs, false))
            .await
            .map_err(Failure::reading)?;
        let facts = Facts::decode(&answers, false).map_err(Failure::decoding)?;
        self.check_place(target, &facts)?;
        state.present = facts.present;
        let schema = target.schema.clone();
        if !state.present {
            return Err(Failure::last(Error::NothingToAdopt { schema }));
        }
        if !facts.recorded.is_empty() {
            let version = state.version;
            return Err(Failure::last(Error::AlreadyInLedger { schema, version }));
        }
        if !facts.writable {
            return Err(Failure::last(Error::ReadOnly { schema, pending: 0 }));
        }
        Ok((state, facts))
    }

    /// Writes what the ledger is to have, once however many processes do it at the same time.
    async fn write_adopted_at(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
    ) -> Result<(), Failure> {
        let mut message = Message::default();
        message.target(target);
        message.ours(&self.settings_for(target));
        message.ours(&self.ledger.guard(target, &work.state.head));
        let steps = &work.plan.steps;
        let newest = steps.last().map_or("", |step| step.migration.0.version);
        let origin = format!("adopted at {newest}");
        message.ours(&self.ledger.record_flattened(target, &origin, steps));
        for step in steps {
            if let Some(statement) = self.in_drizzle(target, step) {
                message.ours(&statement);
            }
        }
        let dispatch = self.dispatch(work.facts.citus);
        let sent = self.send(session, &message, dispatch).await;
        sent.map(drop)
            .map_err(|failed| Failure::ledger("adopt the schema", failed.error))
    }
}
