//! The way back of one schema: read, plan, claim and undo, and again until it is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::plan::{self, Back, Goal, Refused, Row};
use super::{IrreversibleError, Pin, RollbackPlan, RollbackReport, RollbackTo, canonical, kept};
use crate::apply::Runner;
use crate::db::Session;
use crate::drizzle;
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
use crate::{Migration, Scope, quote};

/// A migration with its down script, as a plan shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    version: String,
    checksum: String,
    down: Option<String>,
}

impl Shown {
    pub(super) fn of(row: &Recorded) -> Self {
        Shown {
            version: row.version.clone(),
            checksum: row.checksum.clone(),
            down: row.down.clone(),
        }
    }
}

/// The way back of one schema: what is asked for, and what was done so far.
///
/// What is asked for becomes definite by the first look: a second attempt after an unknown outcome
/// must not go one step further, nor take back what somebody applied meanwhile.
#[derive(Debug)]
pub(crate) struct Return {
    goal: Goal,
    rows: Option<BTreeSet<i64>>,
    /// What it has to be at the first look.
    pin: Option<Pin>,
    /// What alone may be taken back.
    shown: Option<Arc<[Shown]>>,
    pub(crate) report: RollbackReport,
}

impl Return {
    pub(super) fn new(target: &Target, to: &RollbackTo) -> Self {
        Return {
            goal: Goal::To(canonical(to)),
            rows: None,
            pin: None,
            shown: None,
            report: RollbackReport {
                target: target.clone(),
                rolled_back: Vec::new(),
                version: None,
                duration: Duration::ZERO,
            },
        }
    }

    /// What a plan of one schema shows.
    pub(super) fn pinned(plan: &RollbackPlan) -> Self {
        let to = settled(plan.version.clone());
        Return {
            rows: Some(plan.pin.rows.clone()),
            pin: Some(plan.pin.clone()),
            ..Self::new(&plan.target, &to)
        }
    }

    /// What a plan of many tenants shows of one of them.
    pub(super) fn shown(target: &Target, goal: Goal, shown: Arc<[Shown]>) -> Self {
        Return {
            goal,
            shown: Some(shown),
            ..Self::new(target, &RollbackTo::OneStep)
        }
    }

