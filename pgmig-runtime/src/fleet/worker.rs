//! A worker: takes tenants from the queue and does them over one connection, until none are left.

use std::time::{Duration, Instant};

use super::batch::{self, Batch, Ended};
use super::choose::Found;
use super::event::Requeue;
use super::queue::{Hand, Job, Next};
use super::run::Fleet;
use super::settings::Finish;
use crate::db::Session;
use crate::error::Error;
use crate::failure::Failure;
use crate::retry::{Attempts, Cause};

/// What a newly made tenant weighs against one that exists, in the memory of the server's process.
const NEW: usize = 5;

/// One connection at work.
#[derive(Debug)]
pub(super) struct Worker<'f, 's, 'c> {
    pub(super) fleet: &'f Fleet,
    pub(super) session: &'s mut Session<'c>,
    attempts: Attempts,
}

impl<'f, 's, 'c> Worker<'f, 's, 'c> {
    pub(super) fn new(fleet: &'f Fleet, session: &'s mut Session<'c>) -> Self {
        session.patience(fleet.migrator.settings.wait_for_database);
        Worker {
            fleet,
            session,
            attempts: fleet.migrator.runner().attempts(),
        }
    }

    /// Works until the queue is empty.
    pub(super) async fn work(mut self) -> Result<(), Error> {
        let recycle = self.fleet.migrator.settings.fleet.recycle;
        let mut weight = 0;
        loop {
            let size = self.fleet.sizes.largest();
            // As the end comes near, smaller ones, so that all come to it at the same time.
            let most = self.fleet.choice() * size.max(2);
            match self.fleet.queue.next(most, size / 8) {
                Next::End => return Ok(()),
                Next::Wait(delay) => tokio::time::sleep(delay).await,
                Next::Jobs(hand) => weight += self.turn(hand).await?,
            }
            if weight >= recycle {
                self.session.discard();
                weight = 0;
            }
        }
    }

    /// Does some of what is in hand; the rest goes back. Returns the weight of what was touched.
    async fn turn(&mut self, mut hand: Hand<'_>) -> Result<usize, Error> {
        match self.choose(&mut hand).await {
            Ok(Found::Nothing) => Ok(0),
            Ok(Found::Together(batch)) => {
                hand.jobs.iter_mut().for_each(|job| job.standing = None);
                let tenants = hand.jobs.len();
                self.together(hand, &batch).await?;
                Ok(tenants)
            }
            Ok(Found::Alone { exists }) => {
                hand.jobs.iter_mut().for_each(|job| job.standing = None);
                self.alone(hand).await?;
                Ok(if exists { 1 } else { NEW })
            }
            Err(failure) => {
                self.lost(&hand, failure).await?;
                Ok(0)
            }
        }
    }

    /// A connection broke, or the server had no room for locks: another try, or the end.
    async fn lost(&mut self, hand: &Hand<'_>, failure: Failure) -> Result<(), Error> {
        let passes = matches!(failure.cause, Cause::Connection | Cause::Locks);
        let (true, Some(job)) = (passes, hand.jobs.first()) else {
            return Err(failure.error);
        };
        let runner = self.fleet.migrator.runner();
        runner
            .recover(self.session, &job.target, &mut self.attempts, failure)
            .await
    }

    /// Applies one migration to all in hand.
    async fn together(&mut self, mut hand: Hand<'_>, batch: &Batch) -> Result<(), Error> {
        let fleet = self.fleet;
        match batch.apply(fleet, self.session, &mut hand).await {
            Ended::Applied => {
                self.attempts.progress();
                if batch::is_last(batch, fleet) {
                    hand.jobs.drain(..).for_each(|job| fleet.done(job));
                }
            }
            // Two processes chose the same; they should not do so again at the same moment.
            Ended::Again => {
                fleet.crowd();
                tokio::time::sleep(jitter(10)).await;
            }
            Ended::OneByOne => hand.jobs.iter_mut().for_each(|job| job.alone = true),
            Ended::Locked(target) => {
                let of = |job: &Job| job.target.schema == target.schema;
                if let Some(index) = hand.jobs.iter().position(of) {
                    let mut job = hand.jobs.remove(index);
                    job.alone = true;
                    fleet.requeue(job, Requeue::Locked, Duration::ZERO);
                }
            }
            Ended::Lost(failure) => self.lost(&hand, failure).await?,
        }
        Ok(())
    }

