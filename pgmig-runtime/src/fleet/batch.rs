//! One migration for several tenants in one transaction.

use std::sync::Arc;
use std::time::Instant;

use sqlx::postgres::PgRow;

use super::claim::LOCKS;
use super::pick::Standing;
use super::queue::Hand;
use super::run::Fleet;
use super::settings::BATCH_LOCK_TIMEOUT;
use super::size::{Locks, Measured};
use crate::Migration;
use crate::apply::{Runner, applied};
use crate::db::{Session, number};
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::{BEGUN, Ledger, timeouts};
use crate::look::Work;
use crate::message::{Fill, Message};
use crate::planner::Step;
use crate::quote;
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
        let look = fleet.sizes.should_look(self.name(), hand.jobs.len());
        let message = self.message(&runner, hand, &fleet.since, look);
        let started = Instant::now();
        let sent = runner.send(session, &message, Dispatch::Message).await;
        let failed = match sent {
            Ok(answers) => {
                let locks = answers
                    .last()
                    .filter(|_| look)
                    .and_then(|rows| rows.first());
                self.learn(fleet, hand, started, locks);
                let mut rows = message.recorded(&answers);
                // One row for all, or one each.
                let shared = match self.repeats() {
                    None => rows.next(),
                    Some(_) => None,
                };
                for job in &mut hand.jobs {
                    job.standing = self.standing(&job.target);
                    for migration in self.migrations() {
                        let applied = applied(migration, shared.or_else(|| rows.next()));
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
            _ if full && hand.jobs.len() > 1 => {
                fleet.sizes.halve(self.name(), hand.jobs.len());
                Ended::Again
            }
            Cause::Busy | Cause::Moved => Ended::Again,
            Cause::Connection => Ended::Lost(failure),
            Cause::Locks => match failure.error {
                Error::Statement(error) => Ended::Locked(error.target),
                _ => Ended::OneByOne,
            },
            _ => Ended::OneByOne,
        }
    }

    /// All claims first, so that a tenant in other hands costs nothing; then each tenant's
    /// statements under its own `search_path`; then the ledger for all of them at once.
    fn message(&self, runner: &Runner<'_>, hand: &Hand<'_>, since: &str, look: bool) -> Message {
        let settings = runner.settings;
        let targets: Vec<&Target> = hand.jobs.iter().map(|job| &job.target).collect();
        let schemas = quote::texts(targets.iter().map(|target| target.schema.as_str()));
        let timeout = match targets.len() {
            1 => settings.lock_timeout,
            _ => settings.lock_timeout.min(BATCH_LOCK_TIMEOUT),
        };
        let timeouts = timeouts(timeout, settings.statement_timeout);
        let may_set = self.migrations().any(may_set);
        let mut message = Message::default();
        if let Some(first) = targets.first() {
            message.target(first);
        }
        message.ours(&timeouts);
        let head = &self.work.state.head;
        let ledger = runner.ledger;
        message.ours(&ledger.claim_all(&schemas, targets.len(), head, since));
        message.ours(&Ledger::begun());
        for (place, target) in targets.iter().enumerate() {
            message.target(target);
            if place > 0 && may_set {
                message.ours(&timeouts);
            }
            message.ours(&format!(
                "SET LOCAL search_path TO {}",
                target.search_path()
            ));
            let fill = Fill {
                schema: &target.schema,
                plain: false,
                public: None,
            };
            match (self.repeats(), self.step()) {
                (Some(repeats), _) => self.repeat(&mut message, ledger, target, repeats, fill),
                (None, Some(step)) => message.script(step.migration, fill),
                (None, None) => {}
            }
        }
        if let (None, Some(step)) = (self.repeats(), self.step()) {
            let record = ledger.record_for(&schemas, targets.len(), step);
            message.record(step.migration, &record);
        }
        if look {
            message.ours(LOCKS);
        }
        message
    }

    /// One tenant's statements where repeatable migrations are among them: those are compared with
    /// what the ledger has of it, so that it is written for each by itself.
    fn repeat(
        &self,
        message: &mut Message,
        ledger: &Ledger,
        target: &Target,
        repeats: &Repeats,
        fill: Fill<'_>,
    ) {
        message.ours(&Ledger::begun());
        if let Some(step) = self.step() {
            message.script(step.migration, fill);
            let record = ledger.record_since(target, step, BEGUN);
            message.record(step.migration, &record);
        }
        message.ours(&ledger.still_repeatable(target, repeats));
        let mut since = BEGUN;
        for migration in &repeats.apply {
            message.script(migration, fill);
            let record = ledger.record_repeatable(target, migration, repeats.newest, since);
            message.record(migration, &record);
            since = "t.updated_at";
        }
        message.ours(&ledger.reached(target, repeats));
    }

    /// Where a tenant stands once it is applied; of repeatable migrations nobody knows.
    fn standing(&self, target: &Target) -> Option<Standing> {
        let step = self.step().filter(|_| self.repeats().is_none())?;
        let head = quote::hex(&step.head);
        Some(Standing::likely(target.schema.clone(), head))
    }

    fn learn(&self, fleet: &Fleet, hand: &Hand<'_>, started: Instant, locks: Option<&PgRow>) {
        let count = |row: &PgRow, name: &str| {
            let read = number(row, name).ok();
            read.and_then(|count| usize::try_from(count).ok())
                .unwrap_or(0)
        };
        let measured = Measured {
            tenants: hand.jobs.len(),
            took: started.elapsed(),
            locks: locks.map(|row| Locks {
                own: count(row, "mine"),
                others: count(row, "others"),
                room: count(row, "room"),
            }),
        };
        fleet.sizes.learn(self.name(), measured);
    }
}

/// By what the size of a batch of repeatable migrations is known.
const REPEATABLE: &str = "R";

/// Whether a migration may leave the timeouts other than they were. Only definitions are known not
/// to; anything else may call a function that does.
fn may_set(migration: &Migration) -> bool {
    const DEFINITIONS: [&str; 6] = ["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE"];
    let mut statements = migration.0.up.0.statements.iter();
    statements.any(|statement| {
        let word = statement.0.kind.split(' ').next().unwrap_or_default();
        !DEFINITIONS.contains(&word)
    })
}

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
