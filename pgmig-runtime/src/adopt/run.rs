//! Taking over, in the run of a target: found before the plan is made, written before it is
//! carried out.

use super::{Adopt, Adopted, AdoptionError, Found, Source};
use crate::apply::Runner;
use crate::db::Session;
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::{Facts, State, script_digest};
use crate::look::Work;
use crate::message::Message;
use crate::planner::{Recorded, Step, Way};
use crate::report::Adoption;
use crate::settings::OutOfOrder;
use crate::target::Target;
use crate::{Migration, drizzle, quote};

impl Runner<'_> {
    /// What is to be taken over for a target: at the first run against it, and, of what Drizzle
    /// recorded, whenever something is to do.
    pub(crate) async fn find_adopted(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        state: &State,
        facts: &Facts,
    ) -> Result<Option<Adopted>, Failure> {
        let embedded = self.migrations.of(target.scope);
        let is_drizzles = is_drizzles(embedded);
        // What was rolled back is not to be taken over again.
        let first = !facts.ever;
        let keeps_up = is_drizzles && self.settings.drizzle_ledger;
        // A schema that does not exist has no table, and a transaction of the caller's is about a
        // new one.
        if self.within || embedded.is_empty() || !state.present || !(first || keeps_up) {
            return Ok(None);
        }
        let mut found = self.read_tables(session, target, is_drizzles).await?;
        let refuses = self.settings.adopt == Adopt::Refuse && !is_drizzles;
        if found.len() > 1 || (refuses && !found.is_empty()) {
            return Err(Failure::last(Error::NotAdopted {
                schema: target.schema.clone(),
                tools: found.iter().map(|one| one.source.tool).collect(),
                tables: found.iter().map(|one| one.source.shown()).collect(),
            }));
        }
        let Some(found) = found.pop() else {
            return Ok(None);
        };
        let known = facts.recorded.iter().map(|row| row.version.as_str());
        let known: Vec<&str> = known.collect();
        let gaps_allowed = self.settings.out_of_order == OutOfOrder::Allow;
        let repeatable = self.migrations.repeatable_of(target.scope);
        let adopted = found.adopt(embedded, repeatable, &known, gaps_allowed);
        let adopted = adopted.map_err(|(source, misfits)| {
            Failure::last(Error::Adoption(Box::new(AdoptionError {
                target: target.clone(),
                tool: source.tool,
                table: source.shown(),
                misfits,
            })))
        })?;
        Ok((!adopted.migrations.is_empty()).then_some(adopted))
    }

    /// The tables of tools that have recorded anything.
    async fn read_tables(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        is_drizzles: bool,
    ) -> Result<Vec<Found>, Failure> {
        let mut found = Vec::new();
        for source in self.sources(session, target, is_drizzles).await? {
            let answers = session
                .send(Found::query(&source))
                .await
                .map_err(|failed| reading(failed.error))?;
            let read = Found::decode(source, &answers).map_err(reading)?;
            if !read.is_empty() {
                found.push(read);
            }
        }
        Ok(found)
    }

    /// The tables of tools that are there.
    async fn sources(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        is_drizzles: bool,
    ) -> Result<Vec<Source>, Failure> {
        let candidates = Source::candidates(target, &self.settings.adopt, is_drizzles);
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let answers = session
            .send(Source::look(&candidates))
            .await
            .map_err(|failed| reading(failed.error))?;
        match answers.first().and_then(|rows| rows.first()) {
            Some(row) => Source::there(candidates, row).map_err(reading),
            None => Ok(Vec::new()),
        }
    }

    /// Writes what is taken over, all or nothing, once however many processes do it at the same
    /// time.
    pub(crate) async fn write_adopted(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        work: &Work,
        adopted: &Adopted,
    ) -> Result<Adoption, Failure> {
        self.keep_downs(session, target, &work.facts, adopted)
            .await?;
        let mut message = Message::default();
        message.target(target);
        message.ours(&self.ledger.settings(
            target,
            self.settings.lock_timeout,
            self.settings.statement_timeout,
        ));
        message.ours(&self.ledger.guard(target, &work.state.head));
        message.ours(&self.ledger.still(&adopted.unchanged()));
        let recorded = &work.facts.recorded;
        for statement in self.ledger.adopt(target, adopted, recorded) {
            message.ours(&statement);
        }
        let sent = self
            .send(session, &message, self.dispatch(work.facts.citus))
            .await;
        sent.map_err(|failed| Failure::ledger("take over what is applied", failed.error))?;
        let adoption = Adoption {
            tool: adopted.tool(),
            table: adopted.table(),
            migrations: adopted.migrations.len(),
        };
        tracing::info!(
            schema = %target.schema,
            tool = %adoption.tool,
            table = adoption.table,
            migrations = adoption.migrations,
            "took over what another tool applied"
        );
        Ok(adoption)
    }

    async fn keep_downs(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        facts: &Facts,
        adopted: &Adopted,
    ) -> Result<(), Failure> {
        let mut message = Message::default();
        message.target(target);
        let downs = adopted.migrations.iter();
        let downs = downs.filter_map(|(migration, _)| migration.0.down.as_ref());
        let mut any = false;
        for down in downs.filter(|down| !facts.kept.contains(&quote::hex(&script_digest(&down.0))))
        {
            any = true;
            for statement in self.ledger.keep_script(&down.0) {
                message.ours(&statement);
            }
        }
        if any {
            let sent = self
                .send(session, &message, self.dispatch(facts.citus))
                .await;
            sent.map_err(|failed| Failure::ledger("keep the down scripts", failed.error))?;
        }
        Ok(())
    }

    /// What Drizzle's own ledger is to have of a migration, where that is kept in step.
    pub(crate) fn in_drizzle(&self, target: &Target, step: &Step) -> Option<String> {
        if !self.settings.drizzle_ledger || target.tenant.is_some() {
            return None;
        }
        match step.way {
            Way::Up => step.migration.0.drizzle.as_ref().map(drizzle::record),
            Way::Back(id) => Some(self.ledger.forget_in_drizzle(id)),
        }
    }
}

/// What is taken over, as if the ledger had it.
pub(crate) fn recorded(adopted: &Adopted) -> impl Iterator<Item = Recorded> {
    adopted.migrations.iter().map(|(migration, at)| Recorded {
        version: migration.0.version.to_owned(),
        name: migration.0.name.to_owned(),
        checksum: migration.checksum().to_string(),
        applied_at: at.clone().unwrap_or_default(),
        app: adopted.tool().to_string(),
        ..Recorded::default()
    })
}

fn is_drizzles(embedded: &[Migration]) -> bool {
    !embedded.is_empty()
        && embedded
            .iter()
            .all(|migration| migration.0.drizzle.is_some())
}

fn reading(source: sqlx::Error) -> Failure {
    match Failure::ledger("read what another tool recorded", source) {
        // A table that is gone again is no missing ledger.
        failure if failure.cause == crate::retry::Cause::NoLedger => Failure {
            cause: crate::retry::Cause::Moved,
            ..failure
        },
        failure => failure,
    }
}