    /// Brings the one tenant in hand to head, or takes it back.
    async fn alone(&mut self, mut hand: Hand<'_>) -> Result<(), Error> {
        let fleet = self.fleet;
        let Some(job) = hand.jobs.first_mut() else {
            return Ok(());
        };
        let started = Instant::now();
        let runner = fleet.migrator.runner();
        let tried = match &mut job.back {
            Some(back) => runner.attempt_back(self.session, back).await,
            None => {
                let (report, splits) = (&mut job.report, &mut job.splits);
                runner
                    .attempt(self.session, &job.target, report, splits)
                    .await
            }
        };
        job.report.duration += started.elapsed();
        let failure = match tried {
            Ok(()) => {
                self.attempts.progress();
                fleet.done(hand.jobs.remove(0));
                return Ok(());
            }
            Err(failure) => failure,
        };
        match failure.cause {
            Cause::Connection => self.lost(&hand, failure).await?,
            // What was read is old; it goes back and is looked at again.
            Cause::Moved => {}
            Cause::Busy => self.busy(hand.jobs.remove(0)).await,
            Cause::Locks => self.locked(hand.jobs.remove(0), failure).await,
            Cause::NoLedger | Cause::Final => {
                self.failed(hand.jobs.remove(0), failure.error).await;
            }
        }
        Ok(())
    }

    /// Another process has the tenant: it is looked at again, behind the others.
    pub(super) async fn busy(&mut self, mut job: Job) {
        let settings = &self.fleet.migrator.settings;
        if settings.fleet.finish == Finish::Share {
            return self.fleet.leave(job);
        }
        let since = *job.busy_since.get_or_insert_with(Instant::now);
        if since.elapsed() > settings.claim_timeout {
            let runner = self.fleet.migrator.runner();
            let failure = Failure::busy(&job.target);
            let error = runner
                .give_up(self.session, &job.target, &self.attempts, failure)
                .await;
            return self.failed(job, error).await;
        }
        // From 10 ms up to half a second, so that the last few are not asked for all the time.
        let delay = Duration::from_millis((10 << job.polls.min(6)).min(500));
        job.polls += 1;
        self.fleet.requeue(job, Requeue::Busy, delay + jitter(10));
    }

    /// Its locks could not be had: behind the others with it, as often as the retries allow.
    async fn locked(&mut self, mut job: Job, failure: Failure) {
        let retry = self.fleet.migrator.settings.retry;
        match retry.delay_after(job.locked) {
            Some(delay) => {
                job.locked += 1;
                self.fleet.requeue(job, Requeue::Locked, delay);
            }
            None => {
                let runner = self.fleet.migrator.runner();
                let attempts = self.attempts.after(job.locked + 1);
                let error = runner
                    .give_up(self.session, &job.target, &attempts, failure)
                    .await;
                self.failed(job, error).await;
            }
        }
    }

    /// Records the failure and goes on.
    async fn failed(&mut self, job: Job, error: Error) {
        let message = error.to_string();
        if job.back.is_some() {
            // By the ledger it is where it was, and that is what it is.
            return self.fleet.failed(job, message, Some(error));
        }
        let ledger = &self.fleet.migrator.ledger;
        let record = ledger.fail(&job.target, &self.fleet.head, self.fleet.digest, &message);
        // What is not recorded is still in the report, and the next run tries the tenant again.
        if let Err(unrecorded) = self.session.send(record).await {
            let error = &unrecorded.error;
            tracing::warn!(schema = %job.target.schema, %error, "cannot record the failure");
        }
        self.fleet.failed(job, message, Some(error));
    }
}

/// A random part of so many milliseconds.
pub(super) fn jitter(milliseconds: u64) -> Duration {
    Duration::from_micros(random() % (milliseconds * 1000).max(1))
}

/// A random number, as `HashMap` gets its own.
pub(super) fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish()
}
