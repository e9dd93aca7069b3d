//! What every command takes: the database, and how to answer.

use std::str::FromStr as _;
use std::time::Duration;

use pgmig_runtime::Migrator;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::error::Error;

/// The database, and how to answer: the same for every command.
#[derive(clap::Args, Clone, Debug)]
#[non_exhaustive]
pub struct Common {
    /// The database: postgres://user:password@host:5432/name
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// How long to wait for the database to come up, in seconds [default: as the app is set]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,

    /// Answer with one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

impl Common {
    /// A pool on the database that was named, and the migrator to use. It connects when it is first
    /// needed: how long to wait for a database that is not up yet is the migrator's to know.
    pub(super) fn open(&self, migrator: &Migrator) -> Result<(PgPool, Migrator), Error> {
        // A variable that is set to nothing counts as not set: that is how CI systems unset it.
        let url = self.database_url.as_deref().unwrap_or_default();
        if url.is_empty() {
            return Err(Error::NoDatabase);
        }
        if let Some((scheme, _)) = url.split_once("://")
            && !["postgres", "postgresql"].contains(&scheme)
        {
            return Err(Error::NotPostgres(scheme.to_owned()));
        }
        let wait = self.wait.map(Duration::from_secs);
        let attempt = wait.unwrap_or(ATTEMPT.1).clamp(ATTEMPT.0, ATTEMPT.1);
        let pool = PgPoolOptions::new()
            .acquire_timeout(attempt)
            .connect_lazy(url)
            .map_err(Error::Url)?;
        let migrator = migrator.clone();
        let migrator = match wait {
            Some(wait) => migrator.wait_for_database(wait),
            None => migrator,
        };
        Ok((pool, migrator))
    }

    /// Where the database is and who goes there, without the password: `127.0.0.1:5432, database
    /// shop, role app`.
    pub(super) fn server(&self) -> Option<String> {
        let options = PgConnectOptions::from_str(self.database_url.as_deref()?).ok()?;
        let place = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let role = options.get_username();
        // PostgreSQL takes the role's name where no database is named.
        let database = options.get_database().unwrap_or(role);
        Some(format!("{place}, database {database}, role {role}"))
    }
}

/// How long one attempt to connect may take, at least and at most: the driver spends all of it where
/// nothing listens, and a handshake across continents needs some of it.
const ATTEMPT: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(10));
