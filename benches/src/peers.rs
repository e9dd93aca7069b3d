//! The other tools, each with its migrations as its own macro would have them in the binary, and
//! one open connection.

use std::borrow::Cow;

use diesel::Connection as _;
use diesel_migrations::{
    EmbeddedMigration, EmbeddedMigrations, EmbeddedName, MigrationHarness as _, TomlMetadataWrapper,
};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::Result;
use crate::script::Script;

/// sqlx's migrator.
pub fn sqlx_migrator(scripts: &[Script]) -> Result<Migrator> {
    let mut migrations = Vec::new();
    for script in scripts {
        migrations.push(Migration::new(
            i64::try_from(script.version)?,
            Cow::Owned(script.name.clone()),
            MigrationType::Simple,
            sqlx::AssertSqlSafe(script.sql.clone()).into_sql_str(),
            false,
        ));
    }
    Ok(Migrator::with_migrations(migrations))
}

/// refinery with a connection of tokio-postgres.
pub struct Refinery {
    client: tokio_postgres::Client,
    scripts: Vec<(String, String)>,
}

impl Refinery {
    /// Opens the connection.
    pub async fn connect(url: &str, scripts: &[Script]) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let scripts = scripts
            .iter()
            .map(|script| {
                (
                    format!("V{}__{}", script.version, script.name),
                    script.sql.clone(),
                )
            })
            .collect();
        Ok(Refinery { client, scripts })
    }

    /// A boot: its macro's `runner()` reads the names and hashes the texts each time.
    pub async fn run(&mut self) -> Result<()> {
        let mut migrations = Vec::new();
        for (name, sql) in &self.scripts {
            migrations.push(refinery::Migration::unapplied(name, sql)?);
        }
        let runner = refinery::Runner::new(&migrations);
        runner.run_async(&mut self.client).await?;
        Ok(())
    }
}

/// diesel with a connection of libpq.
pub struct Diesel {
    connection: diesel::PgConnection,
    migrations: &'static [EmbeddedMigration],
}

impl Diesel {
    /// Opens the connection.
    pub fn connect(url: &str, scripts: &[Script]) -> Result<Self> {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let migrations: Vec<EmbeddedMigration> = scripts
            .iter()
            .map(|script| {
                let name = format!("{:08}_{}", script.version, script.name);
                EmbeddedMigration::new(
                    leak(script.sql.clone()),
                    None,
                    EmbeddedName::new(leak(name)),
                    TomlMetadataWrapper::new(true),
                )
            })
            .collect();
        Ok(Diesel {
            connection: diesel::PgConnection::establish(url)?,
            migrations: Box::leak(migrations.into_boxed_slice()),
        })
    }

    /// A boot.
    pub fn run(&mut self) -> Result<()> {
        let source = EmbeddedMigrations::new(self.migrations);
        let ran = self.connection.run_pending_migrations(source);
        ran.map(drop).map_err(|error| error.to_string().into())
    }
}
