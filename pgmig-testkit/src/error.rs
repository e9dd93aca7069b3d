//! The one error type of this crate.

use std::path::{Path, PathBuf};

/// Why there is no PostgreSQL, or no database on it.
///
/// Every message says what to install or set. `Debug` prints the same text as `Display`, because
/// `unwrap` in a test and `main` returning an error show that one.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An environment variable has a value that is of no use.
    #[error("{name}={value:?} cannot be used\n  = help: {help}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        help: String,
    },
    /// No server was found, and none could be brought.
    #[error(
        "no PostgreSQL was found and none could be brought\n{tried}  = help: install one \
         (Debian, Ubuntu: `apt-get install postgresql`; macOS: `brew install postgresql`), or set \
         DATABASE_URL to a server whose role may create databases, or PGMIG_TEST_PG_BIN to the \
         directory that holds `postgres` and `initdb`"
    )]
    NoPostgres {
        /// A line for each place that was looked at, and why it would not do.
        tried: String,
    },
    /// A client program is missing, or too old for the server.
    #[error(
        "there is no {program} for PostgreSQL {major}: {found}\n  = help: install the client \
         programs of {major} or later (Debian, Ubuntu: `apt-get install postgresql-client-{major}`), \
         or put their directory on PATH"
    )]
    NoClient {
        /// The program.
        program: String,
        /// The server's major version.
        major: u32,
        /// What there is.
        found: String,
    },
    /// The server in `DATABASE_URL` is of another major version than `PGMIG_TEST_PG` asks for.
    #[error(
        "the server in DATABASE_URL is PostgreSQL {found}, but PGMIG_TEST_PG asks for {wanted}\n  \
         = help: unset one of the two"
    )]
    WrongVersion {
        /// The server's major version.
        found: u32,
        /// The major version asked for.
        wanted: u32,
    },
    /// We are root, and there is nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and /etc/passwd has neither a user `postgres` nor a \
         user `nobody`\n  = help: `useradd --system postgres`, or set DATABASE_URL"
    )]
    NoUnprivilegedUser,
    /// A directory cannot be entered by the user that the server runs as.
    #[error(
        "the user that PostgreSQL runs as (uid {uid}) cannot enter {path}\n  = help: set {setting} \
         to a directory that every user can enter", path = path.display()
    )]
    Unreachable {
        /// The directory.
        path: PathBuf,
        /// The user.
        uid: u32,
        /// The environment variable that moves the directory elsewhere.
        setting: &'static str,
    },
    /// A file or a directory could not be read or written.
    #[error("could not {action} {path}: {source}", path = path.display())]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it could not be done.
        source: std::io::Error,
    },
    /// A program could not be run, or ended with an error.
    #[error("`{command}` failed: {why}")]
    Command {
        /// The program and its arguments.
        command: String,
        /// How it ended, and what it printed.
        why: String,
    },
    /// The server did not come up.
    #[error("PostgreSQL in {directory} did not start: {why}\n{log}", directory = directory.display())]
    Start {
        /// Its binaries.
        directory: PathBuf,
        /// What was seen.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// The server refused something.
    #[error(
        "could not {action} {} {server}: {}",
        if action == "connect" { "to" } else { "on" }, said(.source)
    )]
    Database {
        /// What was to be done.
        action: String,
        /// The server, without its password.
        server: String,
        /// What PostgreSQL or the connection said.
        source: sqlx::Error,
    },
    /// A template could not be filled.
    #[error("could not build the template `{key}`: {source}")]
    Template {
        /// The template's key.
        key: String,
        /// What the builder said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no PgBouncer.
    #[error(
        "no `pgbouncer` was found and none could be fetched\n  - {tried}\n  = help: install it \
         (Debian, Ubuntu: `apt-get install pgbouncer`; macOS: `brew install pgbouncer`)"
    )]
    NoPgBouncer {
        /// Why it could not be fetched.
        tried: String,
    },
    /// The async runtime was shut down while the server was being brought.
    #[error("the async runtime ended before PostgreSQL had started")]
    Interrupted,
    /// The server of this process could not be had; it is tried once only.
    #[error(transparent)]
    Server(&'static Error),
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// What the server says. The driver puts the line of PostgreSQL's own source behind it.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

impl Error {
    /// The SQLSTATE, of an error that PostgreSQL raised.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Database { source, .. } => Some(source.as_database_error()?.code()?.into_owned()),
            _ => None,
        }
    }

    /// Makes the mapper of an `io::Error` at starting `program`.
    pub(crate) fn spawning(program: &str) -> impl FnOnce(std::io::Error) -> Self {
        let command = program.to_owned();
        move |error| Self::Command {
            command,
            why: error.to_string(),
        }
    }

    /// Makes the mapper of an `io::Error` on `path`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