    /// Refuses to begin where the schema is not as the plan found it.
    fn check(&mut self, state: &State) -> Result<(), Error> {
        match self.pin.take() {
            Some(pin) if pin.head != state.head => Err(Error::PlanOutdated {
                schema: self.report.target.schema.clone(),
                planned: pin.version,
                found: state.version.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Accepts the first plan; refuses one that has more in it than that or than was shown.
    fn settle(&mut self, back: &Back<'_>) -> Result<(), Error> {
        let rows = || back.steps.iter().map(|step| step.row);
        let is_new = |row: &&Recorded| {
            let planned = self.rows.as_ref().is_none_or(|rows| rows.contains(&row.id));
            let shown = self.shown.as_ref();
            !planned || shown.is_some_and(|shown| !shown.contains(&Shown::of(row)))
        };
        if let Some(row) = rows().find(is_new) {
            return Err(Error::MigratedMeanwhile {
                schema: self.report.target.schema.clone(),
                version: row.version.clone(),
                name: row.name.clone(),
            });
        }
        if self.rows.is_none() {
            self.rows = Some(rows().map(|row| row.id).collect());
            self.goal = Goal::To(settled(back.version.clone()));
        }
        Ok(())
    }
}

fn settled(version: Option<String>) -> RollbackTo {
    match version {
        Some(version) => RollbackTo::Version(version),
        None => RollbackTo::Nothing,
    }
}

impl Runner<'_> {
    /// Takes a schema back.
    pub(super) async fn roll_back(
        &self,
        session: &mut Session<'_>,
        back: &mut Return,
    ) -> Result<(), Error> {
        let target = back.report.target.clone();
        let mut attempts = self.attempts();
        loop {
            let done = back.report.rolled_back.len();
            let tried = self.attempt_back(session, back).await;
            if back.report.rolled_back.len() > done {
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
    ) -> Result<(Work, Option<String>), Error> {
        let mut attempts = self.attempts();
        loop {
            match self.look_back(session, &mut Return::new(target, to)).await {
                Ok(found) => return Ok(found),
                Err(failure) => {
                    self.recover(session, target, &mut attempts, failure)
                        .await?;
                }
            }
        }
    }

    /// One attempt: looks, and takes back what is to do.
    pub(crate) async fn attempt_back(
        &self,
        session: &mut Session<'_>,
        back: &mut Return,
    ) -> Result<(), Failure> {
        let target = back.report.target.clone();
        let (mut work, version) = self.look_back(session, back).await?;
        let mut head = work.state.head.clone();
        for mut step in std::mem::take(&mut work.plan.steps) {
            let undone = self
                .undo(session, &target, &work, &mut step, &mut head)
                .await?;
            for undone in undone {
                tracing::info!(
                    schema = %target.schema,
                    version = undone.version,
                    name = undone.name,
                    duration = ?undone.duration,
                    "rolled a migration back"
                );
                back.report.rolled_back.push(undone);
            }
            head = quote::hex(&step.head);
        }
        back.report.version = version;
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
            repeats: None,
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
        message.ours(&self.ledger.forget_repeatable(target));
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
        asked: &mut Return,
    ) -> Result<(Work, Option<String>), Failure> {
        let target = &asked.report.target.clone();
        let query = self.ledger.read_state(target, None);
        let (state, facts) = match self.read_state(session, query).await {
            Ok(mut state) => {
                self.check(target, &state)?;
                let answers = session
                    .send(self.ledger.read_facts(target, None, &[], false))
                    .await;
                let answers = answers.map_err(Failure::reading)?;
                let facts = self.ledger.facts(&answers, false);
                let mut facts = facts.map_err(Failure::last)?;
                if !facts.fit(&state) {
                    return Err(Failure::moved(target));
                }
                self.check_place(target, &facts)?;
                state.present = facts.present;
                let embedded = self.migrations.of(target.scope);
                drizzle::follow_upgrade(embedded, &mut facts.recorded);
                (state, facts)
            }
            Err(failure) if failure.cause == Cause::NoLedger => {
                (State::default(), Facts::default())
            }
            Err(failure) => return Err(failure),
        };
        asked.check(&state).map_err(Failure::last)?;
        let goal = asked.goal.clone();
        let back = plan::plan(&facts.recorded, &goal);
        let back = back.map_err(|refused| refusal(target, &refused))?;
        asked.settle(&back).map_err(Failure::last)?;
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
        let rows: Vec<&Recorded> = back.steps.iter().map(|step| step.row).collect();
        self.read_kept(session, target.scope, &rows).await?;
        let mut steps = Vec::with_capacity(back.steps.len());
        let mut missing = Vec::new();
        for Row { row, head, newest } in &back.steps {
            match self.script_of(target.scope, row) {
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

    /// Reads the scripts of rows from the ledger, as far as they were not read before.
    pub(super) async fn read_kept(
        &self,
        session: &mut Session<'_>,
        scope: Scope,
        rows: &[&Recorded],
    ) -> Result<(), Failure> {
        let unread = |row: &&&Recorded| row.down.is_some() && kept::known(scope, row).is_none();
        let unread: Vec<&Recorded> = rows.iter().filter(unread).copied().collect();
        if unread.is_empty() {
            return Ok(());
        }
        let digests: Vec<&str> = unread.iter().filter_map(|r| r.down.as_deref()).collect();
        let answers = session.send(self.ledger.read_scripts(&digests)).await;
        let answers = answers.map_err(Failure::reading)?;
        kept::keep(scope, &unread, &answers).map_err(Failure::decoding)
    }

    /// What takes a row back: what the ledger kept, else what the binary carries. The latter only
    /// in a transaction: whoever finishes an interrupted one must have the same script.
    pub(super) fn script_of(&self, scope: Scope, row: &Recorded) -> Option<&'static Migration> {
        if let Some(kept) = kept::known(scope, row) {
            return Some(kept);
        }
        let mut embedded = self.migrations.of(scope).iter();
        let same = embedded.find(|migration| {
            migration.0.version == row.version && migration.checksum().to_string() == row.checksum
        })?;
        let down = &same.0.down.as_ref()?.0;
        down.transactional.then(|| kept::lend(scope, row, down))
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
