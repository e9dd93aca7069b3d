//! What a run did, and what stands in the ledger.

use std::time::Duration;

use uuid::Uuid;

use crate::Migration;
use crate::adopt::Tool;
use crate::fleet::FleetReport;
use crate::message::{Fill, script_text};
use crate::planner::Step;
use crate::target::Target;
use crate::verify::NotReplayed;

/// What a run did to one schema.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The schema.
    pub target: Target,
    /// The baseline that it began with, where the schema had nothing yet and the binary carries
    /// one.
    pub baseline: Option<Box<FromBaseline>>,
    /// What was applied, in order, after the baseline if there was one; empty when there was
    /// nothing to do.
    pub applied: Vec<Applied>,
    /// What was taken over before, where another tool had applied migrations.
    pub adopted: Option<Box<Adoption>>,
    /// Whether the schema was created.
    pub created: bool,
    /// The newest version in the ledger, where it is newer than all that the binary carries.
    pub ahead: Option<String>,
    /// How long the run took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

impl Report {
    /// Whether nothing was to do.
    pub fn is_noop(&self) -> bool {
        self.applied.is_empty() && self.baseline.is_none()
    }
}

/// The baseline that a schema began with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FromBaseline {
    /// The version of the newest migration that it flattens.
    pub version: &'static str,
    /// Its file.
    pub path: &'static str,
    /// How many migrations it stands for. The ledger has each of them as applied.
    pub migrations: usize,
    /// How long it took, by the server's clock.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

/// What was taken over from another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Adoption {
    /// The tool.
    pub tool: Tool,
    /// Its table, with the schema.
    pub table: String,
    /// How many migrations it had applied.
    pub migrations: usize,
}

/// A schema that was taken into the ledger at a version.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AdoptedAt {
    /// The schema.
    pub target: Target,
    /// The version at which it is now.
    pub version: &'static str,
    /// How many migrations the ledger has of it now.
    pub migrations: usize,
    /// Statements of these that could not be replayed beside the schema, so that what they make was
    /// not compared.
    pub not_replayed: Vec<NotReplayed>,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

/// One migration that was applied.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Applied {
    /// Its version.
    pub version: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub path: &'static str,
    /// How long it took, by the server's clock.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

/// What [`setup`](crate::Migrator::setup) did.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SetupReport {
    /// To `public`.
    pub public: Report,
    /// To the active tenants.
    pub tenants: FleetReport,
}

/// What would run in one schema.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TargetPlan {
    /// The schema.
    pub target: Target,
    /// Whether the schema would be created.
    pub creates_schema: bool,
    /// The baseline that it would begin with, where the schema has nothing yet and the binary
    /// carries one.
    pub baseline: Option<Box<Pending>>,
    /// What would be applied, in order, after the baseline if there is one.
    pub pending: Vec<Pending>,
    /// The newest version in the ledger, where it is newer than all that the binary carries.
    pub ahead: Option<String>,
}

/// One migration that would be applied, or taken back: then it is about its down script.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Pending {
    /// Its version.
    pub version: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its file; of one that would be taken back that of the down script when it was applied.
    pub path: &'static str,
    /// Whether it runs in a transaction.
    pub transactional: bool,
    /// Statements that are done already, where it was interrupted.
    pub done: usize,
    /// The statements that lose data (`DROP TABLE`), with their lines.
    pub destroys_data: Vec<(&'static str, u32)>,
    /// Its SQL as it would be sent.
    pub sql: String,
}

impl Pending {
    /// What a migration's script would do, of which `done` statements are done already.
    pub(crate) fn new(migration: &'static Migration, done: usize, fill: Fill<'_>) -> Self {
        let script = &migration.0.up.0;
        let loses = script.statements.iter().filter(|s| s.0.destroys_data);
        Pending {
            version: migration.0.version,
            name: migration.0.name,
            path: script.path,
            transactional: script.transactional,
            done,
            destroys_data: loses.map(|s| (s.0.kind, s.0.line)).collect(),
            sql: script_text(script, fill),
        }
    }

    pub(crate) fn of(step: &Step, fill: Fill<'_>) -> Self {
        let progress = step.resume.as_ref().map(|(_, progress)| progress);
        Self::new(step.migration, progress.map_or(0, |p| p.done), fill)
    }
}

/// What stands in the ledger.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// Whether the database has a ledger yet.
    pub ledger: bool,
    /// `public`, migration by migration.
    pub public: ScopeStatus,
    /// The same of what drizzle-kit generated, where the binary carries any.
    pub drizzle: Option<ScopeStatus>,
    /// The schemas of all tenants: those in the ledger and those that the tenants query lists.
    pub tenants: Vec<TenantStatus>,
    /// Why the tenants query could not be run, where it could not. What the ledger knows of
    /// tenants is there all the same.
    pub tenants_error: Option<String>,
}

/// One scope of `public` in the ledger.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ScopeStatus {
    /// Its version by the ledger.
    pub version: Option<String>,
    /// Every migration that the ledger or the binary knows, in version order.
    pub migrations: Vec<MigrationStatus>,
}

/// One migration, seen from both sides.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: MigrationState,
    /// When it was applied, UTC, as RFC 3339 writes it.
    pub applied_at: Option<String>,
    /// The app and version that applied it.
    pub app: Option<String>,
}

/// Where a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum MigrationState {
    /// Applied, and the same in the binary.
    Applied,
    /// In the binary, not applied.
    Pending,
    /// Begun outside a transaction and not finished.
    Running,
    /// Half way back: its down script runs outside a transaction and is not finished.
    RollingBack,
    /// Applied, and different in the binary.
    Edited,
    /// Applied, and not in the binary.
    Unknown,
    /// A repeatable migration with a text that the schema had before another binary replaced it.
    Replaced,
}

/// The schema of a tenant in the ledger.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant.
    pub tenant: Uuid,
    /// Its schema.
    pub schema: String,
    /// Its version by the ledger; `None` when nothing is applied.
    pub version: Option<String>,
    /// Where it stands.
    pub state: TenantState,
    /// Whether the tenants query lists it.
    pub listed: bool,
    /// The last error, where it failed.
    pub error: Option<String>,
    /// Since when the ledger has it as active, failed or being dropped, UTC, as RFC 3339 writes it.
    pub since: Option<String>,
    /// For how many seconds.
    pub seconds: Option<u64>,
}

/// Where a tenant's schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum TenantState {
    /// It has exactly the migrations of the binary.
    UpToDate,
    /// It lacks migrations of the binary, or has others.
    Behind,
    /// It has a migration that is newer than all in the binary.
    Ahead,
    /// It was never migrated.
    New,
    /// Its last run failed.
    Failed,
    /// It is being dropped.
    Dropping,
    /// The ledger has it, but the schema does not exist.
    Gone,
}

/// What [`repair`](crate::Migrator::repair) accepted.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Repaired {
    /// The schema.
    pub target: Target,
    /// The migration's version.
    pub version: String,
    /// The checksum that the ledger had.
    pub from: String,
    /// The checksum that it has now.
    pub to: String,
}

impl Report {
    pub(crate) fn new(target: &Target) -> Self {
        Report {
            target: target.clone(),
            baseline: None,
            applied: Vec::new(),
            adopted: None,
            created: false,
            ahead: None,
            duration: Duration::ZERO,
        }
    }
}

/// Durations as whole milliseconds.
#[cfg(feature = "serde")]
pub(crate) mod milliseconds {
    use std::time::Duration;

    pub(crate) fn serialize<S: serde::Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u128(duration.as_millis())
    }
}
