//! The migrator, and what it does with `public` and with one tenant.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::apply::Runner;
use crate::db::{Db, Session, text};
use crate::error::Error;
use crate::failure::Failure;
use crate::fleet::Ensured;
use crate::ledger::Ledger;
use crate::report::Report;
use crate::retry::Cause;
use crate::settings::Settings;
use crate::target::Target;
use crate::verify::Which;
use crate::{Migration, Migrations, Scope, message, stale};

/// Applies the migrations that a binary carries.
///
/// ```no_run
/// # async fn boot(migrations: &'static pgmig_runtime::Migrations) -> Result<(), Box<dyn std::error::Error>> {
/// use pgmig_runtime::Migrator;
/// let pool = sqlx::PgPool::connect("postgres:///shop").await?;
/// let migrator = Migrator::new(migrations);
/// migrator.setup(&pool).await?;                              // public, then every active tenant
///
/// # let id = pgmig_runtime::Uuid::nil();
/// let mut tx = pool.begin().await?;                          // a tenant and its schema, or neither
/// migrator.run_tenant_in(&mut tx, id).await?;
/// tx.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Migrator {
    pub(crate) migrations: &'static Migrations,
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) ensured: Ensured,
}

impl Migrator {
    /// A migrator with the settings of the folder and otherwise the defaults.
    pub fn new(migrations: &'static Migrations) -> Self {
        let settings = Settings::new(migrations);
        let ledger = Ledger::new(&settings.ledger, migrations.0.app);
        Migrator {
            migrations,
            settings,
            ledger,
            ensured: Ensured::default(),
        }
    }

