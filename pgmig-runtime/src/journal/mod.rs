//! Migrations outside a transaction: statement by statement, each noted before and after, so that
//! a run that died goes on at the statement and not at the file.

mod resume;

use sqlx::Connection as _;
use sqlx::PgConnection;

use crate::apply::{Runner, applied};
use crate::db::{Answers, Failed, Session, send, send_each};
use crate::embedded::Statement;
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::Row;
use crate::look::Work;
use crate::message::{Fill, Message};
use crate::planner::Step;
use crate::probe::{Effect, settle};
use crate::report::Applied;
use crate::retry::Cause;
use crate::settings::Dispatch;
use crate::target::Target;
use crate::watch::{Watch, marker, token};
use crate::worker::Worker;

/// One migration outside a transaction, on its way.
struct Journal<'j> {
    runner: &'j Runner<'j>,
    target: &'j Target,
    step: &'j Step,
    dispatch: Dispatch,
    row: Row,
    /// Statements that are done.
    done: usize,
    /// The statement that a run which died had begun and that had no effect when it was looked at.
    begun: Option<usize>,
    /// Renewed with every note; `None` where a row lock is the claim.
    lease: Option<String>,
    watch: Watch,
}

/// The server may not end a transaction that holds a claim for being idle or old.
const KEEP_IDLE: &str = "SELECT pg_catalog.set_config(s.name, '0', true) FROM pg_catalog.pg_settings AS s \
    WHERE s.name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')";

fn claiming(failed: Failed) -> Failure {
    Failure::ledger("claim the schema", failed.error)
}

impl Runner<'_> {
    /// Applies one migration outside a transaction. `head` is the head it was planned for.
    pub(crate) async fn apply_outside(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        step: &Step,
        head: &str,
    ) -> Result<Applied, Failure> {
        let opening = |error| Failure::ledger("open a connection for the migration", error);
        let timeout = self.settings.concurrent_lock_timeout;
        let Some(options) = session.options() else {
            let connection = session.connection().await.map_err(opening)?;
            let settings = &work.facts.settings;
            let worker = Worker::shared(connection, target, self.settings, settings);
            let journal = Journal::new(self, target, work, step, Watch::new(None, timeout));
            return journal.leased(worker, head).await;
        };
        let worker = Worker::open(&options, target, self.settings).await;
        let worker = worker.map_err(opening)?;
        let journal = Journal::new(self, target, work, step, Watch::new(Some(options), timeout));
        match worker.is_pooled() {
            true => journal.leased(worker, head).await,
            false => under_row_lock(session, journal, worker, head).await,
        }
    }
}

/// The claim is a row lock that an idle transaction holds: READ COMMITTED, it has no snapshot that
/// a concurrent index build would wait for, and it dies with the process. Nothing may be asked on
/// that connection while the worker runs: a question takes a snapshot.
async fn under_row_lock(
    session: &mut Session<'_>,
    journal: Journal<'_>,
    worker: Worker<'_>,
    head: &str,
) -> Result<Applied, Failure> {
    let mut claim = session.begin().await.map_err(claiming)?;
    match journal.claimed(&mut claim, worker, head).await {
        Ok(applied) => {
            let committed = claim.commit().await;
            committed.map_err(|error| Failure::ledger("record the migration", error))?;
            session.ended();
            Ok(applied)
        }
        Err(failure) => {
            if claim.rollback().await.is_ok() {
                session.ended();
            }
            Err(failure)
        }
    }
}

impl<'j> Journal<'j> {
    fn new(
        runner: &'j Runner<'j>,
        target: &'j Target,
        work: &Work,
        step: &'j Step,
        watch: Watch,
    ) -> Self {
        let resume = step.resume.as_ref();
        Journal {
            runner,
            target,
            step,
            dispatch: runner.dispatch(work.facts.citus),
            row: Row {
                id: resume.map_or(0, |(id, _)| *id),
                owner: token(),
            },
            done: resume.map_or(0, |(_, progress)| progress.done),
            begun: None,
            lease: None,
            watch,
        }
    }

