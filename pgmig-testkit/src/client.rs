//! The client programs of PostgreSQL, of a version that fits a server.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use percent_encoding::percent_decode_str;
use sqlx::postgres::PgSslMode;

use crate::bring::binaries;
use crate::{Error, TestDatabase};

/// A program that could be run.
struct Found {
    path: PathBuf,
    major: u32,
    libraries: Option<OsString>,
}

impl TestDatabase {
    /// A command that runs `pg_dump`, `psql` or another client program of PostgreSQL, connected to
    /// this database: the one that came with the server, else the oldest on `PATH` or where
    /// distributions keep them that is not older than the server. The password is passed in the
    /// environment, not where `ps` shows it.
    ///
    /// # Errors
    ///
    /// When there is no such program, or only older ones: `pg_dump` refuses a newer server.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let db = pgmig_testkit::TestDatabase::create().await?;
    /// let dump = db.client("pg_dump")?.arg("--schema-only").output()?;
    /// println!("{}", String::from_utf8(dump.stdout)?);
    /// # Ok(()) }
    /// ```
    pub fn client(&self, program: &str) -> Result<Command, Error> {
        let mut command = self.find(program)?;
        let options = self.options();
        let host = options.get_socket().map_or_else(
            || OsString::from(options.get_host()),
            |socket| socket.as_os_str().to_owned(),
        );
        command
            .env("PGHOST", host)
            .env("PGPORT", options.get_port().to_string())
            .env("PGUSER", options.get_username())
            .env("PGDATABASE", self.name())
            .env("PGSSLMODE", ssl_mode(options.get_ssl_mode()))
            .env("LC_ALL", "C")
            .env_remove("PGOPTIONS")
            .env_remove("PGSERVICE");
        if let Some(password) = password(self.url()) {
            command.env("PGPASSWORD", password);
        }
        Ok(command)
    }

    fn find(&self, program: &str) -> Result<Command, Error> {
        let server = self.server();
        let own = server.binaries().into_iter();
        let own = own.map(|own| (own.dir.clone(), own.libraries().cloned()));
        let elsewhere = binaries::client_places().into_iter();
        let mut found = Vec::new();
        for (dir, libraries) in own.chain(elsewhere.map(|dir| (dir, None))) {
            let path = dir.join(program);
            if path.is_file()
                && let Some(major) = binaries::version_of(&path, libraries.as_ref())
            {
                found.push(Found {
                    path,
                    major,
                    libraries,
                });
            }
        }
        // The first is the server's own, where it has one.
        found.sort_by_key(|found| found.major);
        let tried = found
            .iter()
            .map(|one| format!("{} is {}", one.path.display(), one.major));
        let tried: Vec<String> = tried.collect();
        let fits = found.into_iter().find(|one| one.major >= server.major());
        match fits {
            Some(one) => Ok(binaries::command(&one.path, one.libraries.as_ref())),
            None => Err(Error::NoClient {
                program: program.to_owned(),
                major: server.major(),
                found: match tried.is_empty() {
                    true => "none was found".to_owned(),
                    false => tried.join(", "),
                },
            }),
        }
    }
}

fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// The password in a URL; the options that sqlx reads from it do not tell.
fn password(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split('/').next().unwrap_or(rest);
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let encoded = user
        .and_then(|user| user.split_once(':'))
        .map(|(_, word)| word);
    let named = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("password="));
    let decoded = percent_decode_str(encoded.or(named)?).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_password_is_read_from_either_place_of_a_url() {
        let of = |url: &str| password(url);
        assert_eq!(of("postgres://me:s%40c@db:5/x").as_deref(), Some("s@c"));
        assert_eq!(
            of("postgres://me@db/x?password=a%20b").as_deref(),
            Some("a b")
        );
        assert_eq!(of("postgres://me@db/x"), None);
    }

    #[tokio::test]
    async fn a_client_talks_to_its_database() {
        let db = TestDatabase::create().await.unwrap();
        let mut psql = match db.client("psql") {
            Ok(psql) => psql,
            // Some packages of the server come without clients.
            Err(error) => {
                assert!(error.to_string().contains("psql"), "{error}");
                return;
            }
        };
        let said = psql
            .args(["-XAtc", "SELECT current_database()"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), db.name());
    }

    #[tokio::test]
    async fn a_program_that_is_nowhere_is_told_with_the_version_that_is_needed() {
        let db = TestDatabase::create().await.unwrap();
        let error = db.client("pg_no_such_program").unwrap_err().to_string();
        assert!(error.contains("pg_no_such_program"), "{error}");
        assert!(error.contains(&db.server().major().to_string()), "{error}");
    }
}
