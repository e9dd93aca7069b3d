//! The plan of a way back of many tenants: what they have, whether all of it has a way back, and who
//! is to be taken back. A few queries, whatever the number of tenants.

use std::sync::Arc;

use super::{FleetRollbackPlan, FleetRollbackStep, Irreversible, IrreversibleFleetError};
use crate::db::{Answers, Session, number, required, text, truth};
use crate::error::Error;
use crate::failure::Failure;
use crate::fleet::{FleetReport, Moved, Tenants};
use crate::ledger::{Ledger, unreadable};
use crate::message::Fill;
use crate::planner::{Progress, Recorded};
use crate::report::Pending;
use crate::retry::Cause;
use crate::rollback::run::Shown;
use crate::rollback::{RollbackTo, canonical};
use crate::target::Target;
use crate::{Migration, Migrator, Scope, Uuid, Version, quote};

/// A migration that tenants have, with the same down script.
struct Group {
    row: Recorded,
    tenants: usize,
    /// One of them.
    schema: String,
}

impl Migrator {
    /// Plans the way back of tenants.
    pub(super) async fn plan_back(
        &self,
        session: &mut Session<'_>,
        tenants: &Tenants,
        to: &RollbackTo,
    ) -> Result<FleetRollbackPlan, Error> {
        let started = std::time::Instant::now();
        let mut plan = FleetRollbackPlan {
            listed: 0,
            tenants: Vec::new(),
            steps: Vec::new(),
            unlisted: Vec::new(),
            report: FleetReport::default(),
            shown: Arc::new([]),
            from: None,
        };
        let known = self.ask(session, tenants, self.ledger.exists()).await?;
        let known = known.first().and_then(|rows| rows.first());
        if !known.is_some_and(|row| truth(row, "known").unwrap_or(false)) {
            return Ok(plan);
        }
        let query = self.ledger.applied_to(tenants, &self.settings.tenants);
        let answers = self.ask(session, tenants, query).await?;
        let groups = groups(&answers).map_err(unreadable)?;
        plan.listed = listed(&answers).map_err(unreadable)?;
        let (back, from) = in_the_way(groups, &canonical(to))?;
        plan.report.listed = plan.listed;
        if from.is_none() {
            return Ok(plan);
        }
        self.show(session, &back, &mut plan).await?;
        let versions: Vec<&str> = back
            .iter()
            .map(|group| group.row.version.as_str())
            .collect();
        let query = self
            .ledger
            .who_has(tenants, &self.settings.tenants, &versions);
        let answers = self.ask(session, tenants, query).await?;
        self.sort_back(tenants, &answers, &mut plan)?;
        plan.from = from;
        plan.report.unlisted.clone_from(&plan.unlisted);
        plan.report.duration = started.elapsed();
        Ok(plan)
    }

    /// Shows what is taken back, or refuses where something has no way back.
    async fn show(
        &self,
        session: &mut Session<'_>,
        back: &[Group],
        plan: &mut FleetRollbackPlan,
    ) -> Result<(), Error> {
        let runner = self.runner();
        let rows: Vec<&Recorded> = back.iter().map(|group| &group.row).collect();
        let mut attempts = runner.attempts();
        while let Err(failure) = runner.read_kept(session, Scope::Tenant, &rows).await {
            let target = Target::public();
            runner
                .recover(session, &target, &mut attempts, failure)
                .await?;
        }
        let mut missing = Vec::new();
        let mut last: Option<&'static Migration> = None;
        for group in back {
            let row = &group.row;
            // Whoever is not finished going up is refused on its own.
            let unfinished = row.running.is_some() && !row.rolling_back;
            match runner.script_of(Scope::Tenant, row) {
                Some(_) if unfinished => {}
                Some(migration) => {
                    let fill = Fill {
                        schema: &group.schema,
                        plain: false,
                        public: None,
                    };
                    match plan.steps.last_mut().filter(|_| is_same(last, migration)) {
                        Some(same) => same.tenants += group.tenants,
                        None => plan.steps.push(FleetRollbackStep {
                            tenants: group.tenants,
                            migration: Pending::new(migration, 0, fill),
                        }),
                    }
                    last = Some(migration);
                }
                None if unfinished => {}
                None => missing.push(Irreversible {
                    version: row.version.clone(),
                    name: row.name.clone(),
                    tenants: group.tenants,
                    schema: group.schema.clone(),
                }),
            }
        }
        if !missing.is_empty() {
            return Err(Error::IrreversibleFleet(Box::new(IrreversibleFleetError {
                migrations: missing,
            })));
        }
        plan.shown = rows.into_iter().map(Shown::of).collect();
        Ok(())
    }

