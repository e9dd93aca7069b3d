//! Databases that are cloned from one that was filled once.
//!
//! A template is built under another name and renamed when it is complete, so that a name tells
//! that there is nothing to do, and what a killed builder left is removed like any other left-over
//! database. Who builds holds an advisory lock; others wait for it and find the template there.

use crate::bring::files;
use crate::database::{self, TestDatabase};
use crate::{Error, Server};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::time::Duration;

/// Templates are named `pgmig_template_<hash of the key>`; the comment on one is the second since
/// 1970 at which it was built or last used.
const PREFIX: &str = "pgmig_template_";

/// The age in seconds after which a template that is not used counts as left behind.
const LEFT_OVER: u64 = 7 * 24 * 3600;

/// The age in seconds after which the use of a template is noted again.
const NOTE_AGAIN: u64 = 24 * 3600;

/// A clone of a template that was removed meanwhile is tried again this often.
const ATTEMPTS: u32 = 5;

/// The error of whoever fills a template.
type Cause = Box<dyn std::error::Error + Send + Sync>;

impl TestDatabase {
    /// Creates a database with what `build` fills one with, on the server of this process.
    ///
    /// `build` is called once for a `key`: its database becomes a template, and this and every
    /// later database of that key, in whatever process, is a clone, which takes some 20 ms
    /// whatever was built. So the key must say all that the content depends on, a digest of it
    /// for example.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create), and [`Error::Template`] with the error of `build`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// use pgmig_testkit::TestDatabase;
    ///
    /// let db = TestDatabase::from_template("notes 1", async |pool| {
    ///     let notes = "CREATE TABLE notes (note text)";
    ///     sqlx::raw_sql(notes).execute(&pool).await.map(drop)
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    pub async fn from_template<B, E>(key: &str, build: B) -> Result<Self, Error>
    where
        B: AsyncFnOnce(PgPool) -> Result<(), E>,
        E: Into<Cause>,
    {
        Self::from_template_on(Server::get().await?, key, build).await
    }

    /// Creates a database with what `build` fills one with, on `server`; otherwise the same as
    /// [`from_template`](Self::from_template).
    ///
    /// # Errors
    ///
    /// As for [`from_template`](Self::from_template).
    pub async fn from_template_on<B, E>(server: &Server, key: &str, build: B) -> Result<Self, Error>
    where
        B: AsyncFnOnce(PgPool) -> Result<(), E>,
        E: Into<Cause>,
    {
        let template = name_of(key);
        let mut connection = server.connect().await?;
        let mut build = Some(build);
        for _ in 0..ATTEMPTS {
            let found = noted(server, &mut connection, &template).await?;
            if found.is_none()
                && let Some(build) = build.take()
            {
                make(server, &mut connection, &template, key, build).await?;
            }
            if found.is_some_and(|at| at + NOTE_AGAIN < database::now()) {
                note(server, &mut connection, &template).await?;
            }
            match Self::clone_of(server, &mut connection, &template).await {
                // Removed by another run between our look and now.
                Err(error) if error.code().as_deref() == Some("3D000") => {}
                other => return other,
            }
        }
        Err(Error::Template {
            key: key.to_owned(),
            source: "its template was removed again and again".into(),
        })
    }
}

fn name_of(key: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key.as_bytes());
    format!("{PREFIX}{}", files::hex(&digest[..16]))
}

/// When the template was last used, if it exists.
async fn noted(
    server: &Server,
    connection: &mut PgConnection,
    template: &str,
) -> Result<Option<u64>, Error> {
    let sql = format!(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '0') \
         FROM pg_database WHERE datname = '{template}'"
    );
    let row = connection.fetch_optional(AssertSqlSafe(sql)).await;
    let row = row.and_then(|row| row.map(|row| row.try_get::<String, _>(0)).transpose());
    let note = row.map_err(|error| server.refused("look for a template", error))?;
    Ok(note.map(|note| note.parse().unwrap_or(0)))
}

async fn note(server: &Server, connection: &mut PgConnection, template: &str) -> Result<(), Error> {
    let sql = format!(
        "COMMENT ON DATABASE \"{template}\" IS '{}'",
        database::now()
    );
    database::run(server, connection, "note the use of a template", sql).await
}

/// Makes the template, unless another process is faster.
async fn make<B, E>(
    server: &Server,
    connection: &mut PgConnection,
    template: &str,
    key: &str,
    build: B,
) -> Result<(), Error>
where
    B: AsyncFnOnce(PgPool) -> Result<(), E>,
    E: Into<Cause>,
{
    let lock = format!("hashtextextended('{template}', 0)");
    let waited = format!("SELECT pg_advisory_lock({lock})");
    database::run(server, connection, "lock a template", waited).await?;
    let made = if noted(server, connection, template).await?.is_some() {
        Ok(())
    } else {
        fill(server, connection, template, key, build).await
    };
    let unlock = format!("SELECT pg_advisory_unlock({lock})");
    database::run(server, connection, "unlock a template", unlock).await?;
    made
}

