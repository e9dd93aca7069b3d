//! A fleet run: canary, waves, workers, and the account of what became of each tenant.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::batch::Batch;
use super::choose::Place;
use super::event::{Event, Requeue};
use super::queue::{Job, Queue};
use super::report::{FleetError, FleetReport, TenantFailure};
use super::size::Sizes;
use super::worker::Worker;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::report::Report;
use crate::rollback::RollbackReport;
use crate::target::Target;
use crate::{Migrator, Scope, quote};

/// How many tenants are looked at for each that is taken, where others were met, so that processes
/// that go through the same list find different ones, and those that stand alike find together.
const CHOICE: usize = 4;

/// What the workers of a run share.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) migrator: Migrator,
    pub(super) queue: Queue,
    pub(super) sizes: Sizes,
    /// The embedded head.
    pub(super) head: Vec<u8>,
    /// The same as hexadecimal digits.
    pub(super) hex: String,
    /// The digest of the repeatable migrations, where there are any.
    pub(super) digest: Option<[u8; 32]>,
    /// When the run began, by the server's clock. Failures since then are of this run.
    pub(super) since: String,
    /// Whether others were met: processes with the same tenants, or tenants that stand elsewhere.
    crowded: AtomicBool,
    account: Mutex<Account>,
    plans: Mutex<HashMap<Place, Option<Batch>>>,
    /// Held while a plan is made.
    pub(super) planning: tokio::sync::Mutex<()>,
}

/// What became of the tenants.
#[derive(Debug, Default)]
struct Account {
    report: FleetReport,
    /// The migrated, with their places, to be sorted in the end.
    migrated: Vec<(usize, Report)>,
    /// The same of those that were taken back.
    rolled_back: Vec<(usize, RollbackReport)>,
    /// How many may fail in the present wave.
    budget: usize,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while one is held; if it did, what is in it is still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// A run that found `report` so far.
    pub(super) fn new(
        migrator: &Migrator,
        workers: usize,
        since: String,
        report: FleetReport,
    ) -> Self {
        let newest = migrator.migrations.tenant().last();
        let head = newest.map_or_else(Vec::new, |newest| newest.0.head.to_vec());
        Fleet {
            migrator: migrator.clone(),
            queue: Queue::default(),
            sizes: Sizes::new(migrator.settings.fleet.batch, workers),
            hex: quote::hex(&head),
            head,
            digest: migrator.migrations.repeatable_digest(Scope::Tenant),
            since,
            crowded: AtomicBool::new(false),
            account: Mutex::new(Account {
                report,
                ..Account::default()
            }),
            plans: Mutex::default(),
            planning: tokio::sync::Mutex::default(),
        }
    }

    /// How many tenants are looked at for each that is taken.
    pub(super) fn choice(&self) -> usize {
        match self.crowded.load(Ordering::Relaxed) {
            true => CHOICE,
            false => 1,
        }
    }

    /// Others were met: from now on there has to be a choice.
    pub(super) fn crowd(&self) {
        self.crowded.store(true, Ordering::Relaxed);
    }

    /// Brings the tenants to head.
    pub(super) async fn run(
        self,
        session: &mut Session<'_>,
        jobs: Vec<Job>,
        workers: usize,
    ) -> Result<FleetReport, Error> {
        let started = Instant::now();
        let fleet = Arc::new(self);
        let settings = &fleet.migrator.settings.fleet;
        let listed = locked(&fleet.account).report.listed;
        fleet.emit(Event::Started {
            listed,
            behind: jobs.len(),
        });
        let waves = waves(
            jobs,
            &settings.canary.iter().copied().collect(),
            settings.first_wave(),
        );
        let mut left = 0;
        let mut broken_canary = false;
        for (number, jobs) in waves {
            if fleet.queue.is_closed() {
                left += jobs.len();
                continue;
            }
            if number == 0 || settings.first_wave().is_some() {
                let tenants = jobs.len();
                fleet.emit(Event::Wave { number, tenants });
            }
            let budget = match number {
                0 => 0,
                _ => settings.on_failure.budget(),
            };
            locked(&fleet.account).budget = budget;
            fleet.wave(session, jobs, workers).await?;
            broken_canary |= number == 0 && fleet.queue.is_closed();
        }
        left += fleet.queue.take_left().len();
        fleet.finish(started, left, broken_canary)
    }

