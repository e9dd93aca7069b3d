//! Where the whole fleet stands: one query.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Tenants;
use crate::db::{Db, text, truth};
use crate::error::Error;
use crate::ledger::{Ledger, TargetRow, unreadable};
use crate::report::{MigrationState, TenantState, TenantStatus};
use crate::status::{new_tenant, tenant_row};
use crate::{Migration, Migrations, Migrator, Scope, Version, quote};

/// Where the whole fleet stands.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FleetStatus {
    /// When this was so, UTC, by the server's clock.
    pub at: Option<String>,
    /// The version of `public` by the ledger.
    pub public: Option<String>,
    /// The newest migration of `public` in the binary.
    pub public_newest: Option<&'static str>,
    /// Whether migrations that drizzle-kit generated, beside `public`, are left to apply.
    pub drizzle_behind: bool,
    /// The newest tenant migration of the binary.
    pub newest: Option<&'static str>,
    /// How many tenants are at which version, oldest first; without a version: nothing applied.
    pub versions: Vec<VersionCount>,
    /// How many tenants are in which state.
    pub states: Vec<StateCount>,
    /// The tenants, by schema: those of the ledger, and those that the tenants query lists.
    pub tenants: Vec<TenantStatus>,
}

/// How many tenants are at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VersionCount {
    /// The version; `None`: nothing applied.
    pub version: Option<String>,
    /// How many.
    pub tenants: usize,
}

/// How many tenants are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StateCount {
    /// The state.
    pub state: TenantState,
    /// How many.
    pub tenants: usize,
}

impl FleetStatus {
    /// The tenants in a state.
    pub fn in_state(&self, state: TenantState) -> impl Iterator<Item = &TenantStatus> {
        self.tenants
            .iter()
            .filter(move |tenant| tenant.state == state)
    }

    fn new(
        at: Option<String>,
        public: Option<String>,
        drizzle_behind: bool,
        migrations: &'static Migrations,
        mut tenants: Vec<TenantStatus>,
    ) -> Self {
        tenants.sort_by(|a, b| a.schema.cmp(&b.schema));
        let mut versions: BTreeMap<Option<Version<'_>>, usize> = BTreeMap::new();
        let mut states: Vec<StateCount> = Vec::new();
        for tenant in &tenants {
            *versions
                .entry(tenant.version.as_deref().map(Version::new))
                .or_default() += 1;
            match states.iter_mut().find(|count| count.state == tenant.state) {
                Some(count) => count.tenants += 1,
                None => states.push(StateCount {
                    state: tenant.state,
                    tenants: 1,
                }),
            }
        }
        let versions = versions
            .into_iter()
            .map(|(version, tenants)| VersionCount {
                version: version.map(|version| version.as_str().to_owned()),
                tenants,
            })
            .collect();
        states.sort_by_key(|count| std::cmp::Reverse(count.tenants));
        FleetStatus {
            at,
            public,
            public_newest: newest(migrations.public()),
            drizzle_behind,
            newest: newest(migrations.tenant()),
            versions,
            states,
            tenants,
        }
    }
}