    /// Sorts the tenants into those to take back and those to tell of.
    fn sort_back(
        &self,
        tenants: &Tenants,
        answers: &Answers,
        plan: &mut FleetRollbackPlan,
    ) -> Result<(), Error> {
        let mut seen = std::collections::HashSet::new();
        for row in answers.iter().flatten() {
            let found = Found::decode(row).map_err(unreadable)?;
            let Some(tenant) = found.tenant else {
                return Err(self.refused(tenants, "NULL is not a UUID".to_owned()));
            };
            if !seen.insert(tenant) {
                continue;
            }
            let expected = self.target(tenant)?;
            let recorded = Target {
                schema: found.schema.clone(),
                ..expected.clone()
            };
            if found.dropping {
                plan.report.dropping.push(recorded);
            } else if !found.listed {
                plan.unlisted.push(recorded);
            } else if found.schema != expected.schema {
                plan.report.moved.push(Moved {
                    tenant,
                    recorded: found.schema,
                    expected: expected.schema,
                });
            } else if found.present {
                plan.tenants.push(expected);
            } else {
                plan.report.gone.push(recorded);
            }
        }
        Ok(())
    }

    /// Asks about the tenants. A server that is lost is waited for.
    async fn ask(
        &self,
        session: &mut Session<'_>,
        tenants: &Tenants,
        query: String,
    ) -> Result<Answers, Error> {
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failed = match session.send(query.clone()).await {
                Ok(answers) => return Ok(answers),
                Err(failed) => failed,
            };
            if Cause::of(&failed.error) != Cause::Connection {
                return Err(self.unlistable(tenants, &failed.error));
            }
            let failure = Failure::ledger("list the tenants", failed.error);
            runner
                .recover(session, &Target::public(), &mut attempts, failure)
                .await?;
        }
    }
}

fn is_same(last: Option<&'static Migration>, next: &'static Migration) -> bool {
    last.is_some_and(|last| std::ptr::eq(last, next))
}

/// A tenant that has something to take back.
struct Found {
    /// `None` for what the query lists as NULL.
    tenant: Option<Uuid>,
    listed: bool,
    schema: String,
    dropping: bool,
    present: bool,
}

impl Found {
    fn decode(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        let tenant = text(row, "tenant")?;
        Ok(Found {
            tenant: tenant.and_then(|id| Uuid::parse_str(&id).ok()),
            listed: truth(row, "is_listed")?,
            schema: required(row, "schema")?,
            dropping: truth(row, "dropping")?,
            present: truth(row, "present")?,
        })
    }
}

fn listed(answers: &Answers) -> sqlx::Result<usize> {
    match answers.first().and_then(|rows| rows.first()) {
        Some(row) => Ok(usize::try_from(number(row, "listed")?).unwrap_or(0)),
        None => Ok(0),
    }
}

/// What the tenants have, the newest first.
fn groups(answers: &Answers) -> sqlx::Result<Vec<Group>> {
    let rows = answers.get(1).map_or(&[][..], Vec::as_slice);
    let mut groups = Vec::with_capacity(rows.len());
    for row in rows {
        let state = required(row, "state")?;
        groups.push(Group {
            row: Recorded {
                version: required(row, "version")?,
                name: required(row, "name")?,
                checksum: required(row, "checksum")?,
                running: (state != "applied").then(Progress::default),
                rolling_back: state == "rolling_back",
                down: text(row, "down")?,
                ..Recorded::default()
            },
            tenants: usize::try_from(number(row, "tenants")?).unwrap_or(0),
            schema: required(row, "schema")?,
        });
    }
    groups.sort_by(|a, b| {
        let version = |group: &Group| group.row.version.clone();
        let (a_version, b_version) = (version(a), version(b));
        Version::new(&b_version)
            .cmp(&Version::new(&a_version))
            .then_with(|| a.row.down.cmp(&b.row.down))
    });
    Ok(groups)
}

