//! What would run, without running it.

use uuid::Uuid;

use crate::adopt;
use crate::baseline::{self, Start};
use crate::db::{Db, Session, truth};
use crate::error::Error;
use crate::ledger::{Facts, State, nothing_in, unreadable};
use crate::look::{Look, Work};
use crate::message::Fill;
use crate::planner::{self, Plan, Policy, Recorded};
use crate::repeatable::{self, Applications};
use crate::report::{Pending, TargetPlan};
use crate::retry::Cause;
use crate::settings::{OutOfOrder, UnknownNewer};
use crate::target::Target;
use crate::{Migrator, Scope, quote};

impl Migrator {
    /// What [`setup`](Self::setup) would run, with its SQL. Only reads. Schemas with nothing to do
    /// are left out.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// for plan in migrator.plan(&pool).await? {
    ///     for migration in &plan.pending {
    ///         println!("-- {} in {}\n{}", migration.path, plan.target.schema, migration.sql);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn plan<'c>(&self, db: impl Into<Db<'c>>) -> Result<Vec<TargetPlan>, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let mut plans = self.plan_scopes(&mut session).await?;
        let public_pending = !plans.is_empty();
        if !self.migrations.has(Scope::Tenant) {
            return Ok(plans);
        }
        let tenants = match self.list_tenants(&mut session).await {
            // The table may be one that the pending migrations create.
            Err(Error::Tenants { .. }) if public_pending => Vec::new(),
            tenants => tenants?,
        };
        for tenant in tenants {
            let target = self.target(tenant)?;
            plans.extend(self.plan_target(&mut session, &target).await?);
        }
        Ok(plans)
    }

    /// What [`run_public`](Self::run_public) would run, by scope; empty when there is nothing to do.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public).
    pub async fn plan_public<'c>(&self, db: impl Into<Db<'c>>) -> Result<Vec<TargetPlan>, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        self.plan_scopes(&mut session).await
    }

    pub(crate) async fn plan_scopes(
        &self,
        session: &mut Session<'_>,
    ) -> Result<Vec<TargetPlan>, Error> {
        let public = self.plan_target(session, &Target::public()).await?;
        let mut plans: Vec<TargetPlan> = public.into_iter().collect();
        if !self.migrations.drizzle().is_empty() {
            plans.extend(self.plan_target(session, &Target::drizzle()).await?);
        }
        Ok(plans)
    }

    /// What [`run_tenant`](Self::run_tenant) would run; `None` when there is nothing to do.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public).
    pub async fn plan_tenant<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
    ) -> Result<Option<TargetPlan>, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        self.plan_target(&mut session, &target).await
    }

    async fn plan_target(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Option<TargetPlan>, Error> {
        let mut runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            match runner.look(session, target).await {
                Ok(Look::UpToDate(_)) => return Ok(None),
                Ok(Look::Behind(work)) => return Ok(target_plan(target, &work)),
                Err(failure) if failure.cause == Cause::NoLedger && !runner.unlogged => {
                    runner.unlogged = true;
                }
                Err(failure) if failure.cause == Cause::NoLedger => {
                    return self.plan_without_ledger(session, target).await;
                }
                Err(failure) => {
                    runner
                        .recover(session, target, &mut attempts, failure)
                        .await?;
                }
            }
        }
    }

    /// Without a ledger everything would run.
    async fn plan_without_ledger(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Option<TargetPlan>, Error> {
        let embedded = self.migrations.of(target.scope);
        let query = format!(
            "SELECT {empty} AS empty FROM pg_catalog.pg_namespace WHERE nspname = {schema}",
            empty = nothing_in(&target.schema),
            schema = quote::literal(&target.schema)
        );
        let present = self.read(session, query).await?.unwrap_or_default();
        let nothing = present.first().map_or(Ok(true), |row| truth(row, "empty"));
        let nothing = nothing.map_err(unreadable)?;
        let state = State {
            present: !present.is_empty(),
            ..State::default()
        };
        let runner = self.runner();
        let facts = Facts::default();
        let adopted = runner.find_adopted(session, target, &state, &facts).await;
        let adopted = adopted.map_err(|failure| failure.error)?;
        let known: Vec<Recorded> = adopted.iter().flat_map(adopt::recorded).collect();
        let policy = Policy {
            unknown_newer: UnknownNewer::Allow,
            out_of_order: OutOfOrder::Allow,
        };
        let mut plan = planner::plan(embedded, &known, policy).unwrap_or_default();
        let again = adopted.map_or_else(Applications::default, |adopted| adopted.applications());
        plan.repeats = repeatable::plan(self.migrations, target.scope, &again);
        let start = baseline::start(runner.baseline(target), &plan, nothing);
        let empty = known.is_empty();
        Ok(plan_of(target, &plan, start, !state.present, empty))
    }
}

fn target_plan(target: &Target, work: &Work) -> Option<TargetPlan> {
    let creates = !work.state.present;
    plan_of(target, &work.plan, work.start, creates, work.facts.empty)
}

fn plan_of(
    target: &Target,
    plan: &Plan,
    start: Option<Start>,
    creates: bool,
    empty: bool,
) -> Option<TargetPlan> {
    let fill = Fill {
        schema: &target.schema,
        plain: plan.fresh && empty,
        public: None,
    };
    let flattened = start.map_or(0, |start| start.flattened);
    let steps = plan.steps.iter().skip(flattened);
    let again = plan.repeats.iter().flat_map(|repeats| &repeats.apply);
    let again = again.map(|migration| Pending::new(migration, 0, fill));
    let pending = steps.map(|step| Pending::of(step, fill)).chain(again);
    let pending: Vec<Pending> = pending.collect();
    (start.is_some() || !pending.is_empty()).then(|| TargetPlan {
        target: target.clone(),
        creates_schema: creates,
        baseline: start.map(|start| Box::new(Pending::new(start.baseline, 0, fill))),
        pending,
        ahead: plan.ahead.clone(),
    })
}
