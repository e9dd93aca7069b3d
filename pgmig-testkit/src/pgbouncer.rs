//! A PgBouncer in front of a database.

use crate::bring::account::Account;
use crate::bring::home::{Home, Root, reap};
use crate::bring::settings::Settings;
use crate::bring::{apt, files};
use crate::{Error, TestDatabase};
use sqlx::ConnectOptions as _;
use std::ffi::OsString;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// The first version that keeps track of prepared statements in transaction mode.
const PREPARED_STATEMENTS: (u32, u32) = (1, 21);

/// A PgBouncer in transaction mode in front of one database, ended with this value.
///
/// It is started from a `pgbouncer` on `PATH` or in `/usr/sbin`; else from the package of a Debian
/// or its descendant, unpacked into the cache. With a pool size of 1 every client shares one server connection,
/// which shows what leaks from one to the next.
///
/// # Example
///
/// ```no_run
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// use pgmig_testkit::{PgBouncer, TestDatabase};
///
/// let db = TestDatabase::create().await?;
/// let bouncer = PgBouncer::start(&db, 1)?;
/// let pool = sqlx::PgPool::connect(bouncer.url()).await?;
/// sqlx::raw_sql("SELECT 1").execute(&pool).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PgBouncer {
    home: Home,
    url: String,
    version: (u32, u32),
}

impl PgBouncer {
    /// Starts PgBouncer with at most `pool_size` connections to the server of `database`.
    ///
    /// # Errors
    ///
    /// [`Error::NoPgBouncer`] when there is none, which a test should fail with and not pass over.
    /// Others when it does not start.
    pub fn start(database: &TestDatabase, pool_size: u32) -> Result<Self, Error> {
        let account = Account::of_this_process()?;
        let program = Program::find(&account)?;
        let home = Root::lock(&account)?.home()?;
        let mut this = Self {
            home,
            url: String::new(),
            version: program.version,
        };
        let port = this.configure(&account, database, pool_size)?;
        let mut command = program.command();
        command.arg("-q").arg(this.config());
        reap(this.home.spawn(account.apply(&mut command))?);
        this.wait_until_ready(port)?;
        this.url = format!(
            "postgres://{}@127.0.0.1:{port}/{}?sslmode=disable",
            database.options().get_username(),
            database.name()
        );
        Ok(this)
    }

    /// The database's URL, by way of PgBouncer.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether this PgBouncer lets clients prepare statements in transaction mode: since 1.21,
    /// and then it is switched on.
    pub fn prepares_statements(&self) -> bool {
        self.version >= PREPARED_STATEMENTS
    }

    fn config(&self) -> PathBuf {
        self.home.dir.join("pgbouncer.ini")
    }

    /// Writes the configuration, and returns the port in it.
    fn configure(
        &self,
        account: &Account,
        database: &TestDatabase,
        pool_size: u32,
    ) -> Result<u16, Error> {
        let port = files::free_port()?;
        let prepared = match self.prepares_statements() {
            true => "max_prepared_statements = 100\n",
            false => "",
        };
        // `auth_type = any`: who reaches the loopback port is let in to a database that lives for
        // one test. The user must be named in the connection string then.
        let config = format!(
            "[databases]\n\
             {name} = {upstream}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = transaction\n\
             default_pool_size = {pool_size}\n\
             max_client_conn = 500\n\
             server_login_retry = 1\n\
             ignore_startup_parameters = extra_float_digits\n\
             {prepared}",
            name = database.name(),
            upstream = upstream(database),
        );
        files::write_whole(&self.config(), &config)?;
        account.own(&self.config())?;
        Ok(port)
    }

    fn wait_until_ready(&self, port: u16) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline && self.home.process().is_some_and(|it| it.alive()) {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Error::Command {
            command: "pgbouncer".to_owned(),
            why: format!("it did not start\n{}", self.home.end_of_log()),
        })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Since 1.23 every milder signal waits for the clients to go.
        self.home.end("KILL");
        self.home.destroy();
    }
}

/// The PgBouncer of this machine.
struct Program {
    path: PathBuf,
    libraries: Option<OsString>,
    version: (u32, u32),
}

