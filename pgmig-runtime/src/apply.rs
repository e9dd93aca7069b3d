//! Brings one target to the embedded head: read, plan, claim and apply, and again until it is there.

use std::time::{Duration, Instant};

use sqlx::postgres::PgRow;

use crate::db::{Answers, Failed, Session, number};
use crate::error::{Activity, BlockedError, Error, PlanError, StatementError};
use crate::ledger::{Facts, Ledger, State, script_digest};
use crate::message::{Fill, Message};
use crate::planner::{self, Plan, Policy, Step};
use crate::report::{Applied, Report};
use crate::retry::{Attempts, Cause};
use crate::settings::{Dispatch, Settings};
use crate::target::Target;
use crate::watch::{Watch, marker, token};
use crate::{Migration, Migrations, activity, quote};

/// Applies migrations to targets over one session.
#[derive(Debug)]
pub(crate) struct Runner<'r> {
    pub(crate) migrations: &'static Migrations,
    pub(crate) settings: &'r Settings,
    pub(crate) ledger: &'r Ledger,
    /// Inside a transaction of the caller: nothing is committed, and what is set is put back.
    pub(crate) within: bool,
}

/// An attempt that came to nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) error: Error,
    /// The session that was in the way of a lock.
    pub(crate) blocker: Option<Box<Activity>>,
}

/// Steps that share one transaction, or the one step that must run outside of any.
#[derive(Debug)]
struct Group<'p> {
    steps: &'p [Step],
    transactional: bool,
    /// Whether `CONCURRENTLY` is left out.
    plain: bool,
}

/// What one target needs, as read.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) state: State,
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
}

/// What a look at the ledger found.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing to do; the newest version where the ledger is ahead of the binary.
    UpToDate(Option<String>),
    /// Something to do.
    Behind(Box<Work>),
}