    /// Has the workers do one wave.
    async fn wave(
        self: &Arc<Self>,
        session: &mut Session<'_>,
        jobs: Vec<Job>,
        workers: usize,
    ) -> Result<(), Error> {
        let workers = workers.min(jobs.len()).max(1);
        self.queue.fill(jobs, workers);
        let mut others = JoinSet::new();
        if let Some(pool) = session.pool() {
            for _ in 1..workers {
                let (fleet, mut session) = (Arc::clone(self), Db::from(&pool).0);
                others.spawn(async move { Worker::new(&fleet, &mut session).work().await });
            }
        }
        let mut ended = Worker::new(self, session).work().await;
        while let Some(other) = others.join_next().await {
            match other {
                Ok(other) => ended = ended.and(other),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // Nobody cancels one but whoever drops them all.
                Err(_) => {}
            }
        }
        // A worker that lost its connection gave back what it had, and others may have done it.
        let idle = self.queue.is_empty() || self.queue.is_closed();
        if idle { Ok(()) } else { ended }
    }

    fn finish(&self, started: Instant, left: usize, canary: bool) -> Result<FleetReport, Error> {
        let stopped = self.queue.is_closed();
        let report = {
            let mut account = locked(&self.account);
            let mut migrated = std::mem::take(&mut account.migrated);
            migrated.sort_by_key(|(place, _)| *place);
            let mut rolled_back = std::mem::take(&mut account.rolled_back);
            let mut report = std::mem::take(&mut account.report);
            report.migrated = migrated.into_iter().map(|(_, report)| report).collect();
            rolled_back.sort_by_key(|(place, _)| *place);
            let rolled_back = rolled_back.into_iter().map(|(_, report)| report);
            report.rolled_back = rolled_back.collect();
            report.left += left;
            report.stopped = stopped;
            report.duration = started.elapsed();
            report
        };
        if stopped {
            self.emit(Event::Stopped { left: report.left });
        }
        self.emit(Event::Finished {
            migrated: report.migrated.len() + report.rolled_back.len(),
            elsewhere: report.elsewhere,
            failed: report.failed.len(),
            left: report.left,
        });
        match stopped {
            false => Ok(report),
            true => Err(Error::Fleet(Box::new(FleetError {
                report,
                budget: self.migrator.settings.fleet.on_failure.budget(),
                canary,
            }))),
        }
    }

    /// A tenant is where it should be.
    pub(super) fn done(&self, job: Job) {
        let Job {
            place,
            target,
            report,
            back,
            ..
        } = job;
        if let Some(back) = back {
            return self.taken_back(place, report.duration, back.report);
        }
        let mut account = locked(&self.account);
        if report.is_noop() {
            account.report.elsewhere += 1;
            drop(account);
            return self.emit(Event::Elsewhere { target });
        }
        let baseline = report.baseline.iter().map(|baseline| baseline.version);
        let applied = report.applied.iter().map(|applied| applied.version);
        let versions = baseline.chain(applied).collect();
        let duration = report.duration;
        account.migrated.push((place, report));
        drop(account);
        self.emit(Event::Migrated {
            target,
            versions,
            duration,
        });
    }

    fn taken_back(&self, place: usize, duration: Duration, mut report: RollbackReport) {
        let target = report.target.clone();
        if let Some(tenant) = target.tenant {
            self.migrator.ensured.forget(tenant);
        }
        let mut account = locked(&self.account);
        if report.rolled_back.is_empty() {
            account.report.elsewhere += 1;
            drop(account);
            return self.emit(Event::Elsewhere { target });
        }
        report.duration = duration;
        let versions = report.rolled_back.iter().map(|one| one.version).collect();
        let version = report.version.clone();
        account.rolled_back.push((place, report));
        drop(account);
        self.emit(Event::RolledBack {
            target,
            versions,
            version,
            duration,
        });
    }