impl Migrator {
    /// Where the whole fleet stands: who is at which version, who is behind or failed, why and for
    /// how long. One query; only reads.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::TenantState;
    /// let fleet = migrator.fleet_status(&pool).await?;
    /// for tenant in fleet.in_state(TenantState::Failed) {
    ///     eprintln!("{}: {}", tenant.schema, tenant.error.as_deref().unwrap_or_default());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn fleet_status<'c>(&self, db: impl Into<Db<'c>>) -> Result<FleetStatus, Error> {
        let mut session = self.session(db);
        let digest = self.migrations.repeatable_digest(Scope::Tenant);
        let repeated = self.ledger.repeated("t", digest);
        let drizzle = self.migrations.drizzle().last();
        let query = self
            .ledger
            .read_fleet(&self.settings.tenants, &repeated, drizzle);
        let rows = match self.read(&mut session, query).await {
            Ok(Some(rows)) => rows,
            // Without a ledger or a registry yet, or with a query that fails: what there is, or why.
            Ok(None) | Err(Error::Ledger { .. }) => {
                let status = self.status_of(&mut session).await?;
                let public = status.public.version;
                let drizzle = status.drizzle.iter().flat_map(|scope| &scope.migrations);
                let mut drizzle = drizzle.map(|migration| migration.state);
                return Ok(FleetStatus::new(
                    None,
                    public,
                    drizzle.any(|state| state == MigrationState::Pending),
                    self.migrations,
                    status.tenants,
                ));
            }
            Err(error) => return Err(error),
        };
        let (mut at, mut public, mut behind) = (None, None, false);
        let mut tenants = Vec::with_capacity(rows.len());
        for row in &rows {
            at = text(row, "at").map_err(unreadable)?;
            public = text(row, "public").map_err(unreadable)?;
            behind = truth(row, "drizzle_behind").map_err(unreadable)?;
            tenants.extend(self.tenant(row)?);
        }
        Ok(FleetStatus::new(
            at,
            public,
            behind,
            self.migrations,
            tenants,
        ))
    }

    /// The tenant of a row; `None` for the row that is there where no tenant is.
    fn tenant(&self, row: &PgRow) -> Result<Option<TenantStatus>, Error> {
        let known = text(row, "schema").map_err(unreadable)?.is_some();
        let tenant = text(row, "tenant").map_err(unreadable)?;
        let Some(tenant) = tenant.and_then(|tenant| Uuid::parse_str(&tenant).ok()) else {
            return Ok(None);
        };
        let mut status = match known {
            true => {
                let row = TargetRow::decode(row).map_err(unreadable)?;
                tenant_row(tenant, row, self.migrations.tenant())
            }
            false => new_tenant(tenant, self.target(tenant)?.schema),
        };
        status.listed = truth(row, "is_listed").map_err(unreadable)?;
        Ok(Some(status))
    }
}

impl Ledger {
    /// The query for all tenants, those of the ledger and those that are listed. A binary whose own
    /// head is among those of the history is not behind, whatever came after it.
    fn read_fleet(&self, tenants: &str, repeated: &str, drizzle: Option<&Migration>) -> String {
        let behind = drizzle.map_or_else(
            || "false".to_owned(),
            |newest| {
                format!(
                    "NOT EXISTS (SELECT FROM {l}.history AS d WHERE d.schema = 'public' AND d.scope = 'drizzle' AND d.state = 'applied' AND d.head = {head})",
                    l = self.quoted(),
                    head = quote::bytes(&newest.0.head),
                )
            },
        );
        format!(
            "WITH listed AS MATERIALIZED (SELECT DISTINCT r.tenant FROM ({listed}) AS r WHERE r.tenant IS NOT NULL), \
             known AS MATERIALIZED ({known}) \
             SELECT {now} AS at, \
             (SELECT p.version FROM {l}.target AS p WHERE p.schema = 'public' AND p.scope = 'public') AS public, {behind} AS drizzle_behind, \
             coalesce(f.tenant, f.listed) AS tenant, f.listed IS NOT NULL AS is_listed, f.schema, f.version, f.head, f.state, f.error, f.since, f.seconds, f.present, f.repeated \
             FROM (SELECT 1) AS one LEFT JOIN (SELECT k.*, l.tenant AS listed FROM listed AS l FULL JOIN known AS k ON k.tenant = l.tenant) AS f ON true",
            listed = Tenants::Active.listed(tenants),
            known = self.read_tenants(repeated),
            now = crate::ledger::utc("pg_catalog.clock_timestamp()"),
            l = self.quoted(),
        )
    }
}

fn newest(migrations: &'static [Migration]) -> Option<&'static str> {
    migrations.last().map(|newest| newest.0.version)
}