impl Runner<'_> {
    /// Brings `target` to the embedded head.
    pub(crate) async fn run(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Report, Error> {
        let started = Instant::now();
        session.patience(self.settings.wait_for_database);
        let mut report = Report::new(target);
        let mut attempts = self.attempts();
        // Migrations that turned out to need a commit before them.
        let mut splits: Vec<&'static str> = Vec::new();
        loop {
            let applied = report.applied.len();
            let tried = self
                .attempt(session, target, &mut report, &mut splits)
                .await;
            if report.applied.len() > applied {
                attempts.progress();
            }
            match tried {
                Ok(()) => break,
                Err(failure) => {
                    self.recover(session, target, &mut attempts, failure)
                        .await?;
                }
            }
        }
        report.duration = started.elapsed();
        Ok(report)
    }

    /// Brings `public` to the embedded heads: its own migrations, then those of drizzle-kit.
    pub(crate) async fn run_public(&self, session: &mut Session<'_>) -> Result<Report, Error> {
        let mut report = self.run(session, &Target::public()).await?;
        if !self.migrations.drizzle().is_empty() {
            let drizzle = self.run(session, &Target::drizzle()).await?;
            report.applied.extend(drizzle.applied);
            report.ahead = report.ahead.or(drizzle.ahead);
            report.duration += drizzle.duration;
        }
        Ok(report)
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(
            self.settings.retry,
            self.settings.claim_timeout,
            self.settings.wait_for_database,
        )
    }

    /// Waits before the next attempt, or gives up with the error.
    pub(crate) async fn recover(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        attempts: &mut Attempts,
        failure: Failure,
    ) -> Result<(), Error> {
        let Failure {
            cause,
            error,
            blocker,
        } = failure;
        if cause == Cause::NoLedger {
            return self.create_ledger(session, target).await;
        }
        if cause == Cause::Connection && !session.discard() {
            return Err(error);
        }
        // In the caller's transaction a failed statement ended it all, except what was only tried.
        let hopeless = self.within && cause == Cause::Locks && is_serialization(&error);
        let delay = attempts.next(cause, session.waited());
        match delay.filter(|_| !hopeless) {
            Some(delay) => {
                tracing::debug!(schema = %target.schema, ?cause, ?delay, "trying again");
                tokio::time::sleep(delay).await;
                Ok(())
            }
            None => {
                let failure = Failure {
                    cause,
                    error,
                    blocker,
                };
                Err(self.give_up(session, target, attempts, failure).await)
            }
        }
    }

    async fn give_up(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        attempts: &Attempts,
        failure: Failure,
    ) -> Error {
        match (failure.cause, failure.error) {
            (Cause::Locks, Error::Statement(last)) => {
                let blocker = match failure.blocker {
                    Some(blocker) => Some(blocker),
                    None => activity::blocker(session, target).await.map(Box::new),
                };
                Error::Blocked(Box::new(BlockedError {
                    last: *last,
                    attempts: attempts.tries(),
                    blocker,
                }))
            }
            (Cause::Busy, _) => Error::Busy {
                schema: target.schema.clone(),
                waited: self.settings.claim_timeout,
                holder: activity::holder(session, &self.ledger.schema)
                    .await
                    .map(Box::new),
            },
            (_, error) => error,
        }
    }

    /// One attempt: looks, and applies what is to do.
    async fn attempt(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        report: &mut Report,
        splits: &mut Vec<&'static str>,
    ) -> Result<(), Failure> {
        let work = match self.look(session, target).await? {
            Look::UpToDate(ahead) => {
                report.ahead = ahead;
                return Ok(());
            }
            Look::Behind(work) => work,
        };
        report.ahead.clone_from(&work.plan.ahead);
        if !work.facts.writable && !work.plan.steps.is_empty() {
            return Err(Failure::last(Error::ReadOnly {
                schema: target.schema.clone(),
                pending: work.plan.steps.len(),
            }));
        }
        self.keep_scripts(session, target, &work).await?;
        let mut head = work.state.head.clone();
        let mut create = !work.state.present;
        for group in groups(&work, splits) {
            let applied = self
                .apply_group(session, target, &work, &group, &head, create)
                .await;
            let applied = applied.map_err(|failure| split(failure, &group, splits))?;
            report.created |= create;
            create = false;
            head = group
                .steps
                .last()
                .map_or(head, |step| quote::hex(&step.head));
            for applied in &applied {
                tracing::info!(
                    schema = %target.schema,
                    version = applied.version,
                    name = applied.name,
                    duration = ?applied.duration,
                    "applied a migration"
                );
            }
            report.applied.extend(applied);
        }
        Ok(())
    }

    /// Finds out what a target needs: one query when it needs nothing.
    pub(crate) async fn look(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Look, Failure> {
        let embedded = self.migrations.of(target.scope);
        let newest = embedded.last();
        let head: &[u8] = newest.map_or(&[], |migration| &migration.0.head);
        let state = self.read_state(session, target, head).await?;
        self.check(target, &state)?;
        if state.head == quote::hex(head) {
            return Ok(Look::UpToDate(None));
        }
        let allowed = self.settings.unknown_newer == crate::UnknownNewer::Allow;
        if state.ahead && allowed {
            let version = state.version.unwrap_or_default();
            self.warn_ahead(target, &version);
            return Ok(Look::UpToDate(Some(version)));
        }
        let scripts: Vec<_> = down_scripts(embedded).collect();
        let answers = session
            .send(self.ledger.read_facts(target, &scripts))
            .await
            .map_err(Failure::reading)?;
        let facts = Facts::decode(&answers).map_err(Failure::decoding)?;
        let plan = planner::plan(embedded, &facts.recorded, self.policy()).map_err(|wrong| {
            Failure::last(Error::Plan(Box::new(PlanError {
                target: target.clone(),
                disagreements: wrong,
            })))
        })?;
        if let Some(version) = &plan.ahead {
            self.warn_ahead(target, version);
        }
        Ok(Look::Behind(Box::new(Work { state, facts, plan })))
    }

    async fn read_state(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        head: &[u8],
    ) -> Result<State, Failure> {
        let query = self.ledger.read_state(target, head);
        let answers = match self.within {
            false => session.send(query).await,
            // Without a ledger the query fails, and must not take the caller's transaction along.
            true => session.send_tried(query).await,
        };
        let answers = answers.map_err(Failure::reading)?;
        let rows = answers.iter().find(|rows| !rows.is_empty());
        self.ledger
            .state(rows.map_or(&[], Vec::as_slice))
            .map_err(Failure::last)
    }

    fn policy(&self) -> Policy {
        Policy {
            unknown_newer: self.settings.unknown_newer,
            out_of_order: self.settings.out_of_order,
        }
    }

    fn warn_ahead(&self, target: &Target, version: &str) {
        tracing::warn!(
            schema = %target.schema,
            version,
            "the database has migrations that are newer than this binary"
        );
    }

    /// What no plan can mend.
    fn check(&self, target: &Target, state: &State) -> Result<(), Failure> {
        if let (Some(recorded), Some(tenant)) = (&state.elsewhere, target.tenant) {
            return Err(Failure::last(Error::SchemaMoved {
                tenant,
                recorded: recorded.clone(),
                expected: target.schema.clone(),
            }));
        }
        if !state.present && !state.head.is_empty() {
            return Err(Failure::last(Error::SchemaGone {
                schema: target.schema.clone(),
                version: state.version.clone().unwrap_or_default(),
                ledger: self.ledger.schema.clone(),
            }));
        }
        Ok(())
    }

    /// Creates the ledger, whoever else does at the same time.
    async fn create_ledger(&self, session: &mut Session<'_>, target: &Target) -> Result<(), Error> {
        let mut attempts = self.attempts();
        loop {
            let mut message = Message::default();
            message.target(target);
            for statement in self.ledger.create() {
                message.ours(&statement);
            }
            let sent = self.send(session, &message, self.settings.dispatch).await;
            let failed = match sent {
                Ok(_) => return Ok(()),
                Err(failed) => failed,
            };
            let cause = match Cause::of(&failed.error) {
                Cause::NoLedger => Cause::Final,
                cause => cause,
            };
            let failure = Failure {
                cause,
                ..Failure::ledger("create the ledger", failed.error)
            };
            Box::pin(self.recover(session, target, &mut attempts, failure)).await?;
        }
    }

    /// Stores the down scripts of what will be applied, where they are not yet. Apart from the
    /// migrations: two that store the same one would wait for each other.
    async fn keep_scripts(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
    ) -> Result<(), Failure> {
        let mut message = Message::default();
        message.target(target);
        let pending = work.plan.steps.iter().map(|step| step.migration);
        let mut any = false;
        for script in pending.filter_map(|migration| migration.0.down.as_ref()) {
            if !work
                .facts
                .kept
                .contains(&quote::hex(&script_digest(&script.0)))
            {
                any = true;
                for statement in self.ledger.keep_script(&script.0) {
                    message.ours(&statement);
                }
            }
        }
        if !any {
            return Ok(());
        }
        let dispatch = self.dispatch(work.facts.citus);
        match self.send(session, &message, dispatch).await {
            Ok(_) => Ok(()),
            Err(failed) => Err(Failure::ledger("keep the down scripts", failed.error)),
        }
    }

    async fn apply_group(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        group: &Group<'_>,
        head: &str,
        create: bool,
    ) -> Result<Vec<Applied>, Failure> {
        if group.transactional {
            return self.apply(session, target, work, group, head, create).await;
        }
        if self.within {
            return Err(self.needs_own_transaction(target, group));
        }
        if create || !work.state.known {
            // The row to claim, and the schema to work in.
            let nothing = Group {
                steps: &[],
                ..*group
            };
            self.apply(session, target, work, &nothing, head, create)
                .await?;
        }
        let mut applied = Vec::new();
        for step in group.steps {
            applied.push(
                self.apply_outside(session, target, work, step, head)
                    .await?,
            );
        }
        Ok(applied)
    }

    /// Applies steps in one transaction.
    async fn apply(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        group: &Group<'_>,
        head: &str,
        create: bool,
    ) -> Result<Vec<Applied>, Failure> {
        let message = self.message(target, work, group, head, create);
        let dispatch = self.dispatch(work.facts.citus);
        match self.send_watched(session, &message, dispatch).await {
            Ok(answers) => Ok(group
                .steps
                .iter()
                .zip(message.recorded(&answers))
                .map(|(step, rows)| applied(step.migration, rows))
                .collect()),
            Err((failed, blocker)) => Err(Failure {
                blocker,
                ..Failure::of(&message, failed, dispatch, 0)
            }),
        }
    }

    /// The message that applies steps: settings, claim, statements, ledger.
    fn message(
        &self,
        target: &Target,
        work: &Work,
        group: &Group<'_>,
        head: &str,
        create: bool,
    ) -> Message {
        let settings = self.settings;
        let mut message = Message::marked(marker(&token()));
        message.target(target);
        if self.within {
            message.ours("SAVEPOINT pgmig");
        }
        message.ours(&self.ledger.settings(
            target,
            settings.lock_timeout,
            settings.statement_timeout,
        ));
        message.ours(&self.ledger.guard(target, head));
        if create {
            message.ours(&format!(
                "CREATE SCHEMA IF NOT EXISTS {}",
                quote::ident(&target.schema)
            ));
        }
        let fill = Fill {
            schema: &target.schema,
            plain: group.plain,
        };
        for step in group.steps {
            let script = &step.migration.0.up.0;
            for index in 0..script.statements.len() {
                message.statement(step.migration, script, index, fill);
            }
            message.record(step.migration, &self.ledger.record(target, step));
        }
        if self.within {
            message.ours(&crate::ledger::set_local(&work.state.settings));
            message.ours("RELEASE SAVEPOINT pgmig");
        }
        message
    }

    /// Sends a message, and sees who is in the way when it cannot go on.
    async fn send_watched(
        &self,
        session: &mut Session<'_>,
        message: &Message,
        dispatch: Dispatch,
    ) -> Result<Answers, (Failed, Option<Box<Activity>>)> {
        let mut watch = Watch::new(session.options(), self.settings.lock_timeout);
        let sending = self.send(session, message, dispatch);
        let sent = watch.over(message.marker(), sending).await;
        sent.map_err(|failed| (failed, watch.seen))
    }

    /// Sends a message as one, or statement by statement where the server asks for that.
    async fn send(
        &self,
        session: &mut Session<'_>,
        message: &Message,
        dispatch: Dispatch,
    ) -> Result<Answers, Failed> {
        let sent = match (dispatch, self.within) {
            (Dispatch::Statement, false) => session.send_each(message.statements()).await,
            (Dispatch::Statement, true) => session.send_each_within(message.statements()).await,
            (_, _) => session.send(message.sql().to_owned()).await,
        };
        if self.within && sent.is_err() {
            // The error that matters is the one above; where this fails too, the transaction is
            // lost, and its owner hears so at the next statement.
            let undo = "ROLLBACK TO SAVEPOINT pgmig; RELEASE SAVEPOINT pgmig";
            let _ = session.send(undo.to_owned()).await;
        }
        sent
    }

    pub(crate) fn dispatch(&self, citus: bool) -> Dispatch {
        match self.settings.dispatch {
            Dispatch::Auto if citus => Dispatch::Statement,
            Dispatch::Auto => Dispatch::Message,
            forced => forced,
        }
    }

    fn needs_own_transaction(&self, target: &Target, group: &Group<'_>) -> Failure {
        let script = group.steps.first().map(|step| &step.migration.0.up.0);
        let statement = script.and_then(|script| {
            let mut statements = script.statements.iter();
            statements.find(|statement| !statement.0.in_transaction)
        });
        Failure::last(Error::NeedsOwnTransaction {
            path: script.map_or("", |script| script.path),
            line: statement.map_or(1, |statement| statement.0.line),
            kind: statement.map_or("the script", |statement| statement.0.kind),
            schema: target.schema.clone(),
        })
    }
}

impl Failure {
    pub(crate) fn last(error: Error) -> Self {
        Failure {
            cause: Cause::Final,
            error,
            blocker: None,
        }
    }

    /// Another migrator has the target.
    pub(crate) fn busy(target: &Target) -> Self {
        Failure {
            cause: Cause::Busy,
            ..Self::last(Error::Busy {
                schema: target.schema.clone(),
                waited: Duration::ZERO,
                holder: None,
            })
        }
    }

    /// What was planned for is not so any more.
    pub(crate) fn moved(target: &Target) -> Self {
        Failure {
            cause: Cause::Moved,
            ..Self::busy(target)
        }
    }

    /// The ledger could not be read.
    fn reading(failed: Failed) -> Self {
        Self::ledger("read the ledger", failed.error)
    }

    fn decoding(source: sqlx::Error) -> Self {
        Self::ledger("read the ledger", source)
    }

    /// A statement of pgmig's own failed.
    pub(crate) fn ledger(doing: &'static str, source: sqlx::Error) -> Self {
        let cause = Cause::of(&source);
        let error = match cause {
            Cause::Connection => Error::Connection {
                doing,
                outcome_unknown: false,
                source,
            },
            _ if crate::message::sqlstate(&source) == Some("25P01") => Error::NotInTransaction,
            _ => Error::Ledger { doing, source },
        };
        Failure {
            cause,
            ..Self::last(error)
        }
    }

    /// A message with migrations failed; `done` statements of the migration stay.
    pub(crate) fn of(message: &Message, failed: Failed, dispatch: Dispatch, done: usize) -> Self {
        let cause = match Cause::of(&failed.error) {
            Cause::NoLedger => Cause::Final,
            cause => cause,
        };
        if cause == Cause::Connection {
            return Failure {
                cause,
                ..Self::last(Error::Connection {
                    doing: "apply a migration",
                    outcome_unknown: true,
                    source: failed.error,
                })
            };
        }
        let place = match dispatch {
            Dispatch::Statement => message.place_of(failed.completed, &failed.error),
            _ => message.place(&failed),
        };
        match place {
            Some(place) => Failure {
                cause,
                ..Self::last(Error::Statement(Box::new(StatementError::new(
                    &place,
                    failed.error,
                    done,
                ))))
            },
            None => Failure {
                cause,
                ..Self::ledger("write the ledger", failed.error)
            },
        }
    }
}

/// Errors that a commit before the migration would have avoided: pending trigger events, an enum
/// value used before it is committed, more locks than one transaction may hold.
fn split(failure: Failure, group: &Group<'_>, splits: &mut Vec<&'static str>) -> Failure {
    let Error::Statement(error) = &failure.error else {
        return failure;
    };
    let avoidable = ["55006", "55P04", "53200"].contains(&error.sqlstate.as_str());
    let first = group.steps.first().map(|step| step.migration.0.version);
    if !avoidable || first == Some(error.version) {
        return failure;
    }
    splits.push(error.version);
    Failure {
        cause: Cause::Moved,
        ..failure
    }
}

fn is_serialization(error: &Error) -> bool {
    matches!(error, Error::Statement(error) if error.sqlstate.starts_with("40"))
}

fn down_scripts(
    embedded: &'static [Migration],
) -> impl Iterator<Item = &'static crate::embedded::ScriptParts> {
    embedded
        .iter()
        .filter_map(|migration| migration.0.down.as_ref().map(|down| &down.0))
}

