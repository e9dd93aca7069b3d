//! What a command did or found, for people and for scripts.

use pgmig_runtime::{
    FleetStatus, MigrationState, Repaired, Report, RollbackPlan, RollbackReport, SetupReport,
    Status, TargetPlan, TenantState, TenantStatus, Version,
};

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
    /// What was accepted as it is now.
    Repair(Vec<Repaired>),
}

impl Answer {
    /// Whether it shows something that is left to apply.
    pub fn is_behind(&self) -> bool {
        match self {
            Answer::Status(status) => {
                let mut public = status.public.migrations.iter();
                public.any(|migration| is_left(migration.state))
                    || status.tenants.iter().any(is_behind)
            }
            Answer::Fleet(fleet) => {
                let at = fleet.public.as_deref().map(Version::new);
                let newest = fleet.public_newest.map(Version::new);
                at < newest || fleet.tenants.iter().any(is_behind)
            }
            Answer::Plan(plans) => plans.iter().any(|plan| !plan.pending.is_empty()),
            Answer::Run(_)
            | Answer::Setup(_)
            | Answer::Rollback(_)
            | Answer::RollbackPlan(_)
            | Answer::Repair(_) => false,
        }
    }

    /// Whether a tenant failed, its schema is gone, or it lives in another one than it should.
    pub fn is_troubled(&self) -> bool {
        matches!(self, Answer::Setup(report) if !report.tenants.is_healthy())
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
