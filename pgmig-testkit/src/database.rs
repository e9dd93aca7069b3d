//! A database for each test.

use crate::bring::files;
use crate::server::without_password;
use crate::{Error, Server};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _};
use std::path::Path;
use std::str::FromStr as _;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Our databases are named `pgmig_test_<seconds since 1970>_<random>`, so that one that was left
/// behind can be told, and its age.
const PREFIX: &str = "pgmig_test_";

/// The age in seconds after which a database nobody is connected to counts as left behind.
const LEFT_OVER: u64 = 3600;

/// How long a drop holds up whoever let go of the database, on a server that outlives the run.
const DROP_WAIT: Duration = Duration::from_secs(10);

/// An empty database of one's own, dropped with this value.
///
/// Connections that are still open then are closed by the server.
#[derive(Debug)]
pub struct TestDatabase {
    server: Server,
    name: String,
    url: String,
    options: PgConnectOptions,
    kept: bool,
}

impl TestDatabase {
    /// Creates a database on the server of this process ([`Server::get`]).
    ///
    /// # Errors
    ///
    /// When there is no server, or its role may not create databases.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let db = pgmig_testkit::TestDatabase::create().await?;
    /// sqlx::raw_sql("CREATE TABLE t (id int)").execute(&db.pool()).await?;
    /// # Ok(()) }
    /// ```
    pub async fn create() -> Result<Self, Error> {
        Self::create_on(Server::get().await?).await
    }

    /// Creates a database on `server`.
    ///
    /// # Errors
    ///
    /// When the server's role may not create databases.
    pub async fn create_on(server: &Server) -> Result<Self, Error> {
        let mut connection = server.connect().await?;
        // Not template1, which a server's owner may have put things into.
        Self::clone_of(server, &mut connection, "template0").await
    }

    /// Creates a copy of the database `template`.
    pub(crate) async fn clone_of(
        server: &Server,
        connection: &mut PgConnection,
        template: &str,
    ) -> Result<Self, Error> {
        let name = new_name();
        let url = with_database(server.url(), &name);
        let options =
            PgConnectOptions::from_str(&url).map_err(|error| server.refused("connect", error))?;
        create(server, connection, &name, template).await?;
        Ok(Self {
            server: server.clone(),
            name,
            url,
            options,
            kept: false,
        })
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The database's URL, as `DATABASE_URL` would hold it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server that the database is on.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The options that connect to the database, to be changed to taste.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A new pool of up to ten connections, each opened when it is first needed.
    pub fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(10)
            .connect_lazy_with(self.options())
    }

    /// A new connection.
    ///
    /// # Errors
    ///
    /// When the server takes none.
    pub async fn connect(&self) -> Result<PgConnection, Error> {
        let connected = self.options.connect().await;
        connected.map_err(|error| self.server.refused("connect", error))
    }
}

impl TestDatabase {
    /// Leaves the database where it is when this value is dropped, if the server goes on running,
    /// and says how to connect to it. A run an hour later, or later still, removes it.
    ///
    /// On a server that was brought there is nothing to keep: it stops soon after the process.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), pgmig_testkit::Error> {
    /// let mut db = pgmig_testkit::TestDatabase::create().await?;
    /// if let Some(url) = db.keep() {
    ///     eprintln!("look at {url}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn keep(&mut self) -> Option<String> {
        self.kept = !self.server.brought();
        self.kept.then(|| without_password(&self.url))
    }
}

impl Drop for TestDatabase {
    /// Drops the database from a thread of its own: a runtime cannot be entered from within
    /// another, and must not be held up either. `DROP DATABASE` waits for every session of the
    /// server that is being opened, and one of those may wait for this very thread.
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        let brought = server.brought();
        let (sender, done) = std::sync::mpsc::channel();
        from_outside(move || async move {
            let dropped = async {
                let mut connection = server.connect().await?;
                drop_database(&server, &mut connection, &name).await
            };
            let _ = sender.send(dropped.await);
            Ok(())
        });
        // What is left on a server that we brought goes with it. Elsewhere the process should not
        // end before its databases.
        if !brought && let Ok(Err(error)) = done.recv_timeout(DROP_WAIT) {
            eprintln!("warning: {error}");
        }
    }
}

/// Runs a future in a thread of its own.
pub(crate) fn from_outside<F: Future<Output = Result<(), Error>>>(
    future: impl FnOnce() -> F + Send + 'static,
) -> JoinHandle<Result<(), Error>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(future()),
            Err(error) => Err(Error::file("start a runtime in", Path::new("/"))(error)),
        }
    })
}

/// Creates database `name` as a copy of `template`.
async fn create(
    server: &Server,
    connection: &mut PgConnection,
    name: &str,
    template: &str,
) -> Result<(), Error> {
    // Copying files is faster than writing them to the log (the default since 15), if the
    // checkpoints that it takes are not synced to disk.
    let strategy = match server.brought() && server.major() >= 15 {
        true => " STRATEGY FILE_COPY",
        false => "",
    };
    let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy}");
    run(server, connection, "create a database", sql).await
}

