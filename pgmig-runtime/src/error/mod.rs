//! Why a run did not succeed, in words that say what to do.

mod blocked;
mod statement;

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

pub use self::blocked::{Activity, BlockedError};
pub use self::statement::{StatementError, UnknownEffect};
use crate::adopt::{AdoptionError, Tool};
use crate::disagreement::Disagreement;
use crate::fleet::FleetError;
use crate::rollback::{IrreversibleError, IrreversibleFleetError};
use crate::stale::StaleError;
use crate::target::Target;
use crate::{Scope, render};

/// Why a run did not succeed. What was applied before it is kept; the migration that failed left
/// nothing behind, unless it runs outside a transaction, where the error says how far it came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server could not be reached in time, or was lost.
    #[error("{}", render::connection(.doing, *.outcome_unknown, .source))]
    Connection {
        /// What was being done.
        doing: &'static str,
        /// Whether a message was on its way: what it asked for may have been done. Running again
        /// finds out by the ledger.
        outcome_unknown: bool,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// A statement of a migration failed.
    #[error(transparent)]
    Statement(Box<StatementError>),
    /// The ledger and the binary disagree about what is applied.
    #[error(transparent)]
    Plan(Box<PlanError>),
    /// A lock could not be had in any attempt.
    #[error(transparent)]
    Blocked(Box<BlockedError>),
    /// Another migrator kept the target for longer than the claim timeout.
    #[error(
        "schema {schema} is being migrated by another process for more than {}{}",
        render::duration(*.waited),
        render::holder(.holder.as_deref())
    )]
    Busy {
        /// The schema.
        schema: String,
        /// How long was waited.
        waited: Duration,
        /// The session that has it, where it can be seen.
        holder: Option<Box<Activity>>,
    },
    /// The ledger could not be read or written.
    #[error("{}", render::ledger(.doing, .source))]
    Ledger {
        /// What was being done.
        doing: &'static str,
        /// What the server says.
        source: sqlx::Error,
    },
    /// The embedded migrations could not be replayed beside the real schemas, so that nothing can
    /// be said about drift.
    #[error(
        "cannot replay the migrations in a shadow, to see what they make\n{0}\n  \
         = help: a replay needs the right to create schemas in the database, and migrations that work on an empty schema"
    )]
    Shadow(Box<Error>),
    /// A schema is not what its migrations make.
    #[error(
        "{0}\n  = help: `verify` says more; repair the schema, or write a migration that makes it so"
    )]
    Drift(Box<crate::Verification>),
    /// The server's catalog could not be read.
    #[error("cannot read the catalog: {}", render::driver(.source))]
    Catalog {
        /// What the server says.
        source: sqlx::Error,
    },
    /// The ledger was written by a later pgmig, in a format this one does not know.
    #[error(
        "the ledger in schema {ledger} has format {found}, and this binary knows format {known}\n  \
         = help: run a binary with a newer pgmig"
    )]
    NewerLedger {
        /// The ledger's schema.
        ledger: String,
        /// Its format.
        found: String,
        /// The newest format known here.
        known: u32,
    },
    /// The naming of tenant schemas gave a name that cannot be a tenant's schema.
    #[error(
        "the schema name {schema:?} of tenant {tenant} cannot be used: {why}\n  \
         = help: change what Migrator::tenant_schema returns"
    )]
    SchemaName {
        /// The name.
        schema: String,
        /// The tenant.
        tenant: Uuid,
        /// Why not.
        why: &'static str,
    },
    /// The ledger has a target whose schema does not exist any more.
    #[error(
        "schema {schema} is at version {version} by the ledger, but it does not exist\n  \
         = help: restore it, or remove its rows from {ledger}.history and {ledger}.target to have it made anew"
    )]
    SchemaGone {
        /// The schema.
        schema: String,
        /// Its version by the ledger.
        version: String,
        /// The ledger's schema.
        ledger: String,
    },
    /// The ledger knows the tenant under another schema.
    #[error(
        "tenant {tenant} lives in schema {recorded} by the ledger, but its name would now be {expected}\n  \
         = help: let Migrator::tenant_schema return {recorded:?} for it, or rename the schema and the ledger's rows together"
    )]
    SchemaMoved {
        /// The tenant.
        tenant: Uuid,
        /// The schema in the ledger.
        recorded: String,
        /// The schema that the naming gives.
        expected: String,
    },
    /// Another tool has applied migrations to the schema, and nothing says what to do about them.
    #[error("{}", render::not_adopted(.schema, .tools, .tables))]
    NotAdopted {
        /// The schema.
        schema: String,
        /// The tools whose tables are there.
        tools: Vec<Tool>,
        /// The tables, with their schemas, in the same order.
        tables: Vec<String>,
    },
    /// What another tool recorded does not fit the migrations of the binary.
    #[error(transparent)]
    Adoption(Box<AdoptionError>),
    /// A schema that is to be adopted is not what the migrations up to the version make.
    #[error("{}", render::adopted_differs(.schema, .version, .found))]
    AdoptedDiffers {
        /// The schema.
        schema: String,
        /// The version.
        version: String,
        /// The differences.
        found: Box<crate::Verification>,
    },
    /// A schema that is to be adopted is in the ledger.
    #[error(
        "schema {schema} cannot be adopted: the ledger has it {}\n  \
         = help: run the migrations, they go on from there", render::at_version(version.as_deref())
    )]
    AlreadyInLedger {
        /// The schema.
        schema: String,
        /// Its version by the ledger; `None`: a migration is not finished.
        version: Option<String>,
    },
    /// A schema that is to be adopted does not exist.
    #[error(
        "schema {schema} cannot be adopted: it does not exist\n  \
         = help: run the migrations, they make it"
    )]
    NothingToAdopt {
        /// The schema.
        schema: String,
    },
    /// There are migrations to apply, and the connection may only read.
    #[error(
        "{} of schema {schema} {} pending, and the server does not let this connection write\n  \
         = help: run against the primary, with a role that may write",
        render::count(*.pending, "migration"),
        render::is_or_are(*.pending)
    )]
    ReadOnly {
        /// The schema.
        schema: String,
        /// How many migrations are pending.
        pending: usize,
    },
    /// `run_tenant_in` was given a connection without a transaction.
    #[error(
        "the connection is not in a transaction\n  \
         = help: begin one (`let mut tx = pool.begin().await?`) and pass `&mut tx`, or call run_tenant"
    )]
    NotInTransaction,
    /// The migration cannot run inside the caller's transaction.
    #[error(
        "{path}:{line}: {kind} cannot run in a transaction, so the migration cannot run in yours\n  \
         = schema: {schema}\n  \
         = help: call run_tenant with a pool or a connection of its own"
    )]
    NeedsOwnTransaction {
        /// The file.
        path: &'static str,
        /// The line of the statement.
        line: u32,
        /// What the statement is.
        kind: &'static str,
        /// The schema.
        schema: String,
    },
    /// Migrations without a down script are in the way of a rollback.
    #[error(transparent)]
    Irreversible(Box<IrreversibleError>),
    /// The version to roll back to is not applied.
    #[error(
        "schema {schema} cannot be rolled back to version {version}: it is not applied there\n  \
         = help: give a version that is; `status` lists them\n  \
         = help: to take everything back: `--all` on the command line, RollbackTo::Nothing in code"
    )]
    NotApplied {
        /// The schema.
        schema: String,
        /// The version.
        version: String,
    },
    /// The version that many tenants are to be rolled back to is applied to none of them.
    #[error(
        "the tenants cannot be rolled back to version {version}: none of them has it; nothing was run\n  \
         = help: give a version that is applied; `status --fleet` lists them\n  \
         = help: to take everything back: `--all` on the command line, RollbackTo::Nothing in code"
    )]
    NotAppliedToAny {
        /// The version.
        version: String,
    },
    /// Migrations without a down script are in the way of a rollback of many tenants.
    #[error(transparent)]
    IrreversibleFleet(Box<IrreversibleFleetError>),
    /// A schema is not what a plan was made for.
    #[error(
        "schema {schema} is not as the plan found it: it was {}, and now it is {}; nothing was run\n  \
         = help: look at a new plan", render::version(planned.as_deref()), render::version(found.as_deref())
    )]
    PlanOutdated {
        /// The schema.
        schema: String,
        /// Its newest version when the plan was made; `None`: nothing was applied.
        planned: Option<String>,
        /// Its newest version now.
        found: Option<String>,
    },
    /// A migration that would be rolled back was never finished.
    #[error(
        "schema {schema} cannot be rolled back: {version}_{name} is not finished\n  \
         = help: run {app} to finish it, then roll back"
    )]
    Unfinished {
        /// The schema.
        schema: String,
        /// Its version.
        version: String,
        /// Its name.
        name: String,
        /// The app and version that began it.
        app: String,
    },
    /// Another process applied a migration while a rollback was under way.
    #[error(
        "schema {schema} was migrated while it was being rolled back: {version}_{name} was not in the plan; what was not yet rolled back stays\n  \
         = help: stop what migrates it, look at the plan and roll back again"
    )]
    MigratedMeanwhile {
        /// The schema.
        schema: String,
        /// The version of the migration that is new.
        version: String,
        /// Its name.
        name: String,
    },
    /// A statement outside a transaction was begun and nothing tells whether it took effect.
    #[error(transparent)]
    UnknownEffect(Box<UnknownEffect>),
    /// A statement outside a transaction does not name the schema it works in, and a pooler shares
    /// the server's sessions.
    #[error(
        "{path}:{line}: {kind} runs outside a transaction and does not name its schema, and a pooler is in between\n  \
         = schema: {schema}\n  \
         = help: write ${{schema}}. before the names, or migrate over a direct connection"
    )]
    Pooled {
        /// The file.
        path: &'static str,
        /// The line of the statement.
        line: u32,
        /// What the statement is.
        kind: &'static str,
        /// The schema.
        schema: String,
    },
    /// The binary carries other files than the folder that it was built from has now. Only a debug
    /// build looks.
    #[error(transparent)]
    Stale(Box<StaleError>),
    /// The binary carries no such migration.
    #[error(
        "this binary carries no migration {version} of scope {scope}\n  \
         = help: `status` lists the versions"
    )]
    NoSuchMigration {
        /// The scope.
        scope: Scope,
        /// The version.
        version: String,
    },
    /// The tenant is being dropped.
    #[error(
        "schema {schema} is being dropped\n  \
         = help: call Migrator::drop_tenant to go on with it; afterwards the tenant can be made anew"
    )]
    Dropping {
        /// The schema.
        schema: String,
    },
    /// A schema is to be dropped that pgmig did not make.
    #[error(
        "schema {schema} exists, but the ledger in {ledger} does not know it; nothing was dropped\n  \
         = help: drop it by hand if it is what you mean: what it holds is not known here"
    )]
    NotInLedger {
        /// The schema.
        schema: String,
        /// The ledger's schema.
        ledger: String,
    },
    /// Tenants may not be migrated before `public` is.
    #[error(
        "{} of public {} pending, and a tenant's may rely on what they make\n  \
         = help: call Migrator::setup, or Migrator::run_public first",
        render::count(*.pending, "migration"),
        render::is_or_are(*.pending)
    )]
    PublicBehind {
        /// How many migrations of `public` are pending.
        pending: usize,
    },
    /// More tenants failed than are allowed to; what was done stays.
    #[error(transparent)]
    Fleet(Box<FleetError>),
    /// The tenants could not be listed.
    #[error(
        "cannot list the tenants: {why}\n  = query: {query}\n  = help: Migrator::tenants sets the query, in `cargo pgmig` --tenants-query; its first column is the tenant's UUID"
    )]
    Tenants {
        /// The query.
        query: String,
        /// What is wrong.
        why: String,
    },
}

/// Where the ledger of one schema and the binary disagree: all places, not only the first.
#[derive(Debug)]
#[non_exhaustive]
pub struct PlanError {
    /// The schema.
    pub target: Target,
    /// What they disagree about.
    pub disagreements: Vec<Disagreement>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the migrations of schema {} are not those that this binary carries; nothing was run",
            self.target.schema
        )?;
        for disagreement in &self.disagreements {
            write!(f, "\n  - {disagreement}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}
