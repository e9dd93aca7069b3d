//! What stands in the ledger.

use std::collections::{BTreeMap, HashMap};

use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::db::{Db, Session};
use crate::drizzle;
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::{TargetRow, recorded, unreadable};
use crate::planner::Recorded;
use crate::repeatable::{self, Applications, Standing};
use crate::report::{
    MigrationState, MigrationStatus, ScopeStatus, Status, TenantState, TenantStatus,
};
use crate::retry::Cause;
use crate::target::Target;
use crate::{Migration, Migrations, Migrator, Scope, Version, quote};

impl Migrator {
    /// What stands in the ledger, for `public` and for every tenant. Only reads; a ledger that is
    /// not there yet is no error.
    ///
    /// # Errors
    /// When the server cannot be reached or the ledger cannot be read.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// use pgmig_runtime::MigrationState;
    /// let status = migrator.status(&pool).await?;
    /// let pending = status.public.migrations.iter().filter(|one| one.state == MigrationState::Pending);
    /// println!("{} pending in public", pending.count());
    /// # Ok(()) }
    /// ```
    pub async fn status<'c>(&self, db: impl Into<Db<'c>>) -> Result<Status, Error> {
        self.status_of(&mut self.session(db)).await
    }

    pub(crate) async fn status_of(&self, session: &mut Session<'_>) -> Result<Status, Error> {
        let (ledger, public) = self.scope_status(session, &Target::public()).await?;
        let drizzle = match self.migrations.drizzle() {
            [] => None,
            _ => Some(self.scope_status(session, &Target::drizzle()).await?.1),
        };
        let tenants = match self.tenant_rows(session).await? {
            Some(rows) => rows
                .iter()
                .map(TargetRow::decode)
                .collect::<sqlx::Result<Vec<_>>>()
                .map_err(unreadable)?,
            None => Vec::new(),
        };
        let wanted = self.migrations.has(Scope::Tenant) || !tenants.is_empty();
        let (listed, tenants_error) = match wanted {
            false => (Vec::new(), None),
            true => match self.list_tenants(session).await {
                Ok(listed) => (listed, None),
                Err(Error::Tenants { why, .. }) => (Vec::new(), Some(why)),
                Err(error) => return Err(error),
            },
        };
        Ok(Status {
            ledger,
            public,
            drizzle,
            tenants: self.tenant_status(tenants, &listed)?,
            tenants_error,
        })
    }

    /// Whether there is a ledger, and what it has of a scope of `public`.
    async fn scope_status(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<(bool, ScopeStatus), Error> {
        let history = self.read(session, self.ledger.read_history(target)).await?;
        let ledger = history.is_some();
        let mut rows = Vec::new();
        for row in history.unwrap_or_default() {
            rows.push(recorded(&row).map_err(unreadable)?);
        }
        let embedded = self.migrations.of(target.scope);
        drizzle::follow_upgrade(embedded, &mut rows);
        let mut status = scope_status(embedded, &rows);
        if self.migrations.repeatable_digest(target.scope).is_some() {
            let known = self
                .read(session, self.ledger.read_repeatable(target))
                .await?;
            let known = Applications::decode(&known.unwrap_or_default()).map_err(unreadable)?;
            status
                .migrations
                .extend(repeatable_status(self.migrations, target.scope, &known));
        }
        Ok((ledger, status))
    }

    /// The tenants of the ledger. One that never heard of repeatable migrations has none of them.
    async fn tenant_rows(&self, session: &mut Session<'_>) -> Result<Option<Vec<PgRow>>, Error> {
        let digest = self.migrations.repeatable_digest(Scope::Tenant);
        let repeated = self.ledger.repeated("t", digest);
        let rows = self
            .read(session, self.ledger.read_tenants(&repeated))
            .await?;
        match (rows, digest) {
            (None, Some(_)) => self.read(session, self.ledger.read_tenants("false")).await,
            (rows, _) => Ok(rows),
        }
    }

    /// Rows of one query; `None` when the ledger's tables do not exist.
    pub(crate) async fn read(
        &self,
        session: &mut Session<'_>,
        query: String,
    ) -> Result<Option<Vec<PgRow>>, Error> {
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failed = match session.send(query.clone()).await {
                Ok(answers) => return Ok(Some(answers.into_iter().flatten().collect())),
                Err(failed) => failed,
            };
            let failure = Failure::ledger("read the ledger", failed.error);
            if failure.cause == Cause::NoLedger {
                return Ok(None);
            }
            runner
                .recover(session, &Target::public(), &mut attempts, failure)
                .await?;
        }
    }

    fn tenant_status(
        &self,
        rows: Vec<TargetRow>,
        listed: &[Uuid],
    ) -> Result<Vec<TenantStatus>, Error> {
        let embedded = self.migrations.tenant();
        let mut known: HashMap<Uuid, TenantStatus> = HashMap::new();
        for row in rows {
            if let Ok(tenant) = Uuid::parse_str(&row.tenant) {
                known.insert(tenant, tenant_row(tenant, row, embedded));
            }
        }
        let mut tenants = Vec::with_capacity(known.len());
        for tenant in listed {
            let mut status = match known.remove(tenant) {
                Some(status) => status,
                None => new_tenant(*tenant, self.target(*tenant)?.schema),
            };
            status.listed = true;
            tenants.push(status);
        }
        let mut unlisted: Vec<_> = known.into_values().collect();
        unlisted.sort_by(|a, b| a.schema.cmp(&b.schema));
        tenants.extend(unlisted);
        Ok(tenants)
    }
}

