//! Replays the migrations in a shadow, as far as the schemas that are compared have them.

use std::collections::BTreeSet;

use super::DOING;
use super::compare::Found;
use super::enums::Enums;
use super::shadow::Shadow;
use super::wanted::Wanted;
use crate::db::Session;
use crate::error::Error;
use crate::failure::Failure;
use crate::target::Target;
use crate::{FingerprintOptions, Migration, Migrator, Scope};

impl Migrator {
    /// Replays what is needed. A lock that could not be had, or a lost server, is no end.
    pub(super) async fn replayed(
        &self,
        session: &mut Session<'_>,
        wanted: &Wanted,
        options: &FingerprintOptions,
    ) -> Result<Found, Error> {
        if wanted.public.is_none() && wanted.tenants.is_empty() {
            return Ok(Found::default());
        }
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failure = match self.replay(session, wanted, options).await {
                Ok(found) => return Ok(found),
                Err(failure) => failure,
            };
            let recovered = runner
                .recover(session, &Target::public(), &mut attempts, failure)
                .await;
            recovered.map_err(|error| match error {
                Error::Statement(_) | Error::Blocked(_) => Error::Shadow(Box::new(error)),
                Error::Ledger { source, .. } => Error::Connection {
                    doing: DOING,
                    outcome_unknown: false,
                    source,
                },
                error => error,
            })?;
        }
    }

    async fn replay(
        &self,
        session: &mut Session<'_>,
        wanted: &Wanted,
        options: &FingerprintOptions,
    ) -> Result<Found, Failure> {
        let mut shadow = Shadow::begin(session, options).await?;
        let replayed = self.replay_in(&mut shadow, wanted).await;
        let ended = shadow.end().await;
        if ended.is_ok() {
            session.ended();
        }
        // The error that matters is the first.
        let found = replayed?;
        ended.map(|()| found)
    }

    /// The repeatable migrations of a scope, once all others of it are there.
    fn again(&self, scope: Scope, count: usize) -> &'static [Migration] {
        match count == self.migrations.of(scope).len() {
            true => self.migrations.repeatable_of(scope),
            false => &[],
        }
    }

    async fn replay_in(&self, shadow: &mut Shadow<'_>, wanted: &Wanted) -> Result<Found, Failure> {
        shadow.create(self).await?;
        let mut found = Found::default();
        let [own, drizzle] = wanted.public.unwrap_or(wanted.beneath);
        for (scope, count) in [(Scope::Public, own), (Scope::Drizzle, drizzle)] {
            let migrations = first(self.migrations.of(scope), count);
            let enums = Enums::foresee(shadow, migrations).await?;
            shadow.replay(migrations, &enums).await?;
            shadow.replay(self.again(scope, count), &enums).await?;
        }
        if wanted.public.is_some() {
            found.public = Some(shadow.compare_public().await?);
        }
        let counts: BTreeSet<usize> = wanted.tenants.iter().map(|(count, _)| *count).collect();
        let all = first(
            self.migrations.tenant(),
            counts.last().copied().unwrap_or(0),
        );
        let enums = Enums::foresee(shadow, all).await?;
        let mut replayed = 0;
        for count in counts {
            shadow
                .replay(all.get(replayed..count).unwrap_or_default(), &enums)
                .await?;
            shadow
                .replay(self.again(Scope::Tenant, count), &enums)
                .await?;
            let mut expected = shadow.expected_tenant().await?;
            if enums.correct(&mut expected.description, count) {
                // The server hashed labels that come later.
                expected.fingerprint = None;
            }
            found.tenants.insert(count, expected);
            replayed = count;
        }
        found.not_replayed = std::mem::take(&mut shadow.not_replayed);
        Ok(found)
    }
}

fn first(migrations: &'static [Migration], count: usize) -> &'static [Migration] {
    migrations.get(..count).unwrap_or(migrations)
}
