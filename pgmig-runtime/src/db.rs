//! A place to run: a pool or one connection, and messages sent to it.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, PgConnection, PgPool, Postgres,
    Row as _, Transaction,
};
use tokio::time::timeout;

/// Where to run: made from `&PgPool` or `&mut PgConnection` (also `&mut PoolConnection`).
///
/// With a pool a lost connection is replaced and the run goes on; with one connection it cannot be.
#[derive(Debug)]
pub struct Db<'c>(pub(crate) Session<'c>);

impl From<&PgPool> for Db<'_> {
    fn from(pool: &PgPool) -> Self {
        Db(Session::new(Source::Pool {
            pool: pool.clone(),
            held: None,
        }))
    }
}

impl<'c> From<&'c mut PgConnection> for Db<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        Db(Session::new(Source::Borrowed(connection)))
    }
}

impl<'c> From<&'c mut PoolConnection<Postgres>> for Db<'c> {
    fn from(connection: &'c mut PoolConnection<Postgres>) -> Self {
        Db::from(&mut **connection)
    }
}

/// The rows of each statement of a message.
pub(crate) type Answers = Vec<Vec<PgRow>>;

/// The connection of a run, taken from the pool when first needed.
#[derive(Debug)]
pub(crate) struct Session<'c> {
    source: Source<'c>,
    /// A message was sent and not answered yet. A future dropped then must not hand its
    /// connection back to the pool, where the next user would wait for the rest of the answer.
    in_flight: bool,
    patience: Duration,
    waited: Duration,
}

#[derive(Debug)]
enum Source<'c> {
    Pool {
        pool: PgPool,
        held: Option<PoolConnection<Postgres>>,
    },
    Borrowed(&'c mut PgConnection),
}

/// How long a server that listens may take to let a connection in.
const HANDSHAKE: Duration = Duration::from_secs(3);

/// Takes a connection from the pool, within `patience` or a handshake more.
///
/// The driver's pool tries again for as long as it may where nothing listens, and then says only
/// that time is up. So whoever waited in vain asks the server itself, and says what it said.
async fn acquire(pool: &PgPool, patience: Duration) -> sqlx::Result<PoolConnection<Postgres>> {
    let acquired = timeout(patience, pool.acquire()).await;
    match acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
        // Nobody has a connection, so it is not that all are taken.
        Err(sqlx::Error::PoolTimedOut) if pool.size() == 0 => {}
        acquired => return acquired,
    }
    let options = pool.connect_options();
    match timeout(HANDSHAKE, options.connect()).await {
        Ok(Err(reason)) => Err(reason),
        Ok(Ok(connection)) => {
            // It is there, only later than it should: the pool gets the same chance.
            connection.close().await?;
            let acquired = timeout(HANDSHAKE, pool.acquire()).await;
            acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut))
        }
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// A message that failed, and how many of its statements were completed before.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: sqlx::Error,
    pub(crate) completed: usize,
}

impl<'c> Session<'c> {
    fn new(source: Source<'c>) -> Self {
        Session {
            source,
            in_flight: false,
            patience: Duration::MAX,
            waited: Duration::ZERO,
        }
    }

    /// The connection.
    pub(crate) async fn connection(&mut self) -> sqlx::Result<&mut PgConnection> {
        match &mut self.source {
            Source::Borrowed(connection) => Ok(connection),
            Source::Pool { pool, held } => {
                if held.is_none() {
                    let started = Instant::now();
                    let acquired = acquire(pool, self.patience).await;
                    self.waited = started.elapsed();
                    *held = Some(acquired?);
                }
                held.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
            }
        }
    }

    /// The connection, for messages that leave it unusable unless they are answered.
    async fn begin_flight(&mut self) -> Result<&mut PgConnection, Failed> {
        self.connection().await.map_err(Failed::at(0))?;
        self.in_flight = true;
        self.connection().await.map_err(Failed::at(0))
    }

    /// An error of the server ends a message: the connection is idle again. Any other leaves it in
    /// a state that nobody knows.
    fn land<T>(&mut self, answer: &Result<T, Failed>) {
        self.in_flight =
            matches!(answer, Err(failed) if !matches!(failed.error, sqlx::Error::Database(_)));
    }

    /// Sends one message and returns the rows of each of its statements.
    pub(crate) async fn send(&mut self, sql: String) -> Result<Answers, Failed> {
        let answer = send(self.begin_flight().await?, sql).await;
        self.land(&answer);
        answer
    }

    /// Sends one query that may fail without taking the transaction it is in along.
    pub(crate) async fn send_tried(&mut self, query: String) -> Result<Answers, Failed> {
        let message = format!("SAVEPOINT pgmig_look; {query}; RELEASE SAVEPOINT pgmig_look");
        let sent = self.send(message).await;
        if matches!(&sent, Err(failed) if failed.completed > 0) {
            self.send("ROLLBACK TO SAVEPOINT pgmig_look; RELEASE SAVEPOINT pgmig_look".to_owned())
                .await?;
        }
        sent
    }

