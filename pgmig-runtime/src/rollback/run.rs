//! The way back of one schema: read, plan, claim and undo, and again until it is there.

use std::collections::BTreeSet;

use super::plan::{self, Back, Refused, Row};
use super::{IrreversibleError, RollbackReport, RollbackTo, canonical, kept};
use crate::apply::Runner;
use crate::db::Session;
use crate::error::Error;
use crate::failure::Failure;
use crate::group::Group;
use crate::ledger::{Facts, State};
use crate::look::Work;
use crate::message::Message;
use crate::planner::{Plan, Progress, Recorded, Step, Way, digest};
use crate::report::Applied;
use crate::retry::Cause;
use crate::target::Target;
use crate::{Migration, quote};

/// What is asked for, made definite by the first look: a second attempt after an unknown outcome
/// must not go one step further, nor take back what somebody applied meanwhile.
#[derive(Debug)]
struct Asked {
    to: RollbackTo,
    rows: Option<BTreeSet<i64>>,
}

impl Asked {
    fn new(to: &RollbackTo) -> Self {
        Asked {
            to: canonical(to),
            rows: None,
        }
    }

    /// Accepts the first plan; refuses a later one that has more in it.
    fn settle(&mut self, target: &Target, back: &Back<'_>) -> Result<(), Error> {
        let rows = || back.steps.iter().map(|step| step.row);
        let Some(planned) = &self.rows else {
            self.rows = Some(rows().map(|row| row.id).collect());
            self.to = match &back.version {
                Some(version) => RollbackTo::Version(version.clone()),
                None => RollbackTo::Nothing,
            };
            return Ok(());
        };
        match rows().find(|row| !planned.contains(&row.id)) {
            Some(row) => Err(Error::MigratedMeanwhile {
                schema: target.schema.clone(),
                version: row.version.clone(),
                name: row.name.clone(),
            }),
            None => Ok(()),
        }
    }
}