pub(crate) fn applied(migration: &'static Migration, rows: &[PgRow]) -> Applied {
    let milliseconds = rows
        .first()
        .and_then(|row| number(row, "duration_ms").ok())
        .unwrap_or(0);
    Applied {
        version: migration.0.version,
        name: migration.0.name,
        path: migration.path(),
        duration: Duration::from_millis(milliseconds.unsigned_abs()),
    }
}

/// Divides a plan into transactions. An existing target gets one a migration, so that each lock is
/// held for one only; a fresh one gets all it can in one.
fn groups<'p>(work: &'p Work, splits: &[&str]) -> Vec<Group<'p>> {
    let steps = &work.plan.steps;
    let plain = work.plan.fresh && work.facts.empty;
    let mut groups: Vec<Group<'p>> = Vec::new();
    let mut start = 0;
    for (index, step) in steps.iter().enumerate() {
        let here = in_transaction(step, plain);
        let next = steps.get(index + 1);
        let together = next.is_some_and(|next| {
            work.plan.fresh
                && here
                && in_transaction(next, plain)
                && !next.migration.0.commit_before
                && !splits.contains(&next.migration.0.version)
        });
        if !together {
            groups.push(Group {
                steps: &steps[start..=index],
                transactional: here,
                plain,
            });
            start = index + 1;
        }
    }
    groups
}

/// Whether a step can run in a transaction: always, when its file says so; on a schema that is
/// being provisioned also where only `CONCURRENTLY` was in the way.
fn in_transaction(step: &Step, plain: bool) -> bool {
    let script = &step.migration.0.up.0;
    // Without `CONCURRENTLY` a whole schema or database is still reindexed in many transactions.
    let without = |statement: &crate::Statement| {
        let single = |object: &crate::Object| ["table", "index"].contains(&object.kind);
        let many = statement.0.kind == "REINDEX" && !statement.0.objects.iter().all(single);
        statement.0.in_transaction || (statement.0.concurrently.is_some() && !many)
    };
    script.transactional
        || (plain && step.resume.is_none() && script.statements.iter().all(without))
}