async fn fill<B, E>(
    server: &Server,
    connection: &mut PgConnection,
    template: &str,
    key: &str,
    build: B,
) -> Result<(), Error>
where
    B: AsyncFnOnce(PgPool) -> Result<(), E>,
    E: Into<Cause>,
{
    // Dropped if this fails. After the rename nothing of its name is left to be dropped.
    let draft = TestDatabase::create_on(server).await?;
    let pool = draft.pool();
    let built = build(pool.clone()).await;
    pool.close().await;
    built.map_err(|error| Error::Template {
        key: key.to_owned(),
        source: error.into(),
    })?;
    let name = draft.name();
    note(server, connection, name).await?;
    let closed = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false");
    database::run(server, connection, "make a template", closed).await?;
    // Whoever else is connected would be in the way of the rename, and of every clone.
    let end = format!(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = '{name}'"
    );
    for _ in 0..1000 {
        let ended = connection.fetch_all(AssertSqlSafe(end.as_str())).await;
        if ended
            .map_err(|error| server.refused("make a template", error))?
            .is_empty()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let rename = format!("ALTER DATABASE \"{name}\" RENAME TO \"{template}\"");
    database::run(server, connection, "make a template", rename).await
}

/// Drops the templates that nobody has used for a week.
pub(crate) async fn remove_left_over(
    server: &Server,
    connection: &mut PgConnection,
) -> Result<(), Error> {
    let sql = format!("SELECT datname::text FROM pg_database WHERE datname LIKE '{PREFIX}%'");
    let rows = connection.fetch_all(AssertSqlSafe(sql)).await;
    let failed = |error| server.refused("list templates", error);
    for row in rows.map_err(failed)? {
        let name: String = row.try_get(0).map_err(failed)?;
        let used = noted(server, connection, &name).await?;
        if used.is_some_and(|at| at > 0 && at + LEFT_OVER < database::now()) {
            // Another run may be at it too: no reason to fail.
            let _ = database::drop_database(server, connection, &name).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn key() -> String {
        format!("test {}", files::random())
    }

    async fn remove(key: &str) {
        let server = Server::get().await.unwrap();
        let mut connection = server.connect().await.unwrap();
        let dropped = database::drop_database(server, &mut connection, &name_of(key)).await;
        dropped.unwrap();
    }

    async fn table(pool: PgPool) -> Result<(), sqlx::Error> {
        pool.execute("CREATE TABLE notes AS SELECT 'one'::text AS note")
            .await
            .map(drop)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_at_once_build_a_template_once() {
        let key = key();
        let built = Arc::new(AtomicU32::new(0));
        let one = |key: String, built: Arc<AtomicU32>| async move {
            let build = async |pool| {
                built.fetch_add(1, Ordering::SeqCst);
                table(pool).await
            };
            let db = TestDatabase::from_template(&key, build).await.unwrap();
            let mut connection = db.connect().await.unwrap();
            connection
                .execute("INSERT INTO notes VALUES ('two')")
                .await
                .unwrap();
            let count = connection.fetch_one("SELECT count(*) FROM notes").await;
            count.unwrap().get::<i64, _>(0)
        };
        let tasks: Vec<_> = (0..8)
            .map(|_| tokio::spawn(one(key.clone(), Arc::clone(&built))))
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 2);
        }
        assert_eq!(built.load(Ordering::SeqCst), 1);
        remove(&key).await;
    }

    #[tokio::test]
    async fn a_build_that_fails_is_told_and_tried_again_by_the_next() {
        let key = key();
        let broken = async |pool: PgPool| pool.execute("CREATE TABEL x ()").await.map(drop);
        let error = TestDatabase::from_template(&key, broken).await.unwrap_err();
        assert!(error.to_string().contains("TABEL"), "{error}");
        TestDatabase::from_template(&key, table).await.unwrap();
        remove(&key).await;
    }

    #[tokio::test]
    async fn a_connection_that_the_builder_left_open_is_in_nobodys_way() {
        let key = key();
        let mut kept = None;
        let build = async |pool: PgPool| {
            kept = Some(pool.acquire().await?.detach());
            table(pool).await
        };
        TestDatabase::from_template(&key, build).await.unwrap();
        assert!(kept.unwrap().execute("SELECT").await.is_err());
        remove(&key).await;
    }

    #[tokio::test]
    async fn a_template_that_nobody_used_for_a_week_is_removed_and_another_not() {
        let (old, recent) = (key(), key());
        let server = Server::get().await.unwrap();
        let mut connection = server.connect().await.unwrap();
        for key in [&old, &recent] {
            TestDatabase::from_template(key, table).await.unwrap();
        }
        let long_ago = database::now() - LEFT_OVER - 10;
        let sql = format!("COMMENT ON DATABASE \"{}\" IS '{long_ago}'", name_of(&old));
        database::run(server, &mut connection, "age", sql)
            .await
            .unwrap();
        remove_left_over(server, &mut connection).await.unwrap();
        let found = noted(server, &mut connection, &name_of(&old)).await;
        assert_eq!(found.unwrap(), None);
        let found = noted(server, &mut connection, &name_of(&recent)).await;
        assert!(found.unwrap().is_some());
        remove(&recent).await;
    }

    #[tokio::test]
    async fn a_used_template_is_noted_again_and_so_kept() {
        let key = key();
        let server = Server::get().await.unwrap();
        let mut connection = server.connect().await.unwrap();
        TestDatabase::from_template(&key, table).await.unwrap();
        let sql = format!("COMMENT ON DATABASE \"{}\" IS '5'", name_of(&key));
        database::run(server, &mut connection, "age", sql)
            .await
            .unwrap();
        TestDatabase::from_template(&key, table).await.unwrap();
        let at = noted(server, &mut connection, &name_of(&key))
            .await
            .unwrap();
        assert!(at.unwrap() > 5);
        remove(&key).await;
    }
}
