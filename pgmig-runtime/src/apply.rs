//! Brings one target to the embedded head: read, plan, claim and apply, and again until it is there.

use std::time::{Duration, Instant};

use sqlx::postgres::PgRow;

use crate::db::{Answers, Failed, Session, number};
use crate::error::{Activity, Error};
use crate::failure::Failure;
use crate::group::{Group, groups, split};
use crate::ledger::{Ledger, script_digest, set_local};
use crate::look::{Look, Work};
use crate::message::{Fill, Message};
use crate::planner::Way;
use crate::repeatable::Repeats;
use crate::report::{Applied, Report};
use crate::retry::Attempts;
use crate::settings::{Dispatch, Settings};
use crate::target::Target;
use crate::watch::{Watch, marker, token};
use crate::{Migration, Migrations, baseline, quote};

/// Applies migrations to targets over one session.
#[derive(Debug)]
pub(crate) struct Runner<'r> {
    pub(crate) migrations: &'static Migrations,
    pub(crate) settings: &'r Settings,
    pub(crate) ledger: &'r Ledger,
    /// Inside a transaction of the caller: nothing is committed, and what is set is put back.
    pub(crate) within: bool,
    /// The ledger has no tables for repeatable migrations yet, and is not to be given any.
    pub(crate) unlogged: bool,
}