impl Runner<'_> {
    /// Takes the report's target back.
    pub(super) async fn roll_back(
        &self,
        session: &mut Session<'_>,
        to: &RollbackTo,
        report: &mut RollbackReport,
    ) -> Result<(), Error> {
        let target = report.target.clone();
        let mut attempts = self.attempts();
        let mut asked = Asked::new(to);
        loop {
            let done = report.rolled_back.len();
            let tried = self
                .attempt_back(session, &target, &mut asked, report)
                .await;
            if report.rolled_back.len() > done {
                attempts.progress();
            }
            match tried {
                Ok(()) => return Ok(()),
                Err(failure) => {
                    self.recover(session, &target, &mut attempts, failure)
                        .await?;
                }
            }
        }
    }

    /// What would be taken back, and the version that would be left.
    pub(super) async fn plan_back(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        to: &RollbackTo,
    ) -> Result<(Vec<Step>, Option<String>), Error> {
        let mut attempts = self.attempts();
        loop {
            match self.look_back(session, target, &mut Asked::new(to)).await {
                Ok((work, version)) => return Ok((work.plan.steps, version)),
                Err(failure) => {
                    self.recover(session, target, &mut attempts, failure)
                        .await?;
                }
            }
        }
    }

    async fn attempt_back(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        asked: &mut Asked,
        report: &mut RollbackReport,
    ) -> Result<(), Failure> {
        let (mut work, version) = self.look_back(session, target, asked).await?;
        let mut head = work.state.head.clone();
        for mut step in std::mem::take(&mut work.plan.steps) {
            let undone = self
                .undo(session, target, &work, &mut step, &mut head)
                .await?;
            for undone in undone {
                tracing::info!(
                    schema = %target.schema,
                    version = undone.version,
                    name = undone.name,
                    duration = ?undone.duration,
                    "rolled a migration back"
                );
                report.rolled_back.push(undone);
            }
            head = quote::hex(&step.head);
        }
        report.version = version;
        Ok(())
    }

    /// Takes one migration back. `head` is the one that the target is at.
    async fn undo(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        step: &mut Step,
        head: &mut String,
    ) -> Result<Vec<Applied>, Failure> {
        let transactional = step.migration.0.up.0.transactional;
        if !transactional && step.resume.is_none() {
            self.open_back(session, target, work, step, head).await?;
        }
        let group = Group {
            start: None,
            steps: std::slice::from_ref(step),
            transactional: transactional && step.resume.is_none(),
            plain: false,
        };
        self.apply_group(session, target, work, &group, head, false)
            .await
    }

    /// Opens the journal of a down script outside a transaction, and moves the head with it.
    async fn open_back(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        step: &mut Step,
        head: &mut String,
    ) -> Result<(), Failure> {
        let Way::Back(id) = step.way else {
            return Ok(());
        };
        let mut message = Message::default();
        message.target(target);
        message.ours(&self.settings_for(target));
        message.ours(&self.ledger.guard(target, head));
        for statement in self.ledger.begin_back(target, step, id) {
            message.ours(&statement);
        }
        let sent = self
            .send(session, &message, self.dispatch(work.facts.citus))
            .await;
        sent.map_err(|failed| Failure::ledger("write the journal", failed.error))?;
        *head = quote::hex(&step.head);
        let progress = Progress {
            digest: quote::hex(&digest(&step.migration.0.up.0, 0)),
            ..Progress::default()
        };
        step.resume = Some((id, progress));
        Ok(())
    }

    /// Reads what is applied and how each of it is taken back. Without a ledger nothing is applied.
    async fn look_back(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        asked: &mut Asked,
    ) -> Result<(Work, Option<String>), Failure> {
        let (state, facts) = match self.read_state(session, target, &[]).await {
            Ok(state) => {
                self.check(target, &state)?;
                let answers = session.send(self.ledger.read_facts(target, &[])).await;
                let answers = answers.map_err(Failure::reading)?;
                (state, Facts::decode(&answers).map_err(Failure::decoding)?)
            }
            Err(failure) if failure.cause == Cause::NoLedger => {
                (State::default(), Facts::default())
            }
            Err(failure) => return Err(failure),
        };
        let to = asked.to.clone();
        let back = plan::plan(&facts.recorded, &to);
        let back = back.map_err(|refused| refusal(target, &refused))?;
        asked.settle(target, &back).map_err(Failure::last)?;
        let steps = self.steps(session, target, &back).await?;
        let version = back.version.clone();
        let plan = Plan {
            steps,
            ..Plan::default()
        };
        let work = Work {
            state,
            facts,
            plan,
            start: None,
            adopted: None,
        };
        Ok((work, version))
    }

    /// The rows as steps, or all that cannot become one.
    async fn steps(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        back: &Back<'_>,
    ) -> Result<Vec<Step>, Failure> {
        let rows = || back.steps.iter().map(|step| step.row);
        let unread: Vec<&Recorded> = rows()
            .filter(|row| row.down.is_some() && kept::known(target.scope, row).is_none())
            .collect();
        if !unread.is_empty() {
            let digests: Vec<&str> = unread.iter().filter_map(|r| r.down.as_deref()).collect();
            let answers = session.send(self.ledger.read_scripts(&digests)).await;
            let answers = answers.map_err(Failure::reading)?;
            kept::keep(target.scope, &unread, &answers).map_err(Failure::decoding)?;
        }
        let mut steps = Vec::with_capacity(back.steps.len());
        let mut missing = Vec::new();
        for Row { row, head, newest } in &back.steps {
            match self.script_of(target, row) {
                Some(migration) => steps.push(Step {
                    migration,
                    head: head.clone(),
                    newest: newest.clone(),
                    resume: row.running.clone().map(|progress| (row.id, progress)),
                    way: Way::Back(row.id),
                }),
                None => missing.push((row.version.clone(), row.name.clone())),
            }
        }
        if missing.is_empty() {
            return Ok(steps);
        }
        Err(Failure::last(Error::Irreversible(Box::new(
            IrreversibleError {
                target: target.clone(),
                migrations: missing,
            },
        ))))
    }

    /// What takes a row back: what the ledger kept, else what the binary carries. The latter only
    /// in a transaction: whoever finishes an interrupted one must have the same script.
    fn script_of(&self, target: &Target, row: &Recorded) -> Option<&'static Migration> {
        if let Some(kept) = kept::known(target.scope, row) {
            return Some(kept);
        }
        let mut embedded = self.migrations.of(target.scope).iter();
        let same = embedded.find(|migration| {
            migration.0.version == row.version && migration.checksum().to_string() == row.checksum
        })?;
        let down = &same.0.down.as_ref()?.0;
        down.transactional
            .then(|| kept::lend(target.scope, row, down))
    }
}

fn refusal(target: &Target, refused: &Refused<'_>) -> Failure {
    Failure::last(match refused {
        Refused::NotApplied(version) => Error::NotApplied {
            schema: target.schema.clone(),
            version: (*version).to_owned(),
        },
        Refused::Unfinished(row) => Error::Unfinished {
            schema: target.schema.clone(),
            version: row.version.clone(),
            name: row.name.clone(),
            app: row.app.clone(),
        },
    })
}