    /// Claims the target in the transaction, runs the migration over a connection of its own and
    /// records it in the transaction.
    async fn claimed(
        mut self,
        claim: &mut PgConnection,
        mut worker: Worker<'_>,
        head: &str,
    ) -> Result<Applied, Failure> {
        let ledger = self.runner.ledger;
        let settings = self.runner.settings_for(self.target);
        for statement in [
            settings,
            KEEP_IDLE.to_owned(),
            ledger.guard(self.target, head),
        ] {
            send(claim, statement).await.map_err(claiming)?;
        }
        let ran = self.run(&mut worker, Some(claim)).await;
        worker.close().await;
        ran?;
        if let Some(statement) = self.runner.in_drizzle(self.target, self.step) {
            let recorded = send(claim, statement).await;
            recorded.map_err(|failed| Failure::ledger("write Drizzle's ledger", failed.error))?;
        }
        let finish = ledger.finish(self.target, self.step, &self.row);
        let answers = send(claim, finish).await.map_err(claiming)?;
        Ok(applied_of(self.step, &answers))
    }

    /// With one connection, or behind a pooler where a second might never come, the claim is a
    /// lease: the server process that took it, and a term that every note renews.
    async fn leased(mut self, mut worker: Worker<'_>, head: &str) -> Result<Applied, Failure> {
        let ledger = self.runner.ledger;
        let lease = ledger.lease(self.target, &self.row.owner, worker.is_pooled());
        let claim = vec![ledger.guard(self.target, head), lease.clone()];
        let claimed = note(worker.connection(), self.dispatch, claim).await;
        claimed.map_err(claiming)?;
        self.lease = Some(lease);
        if let Err(failure) = self.run(&mut worker, None).await {
            // Where this fails too, the lease ends with the connection or by its term.
            let release = ledger.release(self.target, &self.row.owner);
            let _ = send(worker.connection(), release).await;
            return Err(failure);
        }
        let mut finish = vec![ledger.fence(&self.row)];
        finish.extend(self.runner.in_drizzle(self.target, self.step));
        finish.push(ledger.finish(self.target, self.step, &self.row));
        let answers = note(worker.connection(), self.dispatch, finish).await;
        let answers = answers.map_err(claiming)?;
        worker.close().await;
        Ok(applied_of(self.step, &answers))
    }