pub(crate) async fn drop_database(
    server: &Server,
    connection: &mut PgConnection,
    name: &str,
) -> Result<(), Error> {
    let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    run(server, connection, &format!("drop database {name}"), sql).await
}

/// Runs a statement whose names are of our own making.
pub(crate) async fn run(
    server: &Server,
    connection: &mut PgConnection,
    action: &str,
    sql: String,
) -> Result<(), Error> {
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.map(drop)
        .map_err(|error| server.refused(action, error))
}

/// Drops what killed runs left on a server that outlives them.
pub(crate) async fn remove_left_over(
    server: &Server,
    connection: &mut PgConnection,
) -> Result<(), Error> {
    let idle = "SELECT datname::text FROM pg_database d WHERE datname LIKE 'pgmig\\_test\\_%' \
                AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)";
    let failed = |error| server.refused("list databases", error);
    let rows = connection.fetch_all(idle).await.map_err(failed)?;
    for row in rows {
        let name: String = row.try_get(0).map_err(failed)?;
        if created_at(&name).is_some_and(|at| at + LEFT_OVER < now()) {
            // Another run may be at it too, and a role may only drop its own: no reason to fail.
            let _ = drop_database(server, connection, &name).await;
        }
    }
    Ok(())
}

fn new_name() -> String {
    format!("{PREFIX}{}_{}", now(), files::random())
}

/// When a database of this name was created, in seconds since 1970; `None` if it is not ours.
fn created_at(name: &str) -> Option<u64> {
    let (time, random) = name.strip_prefix(PREFIX)?.split_once('_')?;
    let ours = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    ours.then(|| time.parse().ok()).flatten()
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |duration| duration.as_secs())
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let rest = &url[authority..];
    let end = authority + rest.find(['/', '?']).unwrap_or(rest.len());
    let query = url.split_once('?').map_or("", |(_, query)| query);
    // A `dbname` in the query would win over the path.
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("dbname="))
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{}/{name}{mark}{}", &url[..end], kept.join("&"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_wherever_it_stands() {
        for (url, expected) in [
            ("postgres://u:p@h:1/old", "postgres://u:p@h:1/new"),
            ("postgres://h", "postgres://h/new"),
            (
                "postgres://h?sslmode=require",
                "postgres://h/new?sslmode=require",
            ),
            (
                "postgres://h/old?dbname=x&host=/run",
                "postgres://h/new?host=/run",
            ),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }

    #[test]
    fn only_our_own_names_count_as_left_behind() {
        assert!(created_at(&new_name()).is_some());
        assert_eq!(created_at("pgmig_test_12_0123456789abcdef"), Some(12));
        assert_eq!(created_at("pgmig_test_12_x"), None);
        assert_eq!(created_at("pgmig_test_data"), None);
        assert_eq!(created_at("app_12_0123456789abcdef"), None);
    }

    async fn exists(server: &Server, name: &str) -> bool {
        let mut connection = server.connect().await.unwrap();
        let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1")
            .bind(name)
            .fetch_optional(&mut connection);
        found.await.unwrap().is_some()
    }

    #[tokio::test]
    async fn a_database_is_empty_and_gone_after_its_value() {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        let count: i64 = sqlx::query_scalar(tables).fetch_one(&pool).await.unwrap();
        assert_eq!(count, 0);
        let (server, name) = (db.server().clone(), db.name().to_owned());
        assert!(exists(&server, &name).await);
        // The pool still has a connection open.
        drop(db);
        while exists(&server, &name).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        pool.acquire().await.unwrap_err();
    }

    #[tokio::test]
    async fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let server = Server::get().await.unwrap();
        let mut connection = server.connect().await.unwrap();
        let random = files::random();
        let old = format!("{PREFIX}{}_{random}", now() - LEFT_OVER - 10);
        let used = format!("{PREFIX}{}_{}", now() - LEFT_OVER - 10, files::random());
        let recent = new_name();
        let foreign = format!("{PREFIX}{random}");
        for name in [&old, &used, &recent, &foreign] {
            create(server, &mut connection, name, "template0")
                .await
                .unwrap();
        }
        let url = with_database(server.url(), &used);
        let options = PgConnectOptions::from_str(&url).unwrap();
        let user = options.connect().await.unwrap();
        remove_left_over(server, &mut connection).await.unwrap();
        assert!(!exists(server, &old).await);
        for name in [&used, &recent, &foreign] {
            assert!(exists(server, name).await);
        }
        drop(user);
        for name in [&used, &recent, &foreign] {
            drop_database(server, &mut connection, name).await.unwrap();
        }
    }
}
