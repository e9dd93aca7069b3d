//! The fleet: every tenant that is behind, and only those, by any number of processes at once.
//!
//! ```text
//! survey ── one query: public's head, and who is behind
//!   │
//! canary, wave 1, wave 2, …
//!   │
//! queue ──► worker ─ choose (who is free, who stands alike) ─► batch: one migration, many tenants
//!       ──► worker ─ …                                      └► alone: one tenant, to head
//! ```
//!
//! Processes know nothing of each other. Each goes through the same list and finds by the row
//! locks of the ledger who is taken; one that is killed lets go of its locks, and what it had not
//! committed was not done.

mod batch;
mod choose;
mod claim;
mod ensure;
mod event;
mod pick;
mod queue;
mod remove;
mod report;
mod run;
mod settings;
mod size;
mod status;
mod survey;
mod worker;

pub(crate) use ensure::Ensured;
pub use event::{Event, Requeue};
pub(crate) use queue::Job;
pub use remove::Dropped;
pub use report::{FleetError, FleetReport, Moved, TenantFailure};
pub(crate) use settings::FleetSettings;
pub use settings::{Finish, OnFailure};
pub use status::{FleetStatus, StateCount, VersionCount};

use std::collections::HashSet;

use sqlx::postgres::PgRow;
use uuid::Uuid;

use self::pick::Standing;
use self::run::Fleet;
use self::survey::{Row, Survey};
use crate::db::{Db, Session};
use crate::error::Error;
use crate::message::database_error;
use crate::report::{Report, SetupReport};
use crate::retry::Cause;
use crate::target::Target;
use crate::verify::Which;
use crate::{Migrator, Scope, UnknownNewer, quote};

/// Which tenants a fleet run is about.
///
/// ```
/// # use pgmig_runtime::{Tenants, Uuid};
/// let all = Tenants::Active;                               // by the query of `Migrator::tenants`
/// let some: Tenants = "SELECT id FROM tenants WHERE plan = 'pro'".into();
/// let these: Tenants = vec![Uuid::nil()].into();
/// # let _ = (all, some, these);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenants {
    /// Those that the query of [`Migrator::tenants`] lists.
    #[default]
    Active,
    /// Those that this query lists by their UUID.
    Query(String),
    /// These.
    List(Vec<Uuid>),
}

impl From<&str> for Tenants {
    fn from(query: &str) -> Self {
        Tenants::Query(query.to_owned())
    }
}

impl From<String> for Tenants {
    fn from(query: String) -> Self {
        Tenants::Query(query)
    }
}

impl From<Vec<Uuid>> for Tenants {
    fn from(tenants: Vec<Uuid>) -> Self {
        Tenants::List(tenants)
    }
}

impl From<&[Uuid]> for Tenants {
    fn from(tenants: &[Uuid]) -> Self {
        Tenants::List(tenants.to_vec())
    }
}

impl<const N: usize> From<[Uuid; N]> for Tenants {
    fn from(tenants: [Uuid; N]) -> Self {
        Tenants::List(tenants.to_vec())
    }
}

/// What the first look found.
enum First {
    /// `public` is at head, and the tenants are these.
    Ready(Report, Survey),
    /// `public` is not at head, or there is nothing to ask yet.
    Public,
}

