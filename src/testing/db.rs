//! A migrated database of one's own.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pgmig_runtime::{Migrator, Uuid};
use pgmig_testkit::{Error, Server, TestDatabase};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

/// The tenant of a template. Every database is another world, so it may be the same in all of them.
const TENANT: Uuid = Uuid::from_u128(0x7e57_ab1e_0000_4000_8000_0000_0000_0001);

/// Tests run beside each other, and a server takes 100 connections unless it is told otherwise.
const CONNECTIONS: u32 = 5;

/// A database of one's own, migrated; dropped with the last of its handles.
///
/// When it is dropped by a panic, and is on the server of `DATABASE_URL`, it is kept, and its URL
/// printed.
#[derive(Clone, Debug)]
pub struct TestDb(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Mutex<TestDatabase>,
    url: String,
    options: PgConnectOptions,
    pool: PgPool,
    migrator: Migrator,
    tenant: Option<Uuid>,
    failed: AtomicBool,
    /// Whether a panic is what the test is about.
    panics: AtomicBool,
}

impl TestDb {
    /// A database in which `public` is migrated.
    ///
    /// # Errors
    ///
    /// When there is no server and none can be brought, its role may not create databases, or a
    /// migration fails.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// use pgmig::{Migrator, testing::TestDb};
    ///
    /// let db = TestDb::create(&Migrator::new(&MIGRATIONS)).await?;
    /// let tenants = sqlx::query("SELECT FROM tenants").fetch_all(db.pool()).await?;
    /// assert!(tenants.is_empty());
    /// # Ok(()) }
    /// ```
    pub async fn create(migrator: &Migrator) -> Result<Self, Error> {
        Self::create_on(Server::get().await?, migrator, None).await
    }

    /// A database in which `public` is migrated, and the schema of one tenant: [`tenant`](Self::tenant).
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// use pgmig::{Migrator, testing::TestDb};
    ///
    /// let db = TestDb::create_with_tenant(&Migrator::new(&MIGRATIONS)).await?;
    /// let customers = sqlx::query("SELECT FROM customers");
    /// customers.fetch_all(&db.tenant_pool(db.tenant().unwrap_or_default())).await?;
    /// # Ok(()) }
    /// ```
    pub async fn create_with_tenant(migrator: &Migrator) -> Result<Self, Error> {
        Self::create_on(Server::get().await?, migrator, Some(TENANT)).await
    }

    async fn create_on(
        server: &Server,
        migrator: &Migrator,
        tenant: Option<Uuid>,
    ) -> Result<Self, Error> {
        let build = async |pool: PgPool| {
            migrator.run_public(&pool).await?;
            if let Some(tenant) = tenant {
                migrator.run_tenant(&pool, tenant).await?;
            }
            Ok::<_, pgmig_runtime::Error>(())
        };
        let database =
            TestDatabase::from_template_on(server, &key(migrator, tenant), build).await?;
        let (url, options) = (database.url().to_owned(), database.options());
        let pool = pool_options().connect_lazy_with(options.clone());
        Ok(TestDb(Arc::new(Inner {
            database: Mutex::new(database),
            url,
            options,
            pool,
            migrator: migrator.clone(),
            tenant,
            failed: AtomicBool::new(false),
            panics: AtomicBool::new(false),
        })))
    }

    /// The pool on the database, the same at every call: up to five connections.
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// The database's URL, as `DATABASE_URL` would hold it: for the app's own way to connect.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The options that connect to the database, to be changed to taste.
    pub fn options(&self) -> PgConnectOptions {
        self.0.options.clone()
    }

    /// The migrator that has migrated the database.
    pub fn migrator(&self) -> &Migrator {
        &self.0.migrator
    }

    /// The tenant whose schema was in the database from the beginning. It has the same id in every
    /// database; the app's own table of tenants has no row of it.
    pub fn tenant(&self) -> Option<Uuid> {
        self.0.tenant
    }

    /// Makes the schema of another tenant, and returns its id.
    ///
    /// # Errors
    ///
    /// When a migration fails.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn test(db: pgmig::testing::TestDb) -> Result<(), pgmig::Error> {
    /// let (one, other) = (db.new_tenant().await?, db.new_tenant().await?);
    /// assert_ne!(one, other);
    /// # Ok(()) }
    /// ```
    pub async fn new_tenant(&self) -> Result<Uuid, pgmig_runtime::Error> {
        let tenant = Uuid::new_v4();
        self.0.migrator.run_tenant(self.pool(), tenant).await?;
        Ok(tenant)
    }

    /// A new pool whose connections see what a migration of this tenant sees: its schema first, then
    /// `public`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn test(db: pgmig::testing::TestDb, tenant: pgmig::Uuid) -> sqlx::Result<()> {
    /// sqlx::query("SELECT FROM invoices").fetch_all(&db.tenant_pool(tenant)).await?;
    /// # Ok(()) }
    /// ```
    pub fn tenant_pool(&self, tenant: Uuid) -> PgPool {
        // A name that no schema can have was refused when the tenant was made.
        let schema = self.0.migrator.schema_of(tenant).unwrap_or_default();
        let path = format!(
            "SET search_path TO \"{}\", public",
            schema.replace('"', "\"\"")
        );
        pool_options()
            .after_connect(move |connection, _| {
                let path = AssertSqlSafe(path.clone());
                Box::pin(async move { sqlx::raw_sql(path).execute(connection).await.map(drop) })
            })
            .connect_lazy_with(self.options())
    }

    /// A panic is no failure.
    pub(super) fn expect_panic(&self) {
        self.0.panics.store(true, Ordering::Relaxed);
    }

    /// The test has failed.
    pub(super) fn fail(&self) {
        self.0.failed.store(true, Ordering::Relaxed);
    }
}

/// How pools on test databases are.
pub(super) fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(CONNECTIONS)
}

/// What the content of a template depends on.
fn key(migrator: &Migrator, tenant: Option<Uuid>) -> String {
    let mut key = "migrations ".to_owned();
    for byte in migrator.digest() {
        // Writing to a string does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    if tenant.is_some() {
        key.push_str(" with a tenant");
    }
    key
}

impl Drop for Inner {
    fn drop(&mut self) {
        let panics = std::thread::panicking() && !*self.panics.get_mut();
        if !panics && !*self.failed.get_mut() {
            return;
        }
        let database = self.database.get_mut();
        if let Some(url) = database.unwrap_or_else(PoisonError::into_inner).keep() {
            eprintln!("the database of the failed test is kept: {url}");
        }
    }
}