/// Where the repeatable migrations of a scope stand, and those that only the ledger has.
fn repeatable_status(
    migrations: &'static Migrations,
    scope: Scope,
    known: &Applications,
) -> Vec<MigrationStatus> {
    let newest = migrations.of(scope).last().map(Migration::version);
    let current = |name: &str| known.rows.iter().rev().find(|row| row.name == name);
    let row = |name: &str, state| MigrationStatus {
        version: "R".to_owned(),
        name: name.to_owned(),
        state,
        applied_at: current(name).map(|row| row.applied_at.clone()),
        app: current(name).map(|row| row.app.clone()),
    };
    let mut all: Vec<MigrationStatus> = migrations
        .repeatable_of(scope)
        .iter()
        .map(|migration| {
            let standing = repeatable::standing(migration, &known.rows, newest);
            let state = match standing {
                Standing::Applied => MigrationState::Applied,
                Standing::Pending => MigrationState::Pending,
                Standing::Replaced => MigrationState::Replaced,
            };
            row(migration.name(), state)
        })
        .collect();
    for application in &known.rows {
        if !all.iter().any(|status| status.name == application.name) {
            all.push(row(&application.name, MigrationState::Unknown));
        }
    }
    all
}

fn scope_status(embedded: &'static [Migration], rows: &[Recorded]) -> ScopeStatus {
    let mut migrations: BTreeMap<Version<'_>, MigrationStatus> = BTreeMap::new();
    for migration in embedded {
        migrations.insert(
            migration.version(),
            MigrationStatus {
                version: migration.0.version.to_owned(),
                name: migration.0.name.to_owned(),
                state: MigrationState::Pending,
                applied_at: None,
                app: None,
            },
        );
    }
    for row in rows {
        let version = Version::new(&row.version);
        let known = embedded.iter().find(|m| m.version() == version);
        let state = match known {
            _ if row.rolling_back => MigrationState::RollingBack,
            _ if row.running.is_some() => MigrationState::Running,
            None => MigrationState::Unknown,
            Some(known) if known.checksum().to_string() != row.checksum => MigrationState::Edited,
            Some(_) => MigrationState::Applied,
        };
        migrations.insert(
            version,
            MigrationStatus {
                version: row.version.clone(),
                name: row.name.clone(),
                state,
                applied_at: Some(row.applied_at.clone()),
                app: Some(row.app.clone()),
            },
        );
    }
    let newest = rows.iter().filter(|row| row.running.is_none());
    ScopeStatus {
        version: newest
            .map(|row| Version::new(&row.version))
            .max()
            .map(|version| version.as_str().to_owned()),
        migrations: migrations.into_values().collect(),
    }
}

pub(crate) fn tenant_row(
    tenant: Uuid,
    row: TargetRow,
    embedded: &'static [Migration],
) -> TenantStatus {
    let newest = embedded.last();
    let head = newest.map_or_else(String::new, |newest| quote::hex(&newest.0.head));
    let version = row.version.as_deref().map(Version::new);
    let newer = |version: Version<'_>| newest.is_none_or(|newest| version > newest.version());
    let state = match row.state.as_str() {
        "dropping" => TenantState::Dropping,
        _ if !row.present && !row.head.is_empty() => TenantState::Gone,
        // What failed is a migration of another binary: this one has nothing to do here.
        _ if row.head == head && row.repeated => TenantState::UpToDate,
        "failed" => TenantState::Failed,
        _ if row.head == head && !head.is_empty() => TenantState::Behind,
        _ if row.head.is_empty() => TenantState::New,
        _ if version.is_some_and(newer) => TenantState::Ahead,
        _ => TenantState::Behind,
    };
    TenantStatus {
        tenant,
        schema: row.schema,
        version: row.version,
        state,
        listed: false,
        error: row.error,
        since: Some(row.since),
        seconds: Some(row.seconds),
    }
}

pub(crate) fn new_tenant(tenant: Uuid, schema: String) -> TenantStatus {
    TenantStatus {
        tenant,
        schema,
        version: None,
        state: TenantState::New,
        listed: true,
        error: None,
        since: None,
        seconds: None,
    }
}