/// Of what the tenants have, what has to be taken back, and the lowest version of that. What was
/// interrupted on its way back has to end first, so it is part of it in any case.
fn in_the_way(groups: Vec<Group>, to: &RollbackTo) -> Result<(Vec<Group>, Option<String>), Error> {
    let newest = groups.first().map(|group| group.row.version.clone());
    if let RollbackTo::Version(version) = to {
        let is_it = |group: &Group| group.row.version == *version && group.row.running.is_none();
        if newest.is_some() && !groups.iter().any(is_it) {
            return Err(Error::NotAppliedToAny {
                version: version.clone(),
            });
        }
    }
    let asked_for = |group: &&Group| match to {
        RollbackTo::Nothing => true,
        RollbackTo::OneStep => Some(&group.row.version) == newest.as_ref(),
        RollbackTo::Version(version) => Version::new(&group.row.version) > Version::new(version),
    };
    let lowest = groups.iter().rfind(asked_for);
    let Some(lowest) = lowest.map(|group| group.row.version.clone()) else {
        return Ok((Vec::new(), None));
    };
    let goes = |group: &Group| {
        group.row.rolling_back || Version::new(&group.row.version) >= Version::new(&lowest)
    };
    let back = groups.into_iter().filter(goes).collect();
    Ok((back, Some(lowest)))
}

/// What the plan of many tenants asks the ledger.
impl Ledger {
    /// The query for whether there is a ledger.
    fn exists(&self) -> String {
        format!(
            "SELECT pg_catalog.to_regclass({}) IS NOT NULL AS known",
            quote::literal(&format!("{}.target", self.quoted()))
        )
    }

    /// The queries for how many tenants there are, and for what they have: a row for each migration
    /// and down script.
    fn applied_to(&self, tenants: &Tenants, active: &str) -> String {
        let listed = tenants.listed(active);
        format!(
            "SELECT pg_catalog.count(*) AS listed FROM ({listed}) AS l; \
             SELECT h.version, h.name, h.checksum, pg_catalog.encode(h.down, 'hex') AS down, h.state, \
             pg_catalog.count(*) AS tenants, pg_catalog.min(h.schema) AS schema \
             FROM (SELECT DISTINCT k.tenant FROM ({listed}) AS k) AS l \
             JOIN {l}.target AS t ON t.tenant = l.tenant AND t.scope = 'tenant' AND t.state <> 'dropping' \
             JOIN {l}.history AS h ON h.schema = t.schema AND h.scope = 'tenant' AND h.state <> 'rolled_back' \
             GROUP BY h.version, h.name, h.checksum, h.down, h.state",
            l = self.quoted(),
        )
    }

    /// The query for the tenants that have one of these versions.
    fn who_has(&self, tenants: &Tenants, active: &str, versions: &[&str]) -> String {
        let versions: Vec<String> = versions.iter().map(|v| quote::literal(v)).collect();
        let join = match tenants.is_whole() {
            true => "FULL",
            false => "LEFT",
        };
        format!(
            "SELECT coalesce(l.tenant, t.tenant) AS tenant, l.place IS NOT NULL AS is_listed, t.schema, \
             t.state = 'dropping' AS dropping, n.oid IS NOT NULL AS present \
             FROM ({listed}) AS l {join} JOIN (SELECT k.tenant, k.schema, k.state FROM {l}.target AS k \
             WHERE k.scope = 'tenant' AND k.tenant IS NOT NULL) AS t ON t.tenant = l.tenant \
             LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema \
             WHERE EXISTS (SELECT FROM {l}.history AS h WHERE h.schema = t.schema AND h.scope = 'tenant' \
             AND h.state <> 'rolled_back' AND h.version IN ({versions})) ORDER BY l.place, t.schema",
            listed = tenants.listed(active),
            l = self.quoted(),
            versions = versions.join(", "),
        )
    }
}