impl Migrator {
    /// Migrates `public`, then the schema of every active tenant that is behind. With nothing to
    /// do that is one round trip, whatever the number of tenants.
    ///
    /// Any number of processes may do so at once: each tenant is migrated by one of them, and all
    /// return when the fleet is done ([`finish`](Self::finish)). A tenant that fails does not keep
    /// the others from being migrated ([`on_failure`](Self::on_failure)).
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public), and when the tenants cannot be listed, or more tenants
    /// failed than are allowed to: [`Error::Fleet`] has the report.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let report = migrator.setup(&pool).await?;
    /// for failure in &report.tenants.failed {
    ///     eprintln!("{}: {}", failure.target.schema, failure.message);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn setup<'c>(&self, db: impl Into<Db<'c>>) -> Result<SetupReport, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let tenants = Tenants::Active;
        if !self.migrations.has(Scope::Tenant) {
            let public = self.runner().run_public(&mut session).await?;
            self.check_drift(&mut session, Which::Public).await?;
            return Ok(SetupReport {
                public,
                tenants: FleetReport::default(),
            });
        }
        let (public, survey) = match self.first_look(&mut session, &tenants).await? {
            First::Ready(public, survey) => (public, survey),
            First::Public => {
                let public = self.runner().run_public(&mut session).await?;
                (public, self.survey(&mut session, &tenants).await?)
            }
        };
        let tenants = self.run_fleet(&mut session, &tenants, survey).await?;
        self.check_drift(&mut session, Which::All).await?;
        Ok(SetupReport { public, tenants })
    }

    /// Migrates the schemas of tenants that are behind: all active ones, those of a query, or
    /// those of a list. `public` is not touched, and has to be at head. With nothing to do that
    /// is one round trip, whatever the number of tenants.
    ///
    /// # Errors
    /// As [`setup`](Self::setup); [`Error::PublicBehind`] when `public` is not at head.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let report = migrator.run_tenants(&pool, "SELECT id FROM tenants WHERE plan = 'pro'").await?;
    /// println!("{} migrated, {} failed", report.migrated.len(), report.failed.len());
    /// # Ok(()) }
    /// ```
    pub async fn run_tenants<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenants: impl Into<Tenants>,
    ) -> Result<FleetReport, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let tenants = tenants.into();
        if !self.migrations.has(Scope::Tenant) {
            return Ok(FleetReport::default());
        }
        let survey = match self.first_look(&mut session, &tenants).await? {
            First::Ready(_, survey) => survey,
            First::Public => {
                self.public_at_head(&mut session).await?;
                self.survey(&mut session, &tenants).await?
            }
        };
        let report = self.run_fleet(&mut session, &tenants, survey).await?;
        self.check_drift(&mut session, Which::Fleet).await?;
        Ok(report)
    }

    /// The scopes of `public` that the binary has migrations for. `public` itself always counts:
    /// a ledger that knows it is one that can be asked.
    fn public_targets(&self) -> Vec<Target> {
        match self.migrations.drizzle() {
            [] => vec![Target::public()],
            _ => vec![Target::public(), Target::drizzle()],
        }
    }

    /// `public` and the tenants in one message.
    async fn first_look(
        &self,
        session: &mut Session<'_>,
        tenants: &Tenants,
    ) -> Result<First, Error> {
        let started = std::time::Instant::now();
        let runner = self.runner();
        let targets = self.public_targets();
        let mut queries: Vec<String> = targets
            .iter()
            .map(|target| runner.state_query(target))
            .collect();
        queries.push(self.survey_query(tenants));
        let message = queries.join(";\n");
        let mut attempts = runner.attempts();
        let answers = loop {
            let failed = match session.send(message.clone()).await {
                Ok(answers) => break answers,
                Err(failed) => failed,
            };
            let failure = crate::failure::Failure::ledger("read the ledger", failed.error);
            match failure.cause {
                // Without a ledger or a registry `public` has something to do, or it tells why.
                cause if cause != Cause::Connection => return Ok(First::Public),
                _ => {
                    let public = Target::public();
                    runner
                        .recover(session, &public, &mut attempts, failure)
                        .await?;
                }
            }
        };
        for (target, rows) in targets.iter().zip(&answers) {
            let state = self.ledger.state(rows)?;
            if !runner.is_up_to_date(target, &state) {
                return Ok(First::Public);
            }
        }
        let mut report = Report::new(&Target::public());
        report.duration = started.elapsed();
        let survey = self.decode_survey(answers.last().map_or(&[][..], Vec::as_slice))?;
        Ok(First::Ready(report, survey))
    }

    /// Refuses to go on when `public` has something to do.
    pub(crate) async fn public_at_head(&self, session: &mut Session<'_>) -> Result<(), Error> {
        let plans = self.plan_scopes(session).await?;
        let pending: usize = plans.iter().map(|plan| plan.pending.len()).sum();
        match pending {
            0 => Ok(()),
            pending => Err(Error::PublicBehind { pending }),
        }
    }

    fn survey_query(&self, tenants: &Tenants) -> String {
        let newest = self.migrations.tenant().last();
        let digest = self.migrations.repeatable_digest(Scope::Tenant);
        self.ledger.survey(
            tenants,
            &self.settings.tenants,
            (newest, digest),
            self.settings.default_names,
            self.settings.unknown_newer == UnknownNewer::Allow,
        )
    }

    /// Looks at the tenants.
    async fn survey(&self, session: &mut Session<'_>, tenants: &Tenants) -> Result<Survey, Error> {
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failed = match session.send(self.survey_query(tenants)).await {
                Ok(answers) => {
                    return self.decode_survey(answers.last().map_or(&[][..], Vec::as_slice));
                }
                Err(failed) => failed,
            };
            match Cause::of(&failed.error) {
                Cause::Connection | Cause::Locks => {
                    let failure = crate::failure::Failure::ledger("list the tenants", failed.error);
                    let public = Target::public();
                    runner
                        .recover(session, &public, &mut attempts, failure)
                        .await?;
                }
                _ => return Err(self.unlistable(tenants, &failed.error)),
            }
        }
    }

    pub(crate) fn unlistable(&self, tenants: &Tenants, error: &sqlx::Error) -> Error {
        let why = database_error(error).map_or_else(
            || error.to_string(),
            |error| match error.code() {
                // The cast to uuid, whose text the server gives in quotes.
                "22P02" => match error.message().split('"').nth(1) {
                    Some(value) => format!("{value} is not a UUID"),
                    None => error.message().to_owned(),
                },
                code => format!("{} (sqlstate {code})", error.message()),
            },
        );
        self.refused(tenants, why)
    }

    pub(crate) fn refused(&self, tenants: &Tenants, why: String) -> Error {
        Error::Tenants {
            query: match tenants {
                Tenants::Query(query) => query.clone(),
                _ => self.settings.tenants.clone(),
            },
            why,
        }
    }

    fn decode_survey(&self, rows: &[PgRow]) -> Result<Survey, Error> {
        Survey::decode(rows).map_err(|source| Error::Ledger {
            doing: "read the ledger",
            source,
        })
    }

    /// Does what the survey found.
    async fn run_fleet(
        &self,
        session: &mut Session<'_>,
        tenants: &Tenants,
        survey: Survey,
    ) -> Result<FleetReport, Error> {
        let started = std::time::Instant::now();
        let mut report = FleetReport {
            listed: survey.listed,
            ahead: survey.ahead,
            ..FleetReport::default()
        };
        let jobs = self.sort(tenants, survey.rows, &mut report)?;
        report.duration = started.elapsed();
        self.run_jobs(session, jobs, report, survey.at).await
    }

    /// Does what is to do, over all connections that may be used.
    pub(crate) async fn run_jobs(
        &self,
        session: &mut Session<'_>,
        jobs: Vec<Job>,
        report: FleetReport,
        since: String,
    ) -> Result<FleetReport, Error> {
        if jobs.is_empty() {
            return Ok(report);
        }
        let workers = match session.pool() {
            Some(pool) => {
                let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(1);
                let wanted = self.settings.fleet.parallel;
                wanted.map_or(most, |wanted| wanted.get().min(most))
            }
            None => 1,
        };
        let fleet = Fleet::new(self, workers.max(1), since, report);
        fleet.run(session, jobs, workers.max(1)).await
    }

    /// Sorts the tenants that the survey found into those to migrate and those to tell of.
    fn sort(
        &self,
        tenants: &Tenants,
        rows: Vec<Row>,
        report: &mut FleetReport,
    ) -> Result<Vec<Job>, Error> {
        let newest = self.migrations.tenant().last();
        let head = newest.map_or_else(String::new, |newest| quote::hex(&newest.0.head));
        let mut jobs = Vec::new();
        let mut seen = HashSet::new();
        for row in rows {
            let Some(tenant) = row.tenant else {
                return Err(self.refused(tenants, "NULL is not a UUID".to_owned()));
            };
            if !seen.insert(tenant) {
                continue;
            }
            let expected = self.target(tenant)?;
            let Some(known) = row.known else {
                jobs.push(Job::new(jobs.len(), expected));
                continue;
            };
            let recorded = Target {
                schema: known.schema.clone(),
                ..expected.clone()
            };
            if known.state == "dropping" {
                report.dropping.push(recorded);
            } else if !row.listed {
                report.unlisted.push(recorded);
            } else if known.schema != expected.schema {
                tracing::warn!(%tenant, recorded = known.schema, expected = expected.schema, "fleet: in another schema");
                report.moved.push(Moved {
                    tenant,
                    recorded: known.schema,
                    expected: expected.schema,
                });
            } else if !known.present && !known.head.is_empty() {
                tracing::warn!(schema = known.schema, "fleet: the schema does not exist");
                report.gone.push(recorded);
            } else if known.head != head || !known.repeated {
                let mut job = Job::new(jobs.len(), expected);
                if known.present && known.state == "active" {
                    job.standing = Some(Standing::likely(known.schema, known.head));
                }
                jobs.push(job);
            }
        }
        Ok(jobs)
    }
}