impl Runner<'_> {
    /// Brings `target` to the embedded head.
    pub(crate) async fn run(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Report, Error> {
        let started = Instant::now();
        let mut report = Report::new(target);
        let mut attempts = self.attempts();
        // Migrations that turned out to need a commit before them.
        let mut splits: Vec<&'static str> = Vec::new();
        loop {
            let (applied, from_baseline) = (report.applied.len(), report.baseline.is_some());
            let tried = self
                .attempt(session, target, &mut report, &mut splits)
                .await;
            if report.applied.len() > applied || report.baseline.is_some() != from_baseline {
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
        if self.migrations.drizzle().is_empty() {
            return self.run(session, &Target::public()).await;
        }
        if self.both_up_to_date(session).await {
            return Ok(Report::new(&Target::public()));
        }
        let mut report = self.run(session, &Target::public()).await?;
        let drizzle = self.run(session, &Target::drizzle()).await?;
        report.baseline = report.baseline.or(drizzle.baseline);
        report.applied.extend(drizzle.applied);
        report.ahead = report.ahead.or(drizzle.ahead);
        report.duration += drizzle.duration;
        Ok(report)
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(
            self.settings.retry,
            self.settings.claim_timeout,
            self.settings.wait_for_database,
        )
    }

    /// One attempt: looks, and applies what is to do.
    pub(crate) async fn attempt(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        report: &mut Report,
        splits: &mut Vec<&'static str>,
    ) -> Result<(), Failure> {
        let work = loop {
            let work = match self.look(session, target).await? {
                Look::UpToDate(ahead) => {
                    report.ahead = ahead;
                    return Ok(());
                }
                Look::Behind(work) => work,
            };
            report.ahead.clone_from(&work.plan.ahead);
            let taken_over = work.adopted.as_ref().map_or(0, |all| all.migrations.len());
            let repeats = work.plan.repeats.as_ref();
            let again = repeats.map_or(0, |repeats| repeats.apply.len());
            let pending = work.plan.steps.len() + taken_over + again;
            if !work.facts.writable && pending > 0 {
                return Err(Failure::last(Error::ReadOnly {
                    schema: target.schema.clone(),
                    pending,
                }));
            }
            if !work.facts.writable {
                // All that is left is to write down that nothing is to do.
                return Ok(());
            }
            let Some(adopted) = &work.adopted else {
                break work;
            };
            let adoption = self.write_adopted(session, target, &work, adopted).await?;
            report.adopted = Some(Box::new(adoption));
        };
        self.keep_scripts(session, target, &work).await?;
        let mut head = work.state.head.clone();
        let mut create = !work.state.present;
        for group in groups(&work, splits) {
            let applied = self
                .apply_group(session, target, &work, &group, &head, create)
                .await;
            let mut applied = applied.map_err(|failure| split(failure, &group, splits))?;
            report.created |= create;
            create = false;
            if let Some(start) = group.start.filter(|_| !applied.is_empty()) {
                head = quote::hex(&start.baseline.0.head);
                baseline::report(report, start.flattened, applied.remove(0));
            }
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

    /// Stores the down scripts of what will be applied, where they are not yet. Apart from the
    /// migrations: two that store the same one would wait for each other.
    pub(crate) async fn keep_scripts(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
    ) -> Result<(), Failure> {
        let mut message = self.opened(Message::default(), target);
        message.ours(&self.settings_for(target));
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
        self.close(&mut message, &work.facts.settings);
        let dispatch = self.dispatch(work.facts.citus);
        match self.send(session, &message, dispatch).await {
            Ok(_) => Ok(()),
            Err(failed) => Err(Failure::ledger("keep the down scripts", failed.error)),
        }
    }

    pub(crate) async fn apply_group(
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
                start: None,
                steps: &[],
                repeats: None,
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

    /// Applies a baseline and steps in one transaction. The baseline is the first in the answer.
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
            Ok(answers) => {
                let mut rows = message.recorded(&answers);
                Ok(group
                    .migrations()
                    .map(|migration| applied(migration, rows.next()))
                    .collect())
            }
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
        let mut message = self.opened(Message::marked(marker(&token())), target);
        message.way(group.steps.first().map_or(Way::Up, |step| step.way));
        message.ours(&self.settings_for(target));
        message.ours(&self.ledger.guard(target, head));
        let back = group.steps.iter().any(|step| step.way != Way::Up);
        if back || (work.plan.repeats.is_some() && self.is_anew(target, &work.plan)) {
            message.ours(&self.ledger.forget_repeatable(target));
        }
        if create {
            message.ours(&format!(
                "CREATE SCHEMA IF NOT EXISTS {}",
                quote::ident(&target.schema)
            ));
        }
        let fill = Fill {
            schema: &target.schema,
            plain: group.plain,
            public: None,
        };
        if let Some(start) = group.start {
            let flattened = start.flattened(&work.plan);
            self.add_baseline(&mut message, target, start, flattened, fill);
        }
        let several = group.steps.len() > 1;
        if several {
            message.ours(&Ledger::begun());
        }
        for step in group.steps {
            message.script(step.migration, fill);
            match several {
                true => message.ours(&Ledger::ran()),
                false => message.record(step.migration, &self.ledger.record(target, step)),
            }
            if let Some(statement) = self.in_drizzle(target, step) {
                message.ours(&statement);
            }
        }
        if let (true, Some(last)) = (several, group.steps.last()) {
            let record = self.ledger.record_all(target, group.steps);
            message.record(last.migration, &record);
        }
        if let Some(repeats) = group.repeats {
            self.repeat(&mut message, target, repeats, fill);
        }
        self.close(&mut message, &work.facts.settings);
        message
    }

    /// Adds the repeatable migrations to a message.
    fn repeat(&self, message: &mut Message, target: &Target, repeats: &Repeats, fill: Fill<'_>) {
        message.ours(&self.ledger.still_repeatable(target, repeats));
        for migration in &repeats.apply {
            message.script(migration, fill);
            let since = "t.updated_at";
            let ledger = self.ledger;
            let record = ledger.record_repeatable(target, migration, repeats.newest, since);
            message.record(migration, &record);
        }
        message.ours(&self.ledger.reached(target, repeats));
    }

    /// What a message begins with: in a transaction of the caller, a place to go back to.
    pub(crate) fn opened(&self, mut message: Message, target: &Target) -> Message {
        message.target(target);
        if self.within {
            message.ours("SAVEPOINT pgmig");
        }
        message
    }

    /// What a message ends with: in a transaction of the caller, its settings are put back.
    pub(crate) fn close(&self, message: &mut Message, settings: &[(&'static str, String)]) {
        if !self.within {
            return;
        }
        if !settings.is_empty() {
            message.ours(&set_local(settings));
        }
        message.ours("RELEASE SAVEPOINT pgmig");
    }

    /// What a target's migrations see.
    pub(crate) fn settings_for(&self, target: &Target) -> String {
        let settings = self.settings;
        self.ledger
            .settings(target, settings.lock_timeout, settings.statement_timeout)
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
    pub(crate) async fn send(
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

/// What was applied; `recorded` is the row that the ledger answered with.
pub(crate) fn applied(migration: &'static Migration, recorded: Option<&PgRow>) -> Applied {
    let read = recorded.and_then(|row| number(row, "duration_ms").ok());
    let milliseconds = read.unwrap_or(0);
    Applied {
        version: migration.0.version,
        name: migration.0.name,
        path: migration.path(),
        duration: Duration::from_millis(milliseconds.unsigned_abs()),
    }
}