impl Program {
    fn find(account: &Account) -> Result<Self, Error> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Debian's place, which is not on the PATH of ordinary users.
        let places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let mut programs = places.map(|dir| dir.join("pgbouncer"));
        match programs.find(|program| program.is_file()) {
            Some(program) => Self::at(program, None),
            None => Self::fetched(account).map_err(|error| Error::NoPgBouncer {
                tried: error.to_string(),
            }),
        }
    }

    /// The one in the cache, where it is put by the first who needs it.
    fn fetched(account: &Account) -> Result<Self, Error> {
        let parent = files::cache_root(account, &Settings::from_env()?)?.join("pgbouncer");
        files::create_dir(&parent)?;
        let _lock = files::lock(&parent.join("lock"))?;
        let root = parent.join("unpacked");
        if !root.is_dir() {
            let work = parent.join(format!("new-{}", files::random()));
            let unpacked = work.join("unpacked");
            files::create_dir(&unpacked)?;
            let fetched = apt::fetch("pgbouncer", &work, &unpacked)
                .and_then(|()| files::open_to_all(account, &unpacked))
                .and_then(|()| {
                    std::fs::rename(&unpacked, &root).map_err(Error::file("create", &root))
                });
            let _ = std::fs::remove_dir_all(&work);
            fetched?;
        }
        Self::at(root.join("usr/sbin/pgbouncer"), apt::library_path(&root))
    }

    fn at(path: PathBuf, libraries: Option<OsString>) -> Result<Self, Error> {
        let mut this = Self {
            path,
            libraries,
            version: (0, 0),
        };
        let output = files::run(this.command().arg("--version"))?;
        this.version = version(&String::from_utf8_lossy(&output));
        Ok(this)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

/// `PgBouncer 1.18.0` -> (1, 18).
fn version(text: &str) -> (u32, u32) {
    let number = text.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The connection string of the server, as PgBouncer reads it.
fn upstream(database: &TestDatabase) -> String {
    let options = database.options();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut text = format!(
        "host={} port={} dbname={} user={}",
        quoted(options.get_host()),
        options.get_port(),
        quoted(database.name()),
        quoted(options.get_username()),
    );
    let password = options.to_url_lossy().password().map(str::to_owned);
    if let Some(password) = password {
        let password = percent_encoding::percent_decode_str(&password).decode_utf8_lossy();
        text.push_str(&format!(" password={}", quoted(&password)));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    #[cfg(target_os = "linux")]
    use crate::bring::process::Identity;
    use sqlx::{Connection as _, PgConnection, Row as _};

    async fn value(url: &str, sql: &'static str) -> String {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let row = sqlx::raw_sql(sql).fetch_one(&mut connection).await;
        row.unwrap().get(0)
    }

    #[test]
    fn the_version_is_read_from_the_first_line() {
        assert_eq!(version("PgBouncer 1.18.0\nlibevent 2.1.12-stable"), (1, 18));
        assert!(version("PgBouncer 1.24.1") >= PREPARED_STATEMENTS);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn nothing_of_a_pgbouncer_stays_in_the_table_of_processes() {
        let db = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(&db, 1).unwrap();
        let entries = ["process", "supervisor"].map(|name| {
            let identity = Identity::read(&bouncer.home.dir.join(name)).unwrap();
            std::path::PathBuf::from(format!("/proc/{}", identity.pid))
        });
        assert!(entries.iter().all(|entry| entry.exists()));
        drop(bouncer);
        // The supervisor looks now and then whether it is still of use.
        for _ in 0..600 {
            if !entries.iter().any(|entry| entry.exists()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still there: {entries:?}");
    }

    #[tokio::test]
    async fn clients_share_the_one_server_connection_and_what_was_set_on_it() {
        let db = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(&db, 1).unwrap();
        let set = "SET app.leak = 'seen'; SELECT pg_backend_pid()::text";
        let get = "SELECT pg_backend_pid()::text || current_setting('app.leak', true)";
        let backend = value(bouncer.url(), set).await;
        assert_eq!(value(bouncer.url(), get).await, format!("{backend}seen"));
    }

    #[tokio::test]
    async fn pgbouncer_ends_with_its_value() {
        let db = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(&db, 1).unwrap();
        let (url, dir) = (bouncer.url().to_owned(), bouncer.home.dir.clone());
        drop(bouncer);
        assert!(PgConnection::connect(&url).await.is_err());
        assert!(!dir.exists());
    }
}
