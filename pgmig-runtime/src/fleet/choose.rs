//! What to do next of the tenants in hand.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{self, Batch};
use super::pick::Standing;
use super::queue::{Hand, Job};
use super::worker::{Worker, random};
use crate::failure::Failure;
use crate::look::{Look, Work};
use crate::retry::Cause;

/// What to do next.
#[derive(Debug)]
pub(super) enum Found {
    /// All in hand, together.
    Together(Batch),
    /// The one in hand.
    Alone {
        /// Whether it has a schema already.
        exists: bool,
    },
    /// None of them right now.
    Nothing,
}

impl Worker<'_, '_, '_> {
    /// Settles those that need nothing any more, puts those in other hands behind, keeps one or a
    /// batch, and gives the rest back.
    pub(super) async fn choose(&mut self, hand: &mut Hand<'_>) -> Result<Found, Failure> {
        let standings = match self.known(&hand.jobs) {
            Some(standings) => standings,
            None => self.look(&hand.jobs).await?,
        };
        for job in std::mem::take(&mut hand.jobs) {
            match standings.get(&job.target.schema) {
                Some(standing) if self.is_settled(&job, standing) => self.settle(job, standing),
                Some(standing) if !standing.free => {
                    self.fleet.crowd();
                    self.busy(job).await;
                }
                _ => hand.jobs.push(job),
            }
        }
        if hand.jobs.is_empty() {
            return Ok(Found::Nothing);
        }
        let chosen = &hand.jobs[below(hand.jobs.len())];
        let place = chosen.place;
        let standing = standings.get(&chosen.target.schema);
        let exists = standing.is_some_and(|standing| standing.present);
        let shared = standing.and_then(|standing| shared_place(chosen, standing));
        let batch = match &shared {
            Some(shared) => self.plan(chosen, shared).await?,
            None => None,
        };
        let Some(batch) = batch else {
            hand.keep(&[place]);
            return Ok(Found::Alone { exists });
        };
        let alike = |job: &&Job| {
            let standing = standings.get(&job.target.schema);
            standing.and_then(|standing| shared_place(job, standing)) == shared
        };
        let mut places: Vec<usize> = hand.jobs.iter().filter(alike).map(|j| j.place).collect();
        let size = self.fleet.sizes.of(batch.name());
        if places.len() < hand.jobs.len().min(size) {
            self.fleet.crowd();
        }
        while places.len() > size {
            places.swap_remove(below(places.len()));
        }
        hand.keep(&places);
        Ok(Found::Together(batch))
    }

    /// Where tenants stand by what was read or written before, so that most of them need no look.
    /// Not where others were met, and not where there are repeatable migrations, of which only a
    /// look tells. The claim refuses a batch with somebody who stands elsewhere, and what was known
    /// of those is forgotten.
    fn known(&self, jobs: &[Job]) -> Option<HashMap<String, Standing>> {
        if self.fleet.digest.is_some() || self.fleet.choice() > 1 {
            return None;
        }
        let known = |job: &Job| {
            let standing = job.standing.clone()?;
            Some((standing.schema.clone(), standing))
        };
        jobs.iter().map(known).collect()
    }

    /// Where tenants stand, by schema.
    async fn look(&mut self, jobs: &[Job]) -> Result<HashMap<String, Standing>, Failure> {
        let fleet = self.fleet;
        let ledger = &fleet.migrator.ledger;
        let query = ledger.pick(jobs, &fleet.since, fleet.digest);
        let read = |error| Failure::ledger("read the ledger", error);
        let answers = self.session.send(query).await;
        let answers = answers.map_err(|failed| read(failed.error))?;
        let mut standings = HashMap::new();
        for row in answers.iter().flatten() {
            let standing = Standing::decode(row).map_err(read)?;
            standings.insert(standing.schema.clone(), standing);
        }
        Ok(standings)
    }

    /// Whether nothing is to do for a tenant in this run.
    fn is_settled(&self, job: &Job, standing: &Standing) -> bool {
        if job.back.is_some() {
            // How far it is back only the look at its rows tells.
            return standing.state == "dropping";
        }
        (standing.head == self.fleet.hex && standing.repeated)
            || standing.state == "dropping"
            || (standing.state == "failed" && standing.recent)
    }

    /// Another process was there first.
    fn settle(&self, job: Job, standing: &Standing) {
        match standing.state.as_str() {
            "dropping" => self.fleet.dropping(job.target),
            "failed" => {
                let message = standing.error.clone().unwrap_or_default();
                self.fleet.failed(job, message, None);
            }
            _ => self.fleet.done(job),
        }
    }

    /// The plan of all tenants that stand alike, made once. `None`: they are done one by one.
    async fn plan(&mut self, job: &Job, place: &Place) -> Result<Option<Batch>, Failure> {
        // Whoever comes meanwhile waits for it.
        let _planning = self.fleet.planning.lock().await;
        if let Some(known) = self.fleet.plan(place) {
            return Ok(known);
        }
        let runner = self.fleet.migrator.runner();
        let work = match runner.look(self.session, &job.target).await {
            Ok(Look::Behind(work)) if Place::of(&work) == *place => work,
            Err(failure) if failure.cause == Cause::Connection => return Err(failure),
            // Whoever is done alone finds out why, or that nothing is to do.
            Ok(_) | Err(_) => return Ok(None),
        };
        let shares = batch::can_share(&work, runner.dispatch(work.facts.citus));
        if shares {
            let kept = runner.keep_scripts(self.session, &job.target, &work);
            if let Err(failure) = kept.await {
                return match failure.cause {
                    Cause::Connection => Err(failure),
                    _ => Ok(None),
                };
            }
        }
        let batch = shares.then(|| Batch {
            work: Arc::new(*work),
        });
        self.fleet.learn_plan(place.clone(), batch.clone());
        Ok(batch)
    }
}

/// Where tenants stand that have the same to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The head, as hexadecimal digits.
    head: String,
    /// What they have of repeatable migrations.
    fingerprint: String,
}

impl Place {
    fn of(work: &Work) -> Self {
        Place {
            head: work.state.head.clone(),
            fingerprint: work.facts.repeatable.fingerprint.clone(),
        }
    }
}

/// The place at which a tenant can share a transaction with others.
fn shared_place(job: &Job, standing: &Standing) -> Option<Place> {
    let shares =
        !job.alone && standing.present && !standing.unfinished && !standing.head.is_empty();
    shares.then(|| Place {
        head: standing.head.clone(),
        fingerprint: standing.fingerprint.clone(),
    })
}

/// A random index below `length`.
fn below(length: usize) -> usize {
    usize::try_from(random() % length.max(1) as u64).unwrap_or(0)
}