    fn statements(&self) -> &'static [Statement] {
        self.step.migration.0.up.0.statements.slice()
    }

    /// Whether statement `index` is one that cannot run in a transaction.
    fn is_outside(&self, index: usize) -> bool {
        let statement = self.statements().get(index);
        statement.is_some_and(|statement| !statement.0.in_transaction)
    }

    /// Runs what is left of the migration.
    async fn run(
        &mut self,
        worker: &mut Worker<'_>,
        mut claim: Option<&mut PgConnection>,
    ) -> Result<(), Failure> {
        self.start(worker).await?;
        while self.done < self.statements().len() {
            if let Some(claim) = claim.as_deref_mut() {
                // Not a query: the server answers without taking a snapshot.
                let alive = claim.ping().await;
                alive.map_err(|error| Failure::ledger("keep the claim", error))?;
            }
            match self.is_outside(self.done) {
                true => self.outside(worker).await?,
                false => self.inside(worker).await?,
            }
        }
        Ok(())
    }

    /// A statement that PostgreSQL lets run in a transaction shares one with its note.
    async fn inside(&mut self, worker: &mut Worker<'_>) -> Result<(), Failure> {
        let runner = self.runner;
        let mut message = self.message();
        message.ours(&runner.settings_for(self.target));
        message.ours(&runner.ledger.fence(&self.row));
        self.statement(&mut message);
        let next = self.is_outside(self.done + 1);
        message.ours(
            &runner
                .ledger
                .mark(self.step, &self.row, self.done + 1, next),
        );
        if let Some(lease) = &self.lease {
            message.ours(lease);
        }
        let connection = worker.connection();
        let dispatch = self.dispatch;
        let sending = async {
            match dispatch {
                Dispatch::Statement => send_each(connection, message.statements()).await,
                _ => send(connection, message.sql().to_owned()).await,
            }
        };
        match self.watch.over(message.marker(), sending).await {
            Ok(_) => {
                self.done += 1;
                Ok(())
            }
            Err(failed) => Err(self.failure(&message, failed, dispatch)),
        }
    }

    /// A statement that cannot run in a transaction runs between two notes.
    async fn outside(&mut self, worker: &mut Worker<'_>) -> Result<(), Failure> {
        let Some(statement) = self.statements().get(self.done) else {
            return Ok(());
        };
        if !worker.can_run(statement) {
            let script = &self.step.migration.0.up.0;
            return Err(Failure::last(Error::Pooled {
                path: script.path,
                line: statement.0.line,
                kind: statement.0.kind,
                schema: self.target.schema.clone(),
            }));
        }
        let mut message = self.message();
        self.statement(&mut message);
        let sending = worker.run(statement, message.sql().to_owned());
        if let Err(failed) = self.watch.over(message.marker(), sending).await {
            let failure = self.failure(&message, failed, Dispatch::Message);
            if !self.done_meanwhile(worker, statement, &failure).await {
                self.clear_away(worker, statement, &failure).await;
                return Err(failure);
            }
        }
        self.note_done(worker).await
    }

    /// Records that one statement more is done.
    async fn note_done(&mut self, worker: &mut Worker<'_>) -> Result<(), Failure> {
        self.done += 1;
        let next = self.is_outside(self.done);
        let ledger = &self.runner.ledger;
        let mark = ledger.mark(self.step, &self.row, self.done, next);
        self.note_fenced(worker, vec![mark]).await.map(drop)
    }

    /// Whether the statement failed because the run that died had sent it too, and the server came
    /// to it only after the look for what it runs: the index is there then, or is gone. Of a
    /// statement that no run before has sent, the same error is the author's.
    async fn done_meanwhile(
        &self,
        worker: &mut Worker<'_>,
        statement: &Statement,
        failure: &Failure,
    ) -> bool {
        if self.begun != Some(self.done) || failure.cause != Cause::Final {
            return false;
        }
        let settled = settle(worker.connection(), self.target, statement, false).await;
        matches!(settled, Ok(Effect::Done))
    }

    /// The server said no: what the statement left behind goes, and the journal says that it is
    /// not under way. Where this fails, the next run does it.
    async fn clear_away(&self, worker: &mut Worker<'_>, statement: &Statement, failure: &Failure) {
        if failure.cause != Cause::Final {
            return;
        }
        let settled = settle(worker.connection(), self.target, statement, true).await;
        if settled.is_err() {
            return;
        }
        let mark = self
            .runner
            .ledger
            .mark(self.step, &self.row, self.done, false);
        let _ = self.note_fenced(worker, vec![mark]).await;
    }

    fn message(&self) -> Message {
        let mut message = Message::marked(marker(&self.row.owner));
        message.way(self.step.way);
        message.target(self.target);
        message
    }

    fn statement(&self, message: &mut Message) {
        let fill = Fill {
            schema: &self.target.schema,
            plain: false,
            public: None,
        };
        let script = &self.step.migration.0.up.0;
        message.statement(self.step.migration, script, self.done, fill);
    }

    fn failure(&mut self, message: &Message, failed: Failed, dispatch: Dispatch) -> Failure {
        Failure {
            blocker: self.watch.seen.take(),
            ..Failure::of(message, failed, dispatch, self.done)
        }
    }

    async fn note_fenced(
        &self,
        worker: &mut Worker<'_>,
        mut statements: Vec<String>,
    ) -> Result<Answers, Failure> {
        statements.insert(0, self.runner.ledger.fence(&self.row));
        self.note(worker, statements).await
    }

    async fn note(
        &self,
        worker: &mut Worker<'_>,
        mut statements: Vec<String>,
    ) -> Result<Answers, Failure> {
        statements.extend(self.lease.clone());
        note(worker.connection(), self.dispatch, statements)
            .await
            .map_err(|failed| Failure::ledger("write the journal", failed.error))
    }
}

/// Sends notes in one transaction.
async fn note(
    connection: &mut PgConnection,
    dispatch: Dispatch,
    statements: Vec<String>,
) -> Result<Answers, Failed> {
    match dispatch {
        Dispatch::Statement => send_each(connection, statements.into_iter()).await,
        _ => send(connection, statements.join(";\n")).await,
    }
}

fn applied_of(step: &Step, answers: &[Vec<sqlx::postgres::PgRow>]) -> Applied {
    let row = answers.iter().rev().find_map(|rows| rows.first());
    applied(step.migration, row)
}
