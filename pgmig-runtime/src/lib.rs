//! Applies embedded migrations: a migration list and a connection become a migrated schema.
//!
//! No parser: every fact about a statement was computed when the migrations were embedded.

// docs.rs says beside an item which feature brings it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod activity;
mod adopt;
mod apply;
mod baseline;
mod db;
mod digest;
mod disagreement;
mod drizzle;
mod embedded;
mod error;
mod failure;
mod fingerprint;
mod fleet;
mod group;
mod identity;
mod journal;
mod ledger;
mod look;
mod message;
mod migrator;
mod plan;
mod planner;
mod probe;
mod quote;
mod recover;
mod render;
mod repair;
mod repeatable;
mod report;
mod retry;
mod rollback;
mod settings;
mod stale;
mod status;
mod target;
mod verify;
mod watch;
mod worker;

pub use adopt::{Adopt, AdoptionError, Misfit, Tool};
pub use db::Db;
pub use disagreement::Disagreement;
pub use embedded::{Migration, Migrations};
pub use error::{Activity, BlockedError, Error, PlanError, StatementError, UnknownEffect};
pub use fingerprint::{
    Change, Description, Difference, Drift, Fact, Fingerprint, FingerprintOptions, describe,
    fingerprint,
};
pub use fleet::{
    Dropped, Event, Finish, FleetError, FleetReport, FleetStatus, Moved, OnFailure, Requeue,
    StateCount, TenantFailure, Tenants, VersionCount,
};
pub use identity::{Checksum, Scope, Version};
/// The files that a binary carries: a folder, and what is in one.
pub use include_dir::{Dir, DirEntry, File};
pub use migrator::Migrator;
pub use report::{
    AdoptedAt, Adoption, Applied, FromBaseline, MigrationState, MigrationStatus, Pending, Repaired,
    Report, ScopeStatus, SetupReport, Status, TargetPlan, TenantState, TenantStatus,
};
pub use retry::Retry;
pub use rollback::{
    FleetRollbackPlan, FleetRollbackStep, Irreversible, IrreversibleError, IrreversibleFleetError,
    Rehearsal, RehearsalOutcome, RollbackPlan, RollbackReport, RollbackTo,
};
pub use settings::{Dispatch, OnDrift, OutOfOrder, UnknownNewer};
pub use stale::{FileChange, StaleError};
pub use target::Target;
/// The identifier of a tenant.
pub use uuid::Uuid;
pub use verify::{DriftGroup, NotReplayed, Unverified, Verification};

/// What `embed_migrations!` writes. The module's name carries the exact version, so that a macro
/// and a runtime that do not fit fail to build instead of misunderstanding each other.
#[doc(hidden)]
pub mod __private_0_1_0 {
    pub use crate::adopt::{Adopt, Tool};
    pub use crate::embedded::rows::*;
    pub use crate::embedded::{
        DrizzleEntry, List, Migration, MigrationParts, Migrations, MigrationsParts, Object, Probe,
        Script, ScriptParts, Span, Statement, StatementParts,
    };
    pub use crate::identity::{Scope, Version};
    pub use include_dir::{Dir, DirEntry, File};
}
