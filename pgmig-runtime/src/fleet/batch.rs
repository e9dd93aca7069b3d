//! One migration for several tenants in one transaction.

use std::sync::Arc;
use std::time::Instant;

use super::claim::{BEGUN, LOCKS};
use super::queue::Hand;
use super::run::Fleet;
use super::settings::BATCH_LOCK_TIMEOUT;
use super::size::Measured;
use crate::Migration;
use crate::apply::{Runner, applied};
use crate::db::{Answers, Session, number};
use crate::error::Error;
use crate::failure::Failure;
use crate::look::Work;
use crate::message::{Fill, Message};
use crate::planner::Step;
use crate::repeatable::Repeats;
use crate::retry::Cause;
use crate::settings::Dispatch;
use crate::target::Target;

/// What one migration of a plan does to several tenants.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// The plan of all tenants at one head.
    pub(super) work: Arc<Work>,
}

/// What became of a batch, as far as its tenants are still to do.
#[derive(Debug)]
pub(super) enum Ended {
    /// The migration is applied to all of them.
    Applied,
    /// Nothing was applied; all go back to be chosen from again.
    Again,
    /// Nothing was applied; all go back, to be done one by one.
    OneByOne,
    /// Nothing was applied, because this tenant's locks could not be had.
    Locked(Target),
    /// The connection broke.
    Lost(Failure),
}

impl Batch {
    /// The migration, where it has a version.
    pub(super) fn step(&self) -> Option<&Step> {
        self.work.plan.steps.first()
    }

    /// The repeatable migrations, where those are what is to do; with the last version, where
    /// nothing of them is.
    fn repeats(&self) -> Option<&Repeats> {
        let repeats = self.work.plan.repeats.as_ref()?;
        let joins = match self.work.plan.steps.as_slice() {
            [] => true,
            [_] => repeats.apply.is_empty(),
            _ => false,
        };
        joins.then_some(repeats)
    }

    /// What it applies, in order.
    fn migrations(&self) -> impl Iterator<Item = &'static Migration> {
        let step = self.step().map(|step| step.migration);
        let repeats = self.repeats().into_iter();
        let again = repeats.flat_map(|repeats| repeats.apply.iter().copied());
        step.into_iter().chain(again)
    }

    /// By what its size is known.
    pub(super) fn name(&self) -> &'static str {
        self.step()
            .map_or(REPEATABLE, |step| step.migration.0.version)
    }

    /// Applies the migration to the tenants in hand, in one transaction or not at all.
    pub(super) async fn apply(
        &self,
        fleet: &Fleet,
        session: &mut Session<'_>,
        hand: &mut Hand<'_>,
    ) -> Ended {
        let runner = fleet.migrator.runner();
        let message = self.message(&runner, hand);
        let started = Instant::now();
        let sent = runner.send(session, &message, Dispatch::Message).await;
        let failed = match sent {
            Ok(answers) => {
                self.learn(fleet, hand, started, &answers);
                let mut recorded = message.recorded(&answers);
                for job in &mut hand.jobs {
                    for (migration, rows) in self.migrations().zip(&mut recorded) {
                        let applied = applied(migration, rows);
                        job.report.duration += applied.duration;
                        job.report.applied.push(applied);
                    }
                }
                return Ended::Applied;
            }
            Err(failed) => failed,
        };
        let full = crate::message::sqlstate(&failed.error) == Some("53200");
        let failure = Failure::of(&message, failed, Dispatch::Message, 0);
        match failure.cause {
            Cause::Busy | Cause::Moved => Ended::Again,
            Cause::Connection => Ended::Lost(failure),
            Cause::Locks => match failure.error {
                Error::Statement(error) => Ended::Locked(error.target),
                _ => Ended::OneByOne,
            },
            _ if full && hand.jobs.len() > 1 => {
                fleet.sizes.halve(self.name(), hand.jobs.len());
                Ended::Again
            }
            _ => Ended::OneByOne,
        }
    }

    /// All claims first, so that a tenant in other hands costs nothing; then each tenant's
    /// statements under its own `search_path`.
    fn message(&self, runner: &Runner<'_>, hand: &Hand<'_>) -> Message {
        let settings = runner.settings;
        let targets: Vec<&Target> = hand.jobs.iter().map(|job| &job.target).collect();
        let timeout = match targets.len() {
            1 => settings.lock_timeout,
            _ => settings.lock_timeout.min(BATCH_LOCK_TIMEOUT),
        };
        let mut message = Message::default();
        if let Some(first) = targets.first() {
            message.target(first);
        }
        message.ours(&runner.ledger.claim_all(&targets, &self.work.state.head));
        for target in &targets {
            message.target(target);
            message.ours(&runner.ledger.settings_begun(
                target,
                timeout,
                settings.statement_timeout,
            ));
            let fill = Fill {
                schema: &target.schema,
                plain: false,
                public: None,
            };
            if let Some(step) = self.step() {
                message.script(step.migration, fill);
                let record = runner.ledger.record_begun(target, step);
                message.record(step.migration, &record);
            }
            if let Some(repeats) = self.repeats() {
                message.ours(&runner.ledger.still_repeatable(target, repeats));
                let mut since = BEGUN;
                for migration in &repeats.apply {
                    message.script(migration, fill);
                    let ledger = runner.ledger;
                    let record = ledger.record_repeatable(target, migration, repeats.newest, since);
                    message.record(migration, &record);
                    since = "t.updated_at";
                }
                message.ours(&runner.ledger.reached(target, repeats));
            }
        }
        message.ours(LOCKS);
        message
    }

    fn learn(&self, fleet: &Fleet, hand: &Hand<'_>, started: Instant, answers: &Answers) {
        let measured = answers.last().and_then(|rows| rows.first());
        let count = |name: &str| {
            let read = measured.and_then(|row| number(row, name).ok());
            read.and_then(|count| usize::try_from(count).ok())
                .unwrap_or(0)
        };
        fleet.sizes.learn(
            self.name(),
            Measured {
                tenants: hand.jobs.len(),
                took: started.elapsed(),
                locks: count("mine"),
                others: count("others"),
                room: count("room"),
            },
        );
    }
}

/// By what the size of a batch of repeatable migrations is known.
const REPEATABLE: &str = "R";

/// Whether a plan's next migration can be applied to several tenants in one transaction: not to
/// fresh ones, of which each takes all migrations in one, and not outside a transaction.
pub(super) fn can_share(work: &Work, dispatch: Dispatch) -> bool {
    let transactional = |step: &Step| step.migration.0.up.0.transactional && step.resume.is_none();
    dispatch != Dispatch::Statement
        && !work.plan.fresh
        && work.facts.writable
        && work.state.present
        && match work.plan.steps.first() {
            Some(step) => transactional(step),
            None => work.plan.repeats.is_some(),
        }
}

/// Whether applying the batch's migration leaves nothing to do for its tenants.
pub(super) fn is_last(batch: &Batch, fleet: &Fleet) -> bool {
    let at_head = |step: &Step| step.head == fleet.head;
    let done = fleet.digest.is_none() || batch.repeats().is_some();
    done && batch.step().is_none_or(at_head)
}