    /// The migrations that it applies.
    pub fn migrations(&self) -> &'static Migrations {
        self.migrations
    }

    /// Migrates `public`, with what drizzle-kit generated behind it.
    ///
    /// # Errors
    /// When the ledger and the binary disagree, a statement fails, a lock or the claim cannot be
    /// had in time, or the server cannot be reached. Migrations before the failing one stay.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let report = migrator.run_public(&pool).await?;
    /// for migration in &report.applied {
    ///     println!("{}_{} in {:?}", migration.version, migration.name, migration.duration);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn run_public<'c>(&self, db: impl Into<Db<'c>>) -> Result<Report, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let report = self.runner().run_public(&mut session).await?;
        self.check_drift(&mut session, Which::Public).await?;
        Ok(report)
    }

    /// Migrates the schema of one tenant, creating it if there is none. `public` is not touched.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool, tenant: pgmig_runtime::Uuid) -> Result<(), pgmig_runtime::Error> {
    /// let report = migrator.run_tenant(&pool, tenant).await?;
    /// println!("{} has {} migrations more", report.target.schema, report.applied.len());
    /// # Ok(()) }
    /// ```
    pub async fn run_tenant<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
    ) -> Result<Report, Error> {
        self.check_folder()?;
        let mut session = self.session(db);
        let target = self.target(tenant)?;
        let report = self.runner().run(&mut session, &target).await?;
        self.check_drift(&mut session, Which::Tenants(&[tenant]))
            .await?;
        Ok(report)
    }

    /// Migrates the schema of one tenant inside a transaction of the caller, so that a tenant's
    /// row and schema appear together or not at all. The transaction's `search_path` and timeouts
    /// are as before afterwards; after an error it can go on, and nothing of this was done.
    ///
    /// # Errors
    /// As [`run_public`](Self::run_public); and when the connection is not in a transaction, or a
    /// migration has to run outside of one.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool, tenant: pgmig_runtime::Uuid) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = pool.begin().await?;
    /// let insert = sqlx::query("INSERT INTO tenants (id) VALUES ($1::uuid)").bind(tenant.to_string());
    /// insert.execute(&mut *transaction).await?;
    /// migrator.run_tenant_in(&mut transaction, tenant).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn run_tenant_in(
        &self,
        transaction: &mut PgConnection,
        tenant: Uuid,
    ) -> Result<Report, Error> {
        self.check_folder()?;
        let mut session = Db::from(transaction).0;
        let target = self.target(tenant)?;
        let runner = Runner {
            within: true,
            ..self.runner()
        };
        runner.run(&mut session, &target).await
    }

    /// The name of a tenant's schema, unquoted.
    ///
    /// # Errors
    /// When [`tenant_schema`](Self::tenant_schema) gives a name that no schema of a tenant can have.
    ///
    /// # Example
    ///
    /// ```
    /// # fn demo(migrations: &'static pgmig_runtime::Migrations) -> Result<(), pgmig_runtime::Error> {
    /// let tenant = pgmig_runtime::Uuid::nil();
    /// let schema = pgmig_runtime::Migrator::new(migrations).schema_of(tenant)?;
    /// assert_eq!(schema, "tenant_00000000000000000000000000000000");
    /// # Ok(()) }
    /// ```
    pub fn schema_of(&self, tenant: Uuid) -> Result<String, Error> {
        Ok(self.target(tenant)?.schema)
    }

    /// The session of a run.
    pub(crate) fn session<'c>(&self, db: impl Into<Db<'c>>) -> Session<'c> {
        let mut session = db.into().0;
        session.patience(self.settings.wait_for_database);
        session
    }

    /// What tenants there are, by the query. A server that is lost is waited for.
    pub(crate) async fn list_tenants(&self, session: &mut Session<'_>) -> Result<Vec<Uuid>, Error> {
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failed = match session.send(self.settings.tenants.clone()).await {
                Ok(answers) => return self.tenant_ids(&answers),
                Err(failed) => failed,
            };
            let failure = match Cause::of(&failed.error) {
                Cause::Connection => Failure::ledger("list the tenants", failed.error),
                _ => Failure::last(self.no_tenants(
                    message::database_error(&failed.error).map_or_else(
                        || failed.error.to_string(),
                        |error| format!("{} (sqlstate {})", error.message(), error.code()),
                    ),
                )),
            };
            runner
                .recover(session, &Target::public(), &mut attempts, failure)
                .await?;
        }
    }

    fn tenant_ids(&self, answers: &[Vec<PgRow>]) -> Result<Vec<Uuid>, Error> {
        let mut tenants = Vec::new();
        for row in answers.iter().flatten() {
            let value = text(row, 0).map_err(|error| self.no_tenants(error.to_string()))?;
            let id = value.as_deref().map(Uuid::parse_str);
            let Some(Ok(id)) = id else {
                let shown = value.unwrap_or_else(|| "NULL".to_owned());
                return Err(self.no_tenants(format!("{shown} is not a UUID")));
            };
            tenants.push(id);
        }
        Ok(tenants)
    }

    fn no_tenants(&self, why: String) -> Error {
        Error::Tenants {
            query: self.settings.tenants.clone(),
            why,
        }
    }

    /// The target of a tenant.
    pub(crate) fn target(&self, tenant: Uuid) -> Result<Target, Error> {
        let schema = (self.settings.tenant_schema)(tenant);
        let again = self.migrations.repeatable_of(Scope::Tenant);
        let scripts = self.migrations.tenant().iter().chain(again);
        let mut scripts = scripts.chain(self.migrations.baseline(Scope::Tenant));
        let dollars = schema.contains('$') && scripts.any(fills_bodies);
        if dollars {
            return Err(Error::SchemaName {
                schema,
                tenant,
                why: "it contains a dollar sign, and a migration puts ${schema} between dollar quotes, which it might end",
            });
        }
        Target::tenant(tenant, schema, &self.settings.ledger)
    }

    /// Whether the binary is as new as its folder, where a debug build still finds it.
    pub(crate) fn check_folder(&self) -> Result<(), Error> {
        stale::check(self.migrations).map_err(Error::Stale)
    }

    pub(crate) fn runner(&self) -> Runner<'_> {
        Runner {
            migrations: self.migrations,
            settings: &self.settings,
            ledger: &self.ledger,
            within: false,
            unlogged: false,
        }
    }
}

/// Whether a script has slots and dollar signs besides.
fn fills_bodies(migration: &Migration) -> bool {
    let scripts = [Some(&migration.0.up), migration.0.down.as_ref()];
    scripts.into_iter().flatten().any(|script| {
        let mut statements = script.0.statements.iter();
        statements.any(|statement| {
            let written = statement.0.slots.iter().filter(|slot| slot.0 < slot.1);
            let dollars = statement.text(&script.0).matches('$').count();
            written.clone().next().is_some() && dollars > written.count()
        })
    })
}