    /// A tenant failed.
    pub(super) fn failed(&self, job: Job, message: String, error: Option<Error>) {
        let target = job.target;
        let mut account = locked(&self.account);
        account.report.failed.push(TenantFailure {
            target: target.clone(),
            message: message.clone(),
            error: error.map(Arc::new),
        });
        if account.report.failed.len() > account.budget {
            self.queue.close();
        }
        drop(account);
        self.emit(Event::Failed { target, message });
    }

    /// A tenant is being dropped.
    pub(super) fn dropping(&self, target: Target) {
        locked(&self.account).report.dropping.push(target);
    }

    /// A tenant is left to the process that has it.
    pub(super) fn leave(&self, job: Job) {
        let target = job.target;
        locked(&self.account).report.left += 1;
        self.emit(Event::Requeued {
            target,
            reason: Requeue::Busy,
        });
    }

    /// Puts a tenant behind the others.
    pub(super) fn requeue(&self, job: Job, reason: Requeue, delay: Duration) {
        // Of one that is waited for, once is enough to be told.
        if reason != Requeue::Busy || job.polls == 1 {
            let target = job.target.clone();
            self.emit(Event::Requeued { target, reason });
        }
        self.queue.later(job, delay);
    }

    /// The plan of tenants that stand alike, where it was made.
    pub(super) fn plan(&self, place: &Place) -> Option<Option<Batch>> {
        locked(&self.plans).get(place).cloned()
    }

    pub(super) fn learn_plan(&self, place: Place, batch: Option<Batch>) {
        locked(&self.plans).insert(place, batch);
    }

    fn emit(&self, event: Event) {
        event.trace();
        if let Some(events) = &self.migrator.settings.fleet.events {
            // Whoever does not listen any more does not want to know.
            let _ = events.send(event);
        }
    }
}

/// Divides the tenants: the canary is wave 0, the others follow in waves of doubling size.
fn waves(
    jobs: Vec<Job>,
    canary: &HashSet<uuid::Uuid>,
    first: Option<usize>,
) -> Vec<(usize, Vec<Job>)> {
    let of_canary = |job: &Job| job.target.tenant.is_some_and(|id| canary.contains(&id));
    let (canary, mut rest): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(of_canary);
    let mut waves = Vec::new();
    if !canary.is_empty() {
        waves.push((0, canary));
    }
    let mut size = first.unwrap_or(usize::MAX);
    let mut number = 1;
    while !rest.is_empty() {
        let after = rest.split_off(size.min(rest.len()));
        waves.push((number, rest));
        rest = after;
        size = size.saturating_mul(2);
        number += 1;
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(jobs: usize, canary: &[u128], first: Option<usize>) -> Vec<(usize, usize)> {
        let job = |number: usize| {
            let tenant = Some(uuid::Uuid::from_u128(number as u128));
            Job::new(
                number,
                Target {
                    tenant,
                    ..Target::public()
                },
            )
        };
        let canary = canary.iter().map(|id| uuid::Uuid::from_u128(*id)).collect();
        waves((0..jobs).map(job).collect(), &canary, first)
            .into_iter()
            .map(|(number, jobs)| (number, jobs.len()))
            .collect()
    }

    #[test]
    fn waves_double_and_the_canary_goes_before_them() {
        assert_eq!(sizes(5, &[], None), [(1, 5)]);
        assert_eq!(sizes(9, &[7], Some(2)), [(0, 1), (1, 2), (2, 4), (3, 2)]);
        assert_eq!(sizes(2, &[0, 1], Some(2)), [(0, 2)]);
        assert_eq!(sizes(0, &[1], Some(2)), []);
    }
}
