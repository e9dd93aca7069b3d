//! The server that the tests of this process use.

use crate::bring::Means;
use crate::bring::binaries::Binaries;
use crate::bring::instance::Instance;
use crate::bring::settings::{Settings, Source};
use crate::bring::shared;
use crate::{Error, database, template};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;

/// Where a server came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It ran already; `DATABASE_URL` names it.
    DatabaseUrl,
    /// Started from the binaries in this directory, which were on this machine.
    Local(PathBuf),
    /// Started from the binaries in this directory of the cache, which were fetched into it.
    Fetched(PathBuf),
}

impl fmt::Display for Origin {
    /// As part of a sentence: `found in /usr/lib/postgresql/15/bin`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseUrl => f.write_str("the one of DATABASE_URL"),
            Self::Local(dir) => write!(f, "found in {}", dir.display()),
            Self::Fetched(dir) => write!(f, "fetched into {}", dir.display()),
        }
    }
}

/// A PostgreSQL server that databases can be created on.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    major: u32,
    origin: Origin,
    /// What it was started from, where we did.
    binaries: Option<Binaries>,
}

impl Server {
    /// The server of this process: found or brought at the first call, the same ever after.
    ///
    /// # Errors
    ///
    /// When there is none and none can be brought. It is tried once a process; later calls
    /// return the same error.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), pgmig_testkit::Error> {
    /// let server = pgmig_testkit::Server::get().await?;
    /// println!("PostgreSQL {} from {:?}", server.major(), server.origin());
    /// # Ok(()) }
    /// ```
    pub async fn get() -> Result<&'static Self, Error> {
        static SERVER: tokio::sync::OnceCell<Result<Server, Error>> =
            tokio::sync::OnceCell::const_new();
        let server = SERVER.get_or_init(Self::find_or_bring).await;
        server.as_ref().map_err(Error::Server)
    }

    /// The server that `url` names, of whatever database of it. It runs already; its role needs
    /// `CREATEDB`.
    ///
    /// # Errors
    ///
    /// When it cannot be reached.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), pgmig_testkit::Error> {
    /// use pgmig_testkit::{Server, TestDatabase};
    ///
    /// let server = Server::at("postgres://localhost/postgres").await?;
    /// let db = TestDatabase::create_on(&server).await?;
    /// # let _ = db; Ok(()) }
    /// ```
    pub async fn at(url: &str) -> Result<Self, Error> {
        Self::running(url, None).await
    }

    /// The URL of the server's maintenance database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The major version of the server: 13 to 18 where it was brought.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Where the server came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What it was started from, where we did.
    pub(crate) fn binaries(&self) -> Option<&Binaries> {
        self.binaries.as_ref()
    }

    /// Whether we started it, without `fsync`.
    pub(crate) fn brought(&self) -> bool {
        self.origin != Origin::DatabaseUrl
    }

    async fn find_or_bring() -> Result<Self, Error> {
        let settings = Settings::from_env()?;
        match &settings.url {
            Some(url) if settings.allows(Source::Url) => Self::running(url, settings.major).await,
            _ => {
                let brought = tokio::task::spawn_blocking(move || Self::bring(&settings)).await;
                brought.unwrap_or_else(|error| match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(Error::Interrupted),
                })
            }
        }
    }

    /// The server that `DATABASE_URL` names.
    async fn running(url: &str, wanted: Option<u32>) -> Result<Self, Error> {
        let mut server = Self {
            url: url.to_owned(),
            major: 0,
            origin: Origin::DatabaseUrl,
            binaries: None,
        };
        let mut connection = server.connect().await?;
        let row = connection
            .fetch_one("SHOW server_version_num")
            .await
            .and_then(|row| row.try_get::<String, _>(0))
            .map_err(|source| server.refused("read the version", source))?;
        server.major = row.parse().unwrap_or(0) / 10_000;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != server.major) {
            return Err(Error::WrongVersion {
                found: server.major,
                wanted,
            });
        }
        database::remove_left_over(&server, &mut connection).await?;
        template::remove_left_over(&server, &mut connection).await?;
        Ok(server)
    }

    /// The server that all processes share, from the first binaries that are to be had.
    fn bring(settings: &Settings) -> Result<Self, Error> {
        let means = Means::find(settings)?;
        let instance = shared::join(&means)?;
        Ok(Self::of(&instance, &means))
    }

    /// A server that we started.
    pub(crate) fn of(instance: &Instance, means: &Means) -> Self {
        let dir = means.binaries.dir.clone();
        Self {
            url: instance.url(),
            major: means.binaries.major,
            binaries: Some(means.binaries.clone()),
            origin: match means.fetched {
                true => Origin::Fetched(dir),
                false => Origin::Local(dir),
            },
        }
    }

    /// A connection to the maintenance database.
    pub(crate) async fn connect(&self) -> Result<PgConnection, Error> {
        let options = PgConnectOptions::from_str(&self.url);
        let connection = match options {
            Ok(options) => options.connect().await,
            Err(error) => Err(error),
        };
        connection.map_err(|source| self.refused("connect", source))
    }

    pub(crate) fn refused(&self, action: &str, source: sqlx::Error) -> Error {
        Error::Database {
            action: action.to_owned(),
            server: without_password(&self.url),
            source,
        }
    }
}

/// The URL as a message may show it.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "a URL that cannot be read".to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_message_never_shows_a_password() {
        for (url, shown) in [
            (
                "postgres://me:s3:c@r@t@db:5/x?password=y",
                "postgres://me@db:5/x",
            ),
            ("postgres://db/x", "postgres://db/x"),
            ("not a url", "a URL that cannot be read"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[tokio::test]
    async fn two_calls_give_one_server_that_answers() {
        let first = Server::get().await.unwrap();
        let second = Server::get().await.unwrap();
        assert_eq!(first.url(), second.url());
        let row = first
            .connect()
            .await
            .unwrap()
            .fetch_one("SHOW server_version_num")
            .await
            .unwrap();
        let number: String = row.get(0);
        assert_eq!(number.parse::<u32>().unwrap() / 10_000, first.major());
    }
}
