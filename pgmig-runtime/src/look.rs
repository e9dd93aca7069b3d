//! A look at the ledger: is there anything to do, and what?

use crate::adopt::{self, Adopted};
use crate::apply::Runner;
use crate::baseline::{self, Start};
use crate::db::Session;
use crate::drizzle;
use crate::embedded::ScriptParts;
use crate::error::{Error, PlanError};
use crate::failure::Failure;
use crate::ledger::{Facts, State};
use crate::planner::{self, Plan, Policy};
use crate::repeatable::{self, Applications, Repeats, Standing};
use crate::target::Target;
use crate::{Migration, UnknownNewer, quote};

/// What one target needs, as read.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) state: State,
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
    /// The baseline that a target with nothing starts from.
    pub(crate) start: Option<Start>,
    /// What another tool applied, and the ledger does not have yet.
    pub(crate) adopted: Option<Adopted>,
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
    /// One message finds that neither scope of `public` has anything to do. Whatever else it finds,
    /// an error too, is left to the run of each.
    pub(crate) async fn both_up_to_date(&self, session: &mut Session<'_>) -> bool {
        let targets = [Target::public(), Target::drizzle()];
        let queries = targets.each_ref().map(|target| self.state_query(target));
        let Ok(answers) = session.send(queries.join("; ")).await else {
            return false;
        };
        targets.iter().zip(&answers).all(|(target, rows)| {
            let state = self.ledger.state(rows);
            let gone = |state: &State| state.known && !state.present;
            state.is_ok_and(|state| !gone(&state) && self.is_current(target, &state))
        })
    }

    /// Finds out what a target needs: one query when it needs nothing.
    pub(crate) async fn look(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Look, Failure> {
        let embedded = self.migrations.of(target.scope);
        let mut state = self.read_state(session, self.state_query(target)).await?;
        state.repeated &= !self.unlogged;
        self.check(target, &state)?;
        if self.is_up_to_date(target, &state) {
            return Ok(Look::UpToDate(None));
        }
        let facts = self.read_facts(session, target, &state).await?;
        // A plan is made for a head, and many tenants at that head may follow it.
        if !facts.fit(&state) {
            return Err(Failure::moved(target));
        }
        self.check_place(target, &facts)?;
        state.present = facts.present;
        if self.is_current(target, &state) {
            return Ok(Look::UpToDate(None));
        }
        let newer = facts.ahead && state.head != quote::hex(self.head(target));
        if newer && self.settings.unknown_newer == UnknownNewer::Allow {
            let version = state.version.unwrap_or_default();
            self.warn_ahead(target, &version);
            return Ok(Look::UpToDate(Some(version)));
        }
        let adopted = self.find_adopted(session, target, &state, &facts).await?;
        let mut known = facts.recorded.clone();
        known.extend(adopted.iter().flat_map(adopt::recorded));
        let mut plan = planner::plan(embedded, &known, self.policy()).map_err(|wrong| {
            Failure::last(Error::Plan(Box::new(PlanError {
                target: target.clone(),
                disagreements: wrong,
            })))
        })?;
        if let Some(version) = &plan.ahead {
            self.warn_ahead(target, version);
        } else {
            plan.repeats = self.plan_repeats(target, &plan, &facts, adopted.as_ref());
        }
        let start = baseline::start(self.baseline(target), &plan, facts.empty);
        Ok(Look::Behind(Box::new(Work {
            state,
            facts,
            plan,
            start,
            adopted,
        })))
    }

    /// The baseline that may be used for a target.
    pub(crate) fn baseline(&self, target: &Target) -> Option<&'static Migration> {
        let baseline = self.migrations.baseline(target.scope);
        baseline.filter(|_| self.settings.baselines)
    }

    /// What is needed to plan.
    async fn read_facts(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        state: &State,
    ) -> Result<Facts, Failure> {
        let scripts: Vec<_> = down_scripts(self.migrations.of(target.scope)).collect();
        let repeatable = self.asked_digest(target).is_some();
        let newest = self.newest(target).filter(|_| state.known);
        let query = self.ledger.read_facts(target, newest, &scripts, repeatable);
        let answers = session.send(query).await.map_err(Failure::reading)?;
        let facts = self.ledger.facts(&answers, repeatable);
        let mut facts = facts.map_err(Failure::last)?;
        drizzle::follow_upgrade(self.migrations.of(target.scope), &mut facts.recorded);
        Ok(facts)
    }

    /// What has to run of the repeatable migrations. Of a target that is made anew nothing counts
    /// that the ledger may still have.
    fn plan_repeats(
        &self,
        target: &Target,
        plan: &Plan,
        facts: &Facts,
        adopted: Option<&Adopted>,
    ) -> Option<Repeats> {
        let mut known = match self.is_anew(target, plan) {
            true => Applications::default(),
            false => facts.repeatable.clone(),
        };
        if let Some(adopted) = adopted {
            known.rows.extend(adopted.applications().rows);
        }
        let newest = self.migrations.of(target.scope).last();
        let newest = newest.map(Migration::version);
        for migration in self.migrations.repeatable_of(target.scope) {
            if repeatable::standing(migration, &known.rows, newest) == Standing::Replaced {
                tracing::warn!(
                    schema = %target.schema,
                    name = migration.name(),
                    "another binary has replaced this text of a repeatable migration; it is left so"
                );
            }
        }
        repeatable::plan(self.migrations, target.scope, &known)
    }

    /// Whether no version of a scope that has some is applied.
    pub(crate) fn is_anew(&self, target: &Target, plan: &Plan) -> bool {
        plan.fresh && !self.migrations.of(target.scope).is_empty()
    }

    /// The digest of the repeatable migrations of a target, where there are any.
    pub(crate) fn repeatable_digest(&self, target: &Target) -> Option<[u8; 32]> {
        self.migrations.repeatable_digest(target.scope)
    }

    /// The same, where the ledger can be asked about it.
    fn asked_digest(&self, target: &Target) -> Option<[u8; 32]> {
        self.repeatable_digest(target).filter(|_| !self.unlogged)
    }

    /// The one query of a boot with nothing to do.
    pub(crate) fn state_query(&self, target: &Target) -> String {
        self.ledger.read_state(target, self.asked_digest(target))
    }

    /// The newest embedded migration of a target.
    pub(crate) fn newest(&self, target: &Target) -> Option<&'static Migration> {
        self.migrations.of(target.scope).last()
    }

    /// The embedded head of a target.
    pub(crate) fn head(&self, target: &Target) -> &'static [u8] {
        head(self.migrations.of(target.scope))
    }

    /// Whether a target has all that is embedded, and that is sure. One that has more is not among
    /// them: that takes a closer look.
    pub(crate) fn is_up_to_date(&self, target: &Target, state: &State) -> bool {
        !state.taken && self.is_current(target, state)
    }

    fn is_current(&self, target: &Target, state: &State) -> bool {
        state.head == quote::hex(self.head(target))
            && (state.repeated || self.repeatable_digest(target).is_none())
    }

    pub(crate) async fn read_state(
        &self,
        session: &mut Session<'_>,
        query: String,
    ) -> Result<State, Failure> {
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

    /// What no plan can mend: the ledger knows the tenant under another schema.
    pub(crate) fn check_place(&self, target: &Target, facts: &Facts) -> Result<(), Failure> {
        match (&facts.elsewhere, target.tenant) {
            (Some(recorded), Some(tenant)) => Err(Failure::last(Error::SchemaMoved {
                tenant,
                recorded: recorded.clone(),
                expected: target.schema.clone(),
            })),
            _ => Ok(()),
        }
    }

    /// What no plan can mend: the schema is being dropped, or gone.
    pub(crate) fn check(&self, target: &Target, state: &State) -> Result<(), Failure> {
        if state.dropping {
            return Err(Failure::last(Error::Dropping {
                schema: target.schema.clone(),
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
}

/// The head once all are applied.
pub(crate) fn head(embedded: &'static [Migration]) -> &'static [u8] {
    embedded.last().map_or(&[], |migration| &migration.0.head)
}

/// The scripts that take the embedded migrations back.
pub(crate) fn down_scripts(
    embedded: &'static [Migration],
) -> impl Iterator<Item = &'static ScriptParts> {
    embedded
        .iter()
        .filter_map(|migration| migration.0.down.as_ref().map(|down| &down.0))
}
