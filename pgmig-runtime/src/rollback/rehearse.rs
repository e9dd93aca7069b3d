//! Trying every way back, in a database made for it.

use std::fmt;

use sqlx::PgPool;
use uuid::Uuid;

use super::RollbackTo;
use crate::embedded::MigrationsParts;
use crate::error::Error;
use crate::fingerprint::{Description, FingerprintOptions, describe};
use crate::{Adopt, Migration, Migrator, Scope};

/// A migration that was taken back, and how that went.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rehearsal {
    /// The migration.
    pub migration: &'static Migration,
    /// The file of its down script; `None` where it has none.
    pub path: Option<&'static str>,
    /// How it went.
    pub outcome: RehearsalOutcome,
}

/// How a way back went.
#[derive(Debug)]
#[non_exhaustive]
pub enum RehearsalOutcome {
    /// The schema was as before, and after applying the migration again as after the first time.
    Restored,
    /// There is no down script.
    NoDownScript,
    /// The down script left something else than what was before: each difference in words.
    NotRestored(Vec<String>),
    /// Applied again, the migration made something else: each difference in words.
    NotRepeated(Vec<String>),
    /// The down script failed.
    Failed(Box<Error>),
    /// Taken back, the migration could not be applied again.
    NotApplicable(Box<Error>),
}

impl Rehearsal {
    /// Whether there is something to mend. A migration without a down script is no mistake.
    pub fn is_wrong(&self) -> bool {
        !matches!(
            self.outcome,
            RehearsalOutcome::Restored | RehearsalOutcome::NoDownScript
        )
    }
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.unwrap_or(self.migration.path());
        let list = |f: &mut fmt::Formatter<'_>, what: &str, differences: &[String]| {
            write!(f, "{path}: {what}")?;
            differences
                .iter()
                .try_for_each(|difference| write!(f, "\n  - {difference}"))
        };
        match &self.outcome {
            RehearsalOutcome::Restored => write!(f, "{path}: restores what was before"),
            RehearsalOutcome::NoDownScript => write!(f, "{path}: has no down script"),
            RehearsalOutcome::NotRestored(differences) => {
                list(f, "does not restore what was before", differences)
            }
            RehearsalOutcome::NotRepeated(differences) => list(
                f,
                "the migration makes something else when it is applied again",
                differences,
            ),
            RehearsalOutcome::Failed(error) => write!(f, "{path}: fails\n{error}"),
            RehearsalOutcome::NotApplicable(error) => write!(
                f,
                "{path}: the migration cannot be applied again after it\n{error}"
            ),
        }
    }
}

impl Migrator {
    /// Tries every way back: applies the migrations of `public` and then of one tenant one by one,
    /// and takes each back and applies it again, comparing what the catalog says before and after.
    /// After a way back that does not restore, what comes after it is not tried.
    ///
    /// Everything happens in `scratch`, a database that was made for this, is empty and is thrown
    /// away afterwards. What drizzle-kit generated is applied, and has no way back.
    ///
    /// # Errors
    /// When a migration cannot be applied the first time, or the catalog cannot be read.
    ///
    /// ```no_run
    /// # async fn test(migrator: pgmig_runtime::Migrator, scratch: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// for way_back in migrator.rehearse_rollbacks(&scratch).await? {
    ///     assert!(!way_back.is_wrong(), "{way_back}");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn rehearse_rollbacks(&self, scratch: &PgPool) -> Result<Vec<Rehearsal>, Error> {
        let mut tried = self.rehearse(scratch, Scope::Public).await?;
        if tried.iter().any(Rehearsal::is_wrong) {
            return Ok(tried);
        }
        self.run_public(scratch).await?;
        if !self.migrations.tenant().is_empty() {
            tried.extend(self.rehearse(scratch, Scope::Tenant).await?);
        }
        Ok(tried)
    }

    async fn rehearse(&self, scratch: &PgPool, scope: Scope) -> Result<Vec<Rehearsal>, Error> {
        let mut tried = Vec::new();
        for (index, migration) in self.migrations.of(scope).iter().enumerate() {
            let part = self.up_to(scope, index + 1);
            let before = part.described(scratch, scope).await?;
            part.rise(scratch, scope).await?;
            let rehearsal = Rehearsal {
                migration,
                path: migration.0.down.as_ref().map(|down| down.0.path),
                outcome: match migration.0.down {
                    Some(_) => part.there_and_back(scratch, scope, &before).await?,
                    None => RehearsalOutcome::NoDownScript,
                },
            };
            let wrong = rehearsal.is_wrong();
            tried.push(rehearsal);
            if wrong {
                break;
            }
        }
        Ok(tried)
    }

    /// Takes the newest migration back and applies it again.
    async fn there_and_back(
        &self,
        scratch: &PgPool,
        scope: Scope,
        before: &Description,
    ) -> Result<RehearsalOutcome, Error> {
        let after = self.described(scratch, scope).await?;
        let undone = match scope {
            Scope::Tenant => {
                let tenant = Uuid::nil();
                self.rollback_tenant(scratch, tenant, &RollbackTo::OneStep)
                    .await
            }
            _ => self.rollback_public(scratch, &RollbackTo::OneStep).await,
        };
        if let Err(error) = undone {
            return Ok(RehearsalOutcome::Failed(Box::new(error)));
        }
        let restored = self.described(scratch, scope).await?;
        let differences = words(before, &restored);
        if !differences.is_empty() {
            return Ok(RehearsalOutcome::NotRestored(differences));
        }
        if let Err(error) = self.rise(scratch, scope).await {
            return Ok(RehearsalOutcome::NotApplicable(Box::new(error)));
        }
        let again = self.described(scratch, scope).await?;
        let differences = words(&after, &again);
        Ok(match differences.is_empty() {
            true => RehearsalOutcome::Restored,
            false => RehearsalOutcome::NotRepeated(differences),
        })
    }

    async fn rise(&self, scratch: &PgPool, scope: Scope) -> Result<(), Error> {
        match scope {
            Scope::Tenant => self.run_tenant(scratch, Uuid::nil()).await.map(drop),
            _ => self.run_public(scratch).await.map(drop),
        }
    }

    async fn described(&self, scratch: &PgPool, scope: Scope) -> Result<Description, Error> {
        let options = FingerprintOptions::new()
            .exact(true)
            .grants(true)
            .ledger(&self.ledger.schema);
        match scope {
            Scope::Tenant => describe(scratch, &self.target(Uuid::nil())?.schema, &options).await,
            _ => describe(scratch, "public", &options).await,
        }
    }

    /// The same with only the first migrations of one scope. A few words that stay for the life of
    /// the process, as what is embedded does.
    fn up_to(&self, scope: Scope, count: usize) -> Migrator {
        let first = |of: Scope| match of == scope {
            true => self.migrations.of(of).get(..count).unwrap_or_default(),
            false => &[],
        };
        let parts = MigrationsParts {
            public: first(Scope::Public),
            drizzle: &[],
            tenant: first(Scope::Tenant),
            baselines: &[],
            files: include_dir::Dir::new("", &[]),
            compare_folder: false,
            adopt: Adopt::default(),
            ..self.migrations.0
        };
        Migrator {
            migrations: Box::leak(Box::new(parts.embed())),
            ..self.clone()
        }
    }
}

fn words(expected: &Description, actual: &Description) -> Vec<String> {
    let differences = expected.diff(actual);
    differences.iter().map(ToString::to_string).collect()
}
