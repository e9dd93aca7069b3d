//! Which migrations share a transaction.

use crate::Migration;
use crate::baseline::Start;
use crate::embedded::{Object, Statement};
use crate::error::Error;
use crate::failure::Failure;
use crate::look::Work;
use crate::planner::Step;
use crate::repeatable::Repeats;
use crate::retry::Cause;

/// Steps that share one transaction, or the one step that must run outside of any. A baseline goes
/// before them.
#[derive(Debug)]
pub(crate) struct Group<'p> {
    pub(crate) start: Option<Start>,
    pub(crate) steps: &'p [Step],
    pub(crate) transactional: bool,
    /// Whether `CONCURRENTLY` is left out.
    pub(crate) plain: bool,
    /// The repeatable migrations, after the steps.
    pub(crate) repeats: Option<&'p Repeats>,
}

impl Group<'_> {
    /// What it applies, in order.
    pub(crate) fn migrations(&self) -> impl Iterator<Item = &'static Migration> {
        let baseline = self.start.map(|start| start.baseline);
        let steps = self.steps.iter().map(|step| step.migration);
        let again = self.repeats.iter().flat_map(|repeats| &repeats.apply);
        baseline.into_iter().chain(steps).chain(again.copied())
    }
}

/// Errors that a commit before the migration would have avoided: pending trigger events, an enum
/// value used before it is committed, more locks than one transaction may hold.
pub(crate) fn split(
    failure: Failure,
    group: &Group<'_>,
    splits: &mut Vec<&'static str>,
) -> Failure {
    let Error::Statement(error) = &failure.error else {
        return failure;
    };
    let avoidable = ["55006", "55P04", "53200"].contains(&error.sqlstate.as_str());
    let first = group.migrations().next();
    let first = first.map(|migration| migration.0.version);
    if !avoidable || first == Some(error.version) {
        return failure;
    }
    splits.push(error.version);
    Failure {
        cause: Cause::Moved,
        ..failure
    }
}

/// Divides a plan into transactions. An existing target gets one a migration, so that each lock is
/// held for one only; a fresh one gets all it can in one.
pub(crate) fn groups<'p>(work: &'p Work, splits: &[&str]) -> Vec<Group<'p>> {
    let flattened = work.start.map_or(0, |start| start.flattened);
    let steps = work.plan.steps.get(flattened..).unwrap_or_default();
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
                start: None,
                steps: &steps[start..=index],
                transactional: here,
                plain,
                repeats: None,
            });
            start = index + 1;
        }
    }
    let repeats = work.plan.repeats.as_ref();
    match (groups.last_mut(), repeats) {
        (Some(last), Some(repeats)) if joins(work, last, repeats, splits) => {
            last.repeats = Some(repeats);
        }
        (_, Some(_)) => groups.push(Group {
            start: None,
            steps: &[],
            transactional: true,
            plain,
            repeats,
        }),
        (_, None) => {}
    }
    if let Some(start) = work.start {
        begin_with(start, &mut groups, splits);
    }
    groups
}

/// Puts a baseline before the rest, in one transaction with the first of them where that can be. A
/// migration that wants a commit before it wants it after what the baseline has flattened: there,
/// an enum has all its values from the beginning.
fn begin_with(start: Start, groups: &mut Vec<Group<'_>>, splits: &[&str]) {
    let can_follow = |group: &&mut Group<'_>| {
        let first = group.migrations().next();
        let first = first.map(|migration| migration.0.version);
        group.transactional && first.is_none_or(|first| !splits.contains(&first))
    };
    match groups.first_mut().filter(can_follow) {
        Some(first) => first.start = Some(start),
        None => groups.insert(
            0,
            Group {
                start: Some(start),
                steps: &[],
                transactional: true,
                plain: true,
                repeats: None,
            },
        ),
    }
}

/// Whether the repeatable migrations share the transaction of the last steps.
fn joins(work: &Work, last: &Group<'_>, repeats: &Repeats, splits: &[&str]) -> bool {
    let mut all = repeats.apply.iter().map(|migration| &migration.0);
    let apart = all.any(|one| one.commit_before || splits.contains(&one.version));
    let together = work.plan.fresh && !apart;
    last.transactional && (together || repeats.apply.is_empty())
}

/// Whether a step can run in a transaction: always, when its file says so; on a schema that is
/// being provisioned also where only `CONCURRENTLY` was in the way.
fn in_transaction(step: &Step, plain: bool) -> bool {
    let script = &step.migration.0.up.0;
    // Without `CONCURRENTLY` a whole schema or database is still reindexed in many transactions.
    let without = |statement: &Statement| {
        let single = |object: &Object| ["table", "index"].contains(&object.kind);
        let many = statement.0.kind == "REINDEX" && !statement.0.objects.iter().all(single);
        statement.0.in_transaction || (statement.0.concurrently.is_some() && !many)
    };
    script.transactional
        || (plain && step.resume.is_none() && script.statements.iter().all(without))
}
