//! What a command did or found, for people and for scripts.

use pgmig_runtime::{
    AdoptedAt, FleetReport, FleetRollbackPlan, FleetStatus, MigrationState, Repaired, Report,
    RollbackPlan, RollbackReport, SetupReport, Status, TargetPlan, TenantState, TenantStatus,
    Verification, Version,
};

use super::Exported;

/// What a command did or found.
///
/// `{}` writes it as text, `{:#}` as text with colours. As JSON it is what it holds, without a
/// name around it.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Answer {
    /// What was applied to one schema.
    Run(Report),
    /// What was applied to `public` and to the tenants.
    Setup(SetupReport),
    /// What is applied where.
    Status(Status),
    /// Where the fleet stands.
    Fleet(FleetStatus),
    /// What would be applied.
    Plan(Vec<TargetPlan>),
    /// What was taken back.
    Rollback(RollbackReport),
    /// What would be taken back.
    RollbackPlan(RollbackPlan),
    /// What was taken back from the tenants.
    FleetRollback(FleetReport),
    /// What would be taken back from the tenants.
    FleetRollbackPlan(FleetRollbackPlan),
    /// What was accepted as it is now.
    Repair(Vec<Repaired>),
    /// What was taken into the ledger.
    Adopted(AdoptedAt),
    /// Which schemas are what their migrations make.
    Verification(Verification),
    /// The same, as the statements that would repair them.
    Repairs(Verification),
    /// The files that were written.
    Export(Exported),
}

impl Answer {
    /// Whether it shows something that is left to apply.
    pub fn is_behind(&self) -> bool {
        match self {
            Answer::Status(status) => {
                let scopes = [Some(&status.public), status.drizzle.as_ref()];
                let mut migrations = scopes.into_iter().flatten().flat_map(|s| &s.migrations);
                migrations.any(|migration| is_left(migration.state))
                    || status.tenants.iter().any(is_behind)
            }
            Answer::Fleet(fleet) => {
                let at = fleet.public.as_deref().map(Version::new);
                let newest = fleet.public_newest.map(Version::new);
                at < newest || fleet.drizzle_behind || fleet.tenants.iter().any(is_behind)
            }
            Answer::Plan(plans) => {
                let mut plans = plans.iter();
                plans.any(|plan| !plan.pending.is_empty() || plan.baseline.is_some())
            }
            Answer::Run(_)
            | Answer::Setup(_)
            | Answer::Rollback(_)
            | Answer::RollbackPlan(_)
            | Answer::FleetRollback(_)
            | Answer::FleetRollbackPlan(_)
            | Answer::Repair(_)
            | Answer::Adopted(_)
            | Answer::Verification(_)
            | Answer::Repairs(_)
            | Answer::Export(_) => false,
        }
    }

    /// Whether a tenant failed, its schema is gone, it lives in another one than it should, or a
    /// schema could not be compared with its migrations.
    pub fn is_troubled(&self) -> bool {
        match self {
            Answer::Setup(report) => !report.tenants.is_healthy(),
            Answer::FleetRollback(report) => !report.is_healthy(),
            Answer::Verification(found) | Answer::Repairs(found) => !found.unverified.is_empty(),
            _ => false,
        }
    }

    /// Whether it shows a schema that is not what its migrations make.
    pub fn is_drifted(&self) -> bool {
        match self {
            Answer::Verification(found) | Answer::Repairs(found) => !found.is_sound(),
            _ => false,
        }
    }
}

fn is_left(state: MigrationState) -> bool {
    matches!(
        state,
        MigrationState::Pending | MigrationState::Running | MigrationState::RollingBack
    )
}

/// Only tenants that the tenants query lists are migrated, so only they can be behind.
fn is_behind(tenant: &TenantStatus) -> bool {
    let settled = matches!(tenant.state, TenantState::UpToDate | TenantState::Ahead);
    tenant.listed && !settled
}
