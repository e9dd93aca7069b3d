//! Where a migration outside a transaction goes on: at its beginning, or where a run that died left
//! it.

use super::Journal;
use crate::activity;
use crate::db::{number, send, text};
use crate::error::{Error, UnknownEffect};
use crate::failure::Failure;
use crate::probe::{Effect, settle};
use crate::watch::marker;
use crate::worker::Worker;

impl Journal<'_> {
    /// Opens the journal, or takes over one that was left, and finds out about the statement that
    /// was begun and not noted as done.
    pub(super) async fn start(&mut self, worker: &mut Worker<'_>) -> Result<(), Failure> {
        let ledger = self.runner.ledger;
        let Some((id, progress)) = &self.step.resume else {
            let begin = ledger.begin(self.target, self.step, &self.row.owner, self.is_outside(0));
            let answers = self.note(worker, vec![begin]).await?;
            let row = answers.iter().flatten().next();
            let id = row.and_then(|row| number(row, "id").ok());
            self.row.id = id.ok_or_else(|| Failure::moved(self.target))?;
            return Ok(());
        };
        self.wait_for_orphan(worker, *id).await?;
        let take_over = ledger.take_over(self.step, &self.row);
        let answers = self.note(worker, vec![take_over]).await?;
        if answers.iter().flatten().next().is_none() {
            return Err(Failure::moved(self.target));
        }
        if progress.in_flight && self.is_outside(self.done) {
            self.settle(worker).await?;
        }
        if self.is_outside(self.done) {
            let mark = ledger.mark(self.step, &self.row, self.done, true);
            self.note_fenced(worker, vec![mark]).await?;
        }
        Ok(())
    }

    /// A killed process can leave its statement running on the server, which notices only at its
    /// end. What it does is not lost: it is waited for, and then looked at.
    async fn wait_for_orphan(&self, worker: &mut Worker<'_>, id: i64) -> Result<(), Failure> {
        let reading = |error| Failure::ledger("read the journal", error);
        let answers = send(worker.connection(), self.runner.ledger.owner(id)).await;
        let answers = answers.map_err(|failed| reading(failed.error))?;
        let row = answers.iter().flatten().next();
        let owner = row.and_then(|row| text(row, "owner").ok().flatten());
        let Some(owner) = owner else {
            return Ok(());
        };
        let runs = activity::runs(worker.connection(), &marker(&owner)).await;
        match runs.map_err(reading)? {
            true => Err(Failure::busy(self.target)),
            false => Ok(()),
        }
    }

    async fn settle(&mut self, worker: &mut Worker<'_>) -> Result<(), Failure> {
        let script = &self.step.migration.0.up.0;
        let Some(statement) = self.statements().get(self.done) else {
            return Ok(());
        };
        let looked = settle(
            worker.connection(),
            self.target,
            statement,
            script.idempotent,
        )
        .await;
        let effect = looked.map_err(|failed| {
            Failure::ledger("find out what was done before the crash", failed.error)
        })?;
        match effect {
            Effect::NotDone => {
                self.begun = Some(self.done);
                Ok(())
            }
            Effect::Done => self.note_done(worker).await,
            Effect::Unknown => Err(Failure::last(Error::UnknownEffect(Box::new(
                UnknownEffect::new(
                    self.target,
                    script,
                    statement,
                    &self.runner.ledger.schema,
                    self.row.id,
                    self.done,
                ),
            )))),
        }
    }
}
