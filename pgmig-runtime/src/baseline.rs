//! Starting from a baseline: a target that has nothing yet gets at once what the migrations up to
//! a version make, and the ledger has each of those migrations as applied.

use crate::Migration;
use crate::apply::Runner;
use crate::message::{Fill, Message};
use crate::planner::{Plan, Step};
use crate::report::{Applied, FromBaseline, Report};
use crate::target::Target;

/// Where a target that has nothing yet begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) baseline: &'static Migration,
    /// How many of the plan's steps it stands for.
    pub(crate) flattened: usize,
}

impl Start {
    /// What the plan's steps up to the baseline come to, for the ledger.
    pub(crate) fn flattened(self, plan: &Plan) -> &[Step] {
        plan.steps.get(..self.flattened).unwrap_or_default()
    }
}

/// The beginning of a plan for a target that has nothing: no rows in the ledger, and no relation in
/// its schema, or none that would be in the way of what a baseline makes.
pub(crate) fn start(
    baseline: Option<&'static Migration>,
    plan: &Plan,
    empty: bool,
) -> Option<Start> {
    let baseline = baseline.filter(|_| plan.fresh && empty)?;
    let newest = plan
        .steps
        .iter()
        .position(|step| step.migration.version() == baseline.version())?;
    let fits = plan.steps[newest].head == baseline.0.head;
    fits.then_some(Start {
        baseline,
        flattened: newest + 1,
    })
}

/// `pg_dump` writes functions before the tables that they are about, so their bodies are not
/// checked; what the session had is put back for the migrations that come after.
const UNCHECKED: &str = "SELECT pg_catalog.set_config('pgmig.check_function_bodies', pg_catalog.current_setting('check_function_bodies'), true), \
    pg_catalog.set_config('check_function_bodies', 'off', true)";
const CHECKED: &str = "SELECT pg_catalog.set_config('check_function_bodies', pg_catalog.current_setting('pgmig.check_function_bodies'), true)";

impl Runner<'_> {
    /// The statements of a baseline, and what the ledger is to have of it.
    pub(crate) fn add_baseline(
        &self,
        message: &mut Message,
        target: &Target,
        start: Start,
        flattened: &[Step],
        fill: Fill<'_>,
    ) {
        let script = &start.baseline.0.up.0;
        message.ours(UNCHECKED);
        for index in 0..script.statements.len() {
            message.statement(start.baseline, script, index, fill);
        }
        message.ours(CHECKED);
        let origin = format!("baseline {}", start.baseline.0.version);
        let record = self.ledger.record_flattened(target, &origin, flattened);
        message.record(start.baseline, &record);
        for step in flattened {
            if let Some(statement) = self.in_drizzle(target, step) {
                message.ours(&statement);
            }
        }
    }
}

/// Notes that a target began with a baseline.
pub(crate) fn report(report: &mut Report, migrations: usize, baseline: Applied) {
    tracing::info!(
        schema = %report.target.schema,
        version = baseline.version,
        migrations,
        duration = ?baseline.duration,
        "started from a baseline"
    );
    report.baseline = Some(Box::new(FromBaseline {
        version: baseline.version,
        path: baseline.path,
        migrations,
        duration: baseline.duration,
    }));
}