    /// Sends statements one by one in a transaction of their own.
    pub(crate) async fn send_each(
        &mut self,
        statements: impl Iterator<Item = String>,
    ) -> Result<Answers, Failed> {
        let answer = send_each(self.begin_flight().await?, statements).await;
        self.land(&answer);
        answer
    }

    /// The same inside a transaction of the caller.
    pub(crate) async fn send_each_within(
        &mut self,
        statements: impl Iterator<Item = String>,
    ) -> Result<Answers, Failed> {
        let connection = self.connection().await.map_err(Failed::at(0))?;
        send_singly(connection, statements).await
    }

    /// Begins a transaction. Dropped in the middle, it takes the connection along.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Postgres>, Failed> {
        let connection = self.begin_flight().await?;
        connection.begin().await.map_err(Failed::at(0))
    }

    /// A transaction that was begun has ended.
    pub(crate) fn ended(&mut self) {
        self.in_flight = false;
    }

    /// How to open a connection besides this one, where that is possible.
    pub(crate) fn options(&self) -> Option<PgConnectOptions> {
        match &self.source {
            Source::Borrowed(_) => None,
            Source::Pool { pool, .. } => Some((*pool.connect_options()).clone()),
        }
    }

    /// The pool, where connections come from one.
    pub(crate) fn pool(&self) -> Option<PgPool> {
        match &self.source {
            Source::Borrowed(_) => None,
            Source::Pool { pool, .. } => Some(pool.clone()),
        }
    }

    /// Waits no longer than this for a connection of the pool.
    pub(crate) fn patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// How long the last connection was waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// Lets go of a connection that broke. True when there can be another one.
    pub(crate) fn discard(&mut self) -> bool {
        self.in_flight = false;
        match &mut self.source {
            Source::Borrowed(_) => false,
            Source::Pool { held, .. } => {
                if let Some(mut connection) = held.take() {
                    connection.close_on_drop();
                }
                true
            }
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.in_flight {
            self.discard();
        }
    }
}

impl Failed {
    /// The failure of statement `completed`.
    pub(crate) fn at(completed: usize) -> impl Fn(sqlx::Error) -> Failed {
        move |error| Failed { error, completed }
    }
}

/// Sends one message by the simple query protocol, which no pooler can break: no prepared
/// statement, no parameter, no state that outlives it.
pub(crate) async fn send(connection: &mut PgConnection, sql: String) -> Result<Answers, Failed> {
    let mut answers = Vec::new();
    let mut rows = Vec::new();
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection);
    while let Some(item) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        match item {
            Ok(Either::Right(row)) => rows.push(row),
            Ok(Either::Left(_)) => answers.push(std::mem::take(&mut rows)),
            Err(error) => return Err(Failed::at(answers.len())(error)),
        }
    }
    Ok(answers)
}

/// Sends statements one by one in a transaction of their own. `completed` of a failure is the
/// statement that failed, or beyond the last when the commit did.
pub(crate) async fn send_each(
    connection: &mut PgConnection,
    statements: impl Iterator<Item = String>,
) -> Result<Answers, Failed> {
    let mut transaction = connection.begin().await.map_err(Failed::at(0))?;
    match send_singly(&mut transaction, statements).await {
        Ok(answers) => {
            let committed = transaction.commit().await;
            committed.map_err(Failed::at(usize::MAX))?;
            Ok(answers)
        }
        Err(failed) => {
            // Where the rollback fails too, the connection is gone and with it the transaction.
            let _ = transaction.rollback().await;
            Err(failed)
        }
    }
}

async fn send_singly(
    connection: &mut PgConnection,
    statements: impl Iterator<Item = String>,
) -> Result<Answers, Failed> {
    let mut answers = Vec::new();
    for statement in statements {
        match send(connection, statement).await {
            Ok(rows) => answers.push(rows.into_iter().flatten().collect()),
            Err(failed) => return Err(Failed::at(answers.len())(failed.error)),
        }
    }
    Ok(answers)
}

/// The text of a column. The simple query protocol sends every value as text, so that no type
/// needs to be known; `None` is NULL.
pub(crate) fn text<I>(row: &PgRow, column: I) -> sqlx::Result<Option<String>>
where
    I: sqlx::ColumnIndex<PgRow> + std::fmt::Display,
{
    let value = row.try_get_raw(&column)?;
    if sqlx::ValueRef::is_null(&value) {
        return Ok(None);
    }
    let text = value.as_str().map_err(|source| sqlx::Error::ColumnDecode {
        index: column.to_string(),
        source,
    })?;
    Ok(Some(text.to_owned()))
}

/// A column that cannot be NULL.
pub(crate) fn required(row: &PgRow, column: &str) -> sqlx::Result<String> {
    text(row, column)?.ok_or_else(|| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "unexpected NULL".into(),
    })
}

/// A number in a column; NULL and anything else reads as zero.
pub(crate) fn number(row: &PgRow, column: &str) -> sqlx::Result<i64> {
    Ok(text(row, column)?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// A boolean in a column; NULL is false.
pub(crate) fn truth(row: &PgRow, column: &str) -> sqlx::Result<bool> {
    Ok(text(row, column)?.as_deref() == Some("t"))
}
