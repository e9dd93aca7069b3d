//! A place to run: a pool or one connection, and messages sent to it.

use std::future::poll_fn;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, Either, PgConnection, PgPool, Postgres, Row as _};

/// Where to run: made from `&PgPool` or `&mut PgConnection` (also `&mut PoolConnection`).
///
/// With a pool a lost connection is replaced and the run goes on; with one connection it cannot be.
#[derive(Debug)]
pub struct Db<'c>(pub(crate) Session<'c>);

impl From<&PgPool> for Db<'_> {
    fn from(pool: &PgPool) -> Self {
        Db(Session {
            source: Source::Pool {
                pool: pool.clone(),
                held: None,
            },
            in_flight: false,
        })
    }
}

impl<'c> From<&'c mut PgConnection> for Db<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        Db(Session {
            source: Source::Borrowed(connection),
            in_flight: false,
        })
    }
}

impl<'c> From<&'c mut PoolConnection<Postgres>> for Db<'c> {
    fn from(connection: &'c mut PoolConnection<Postgres>) -> Self {
        Db::from(&mut **connection)
    }
}

/// The connection of a run, taken from the pool when first needed.
#[derive(Debug)]
pub(crate) struct Session<'c> {
    source: Source<'c>,
    /// A message was sent and not answered yet. A future dropped then must not hand its
    /// connection back to the pool, where the next user would wait for the rest of the answer.
    in_flight: bool,
}

#[derive(Debug)]
enum Source<'c> {
    Pool {
        pool: PgPool,
        held: Option<PoolConnection<Postgres>>,
    },
    Borrowed(&'c mut PgConnection),
}

/// A message that failed, and how many of its statements were completed before.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: sqlx::Error,
    pub(crate) completed: usize,
}

impl Session<'_> {
    /// The connection.
    pub(crate) async fn connection(&mut self) -> sqlx::Result<&mut PgConnection> {
        match &mut self.source {
            Source::Borrowed(connection) => Ok(connection),
            Source::Pool { pool, held } => {
                if held.is_none() {
                    *held = Some(pool.acquire().await?);
                }
                held.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
            }
        }
    }

    /// Sends one message and returns the rows of each of its statements.
    pub(crate) async fn send(&mut self, sql: String) -> Result<Vec<Vec<PgRow>>, Failed> {
        let before = |error| Failed {
            error,
            completed: 0,
        };
        self.connection().await.map_err(before)?;
        self.in_flight = true;
        let connection = self.connection().await.map_err(before)?;
        let answer = send(connection, sql).await;
        // An error of the server ends the message: the connection is idle again.
        self.in_flight =
            matches!(&answer, Err(failed) if !matches!(failed.error, sqlx::Error::Database(_)));
        answer
    }

    /// Sends one query that may fail without taking the transaction it is in along.
    pub(crate) async fn send_tried(&mut self, query: String) -> Result<Vec<Vec<PgRow>>, Failed> {
        let message = format!("SAVEPOINT pgmig_look; {query}; RELEASE SAVEPOINT pgmig_look");
        let sent = self.send(message).await;
        if matches!(&sent, Err(failed) if failed.completed > 0) {
            self.send("ROLLBACK TO SAVEPOINT pgmig_look; RELEASE SAVEPOINT pgmig_look".to_owned())
                .await?;
        }
        sent
    }

    /// Sends statements one by one in a transaction of their own. `completed` of a failure is the
    /// statement that failed; as many as there are when the commit did.
    pub(crate) async fn send_each<'s>(
        &mut self,
        statements: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<Vec<PgRow>>, Failed> {
        let failed = |completed| move |error| Failed { error, completed };
        self.connection().await.map_err(failed(0))?;
        self.in_flight = true;
        let connection = self.connection().await.map_err(failed(0))?;
        let mut transaction = connection.begin().await.map_err(failed(0))?;
        let answers = match send_singly(&mut transaction, statements).await {
            Ok(answers) => transaction
                .commit()
                .await
                .map(|()| answers)
                .map_err(failed(usize::MAX)),
            Err(error) => {
                // Where the rollback fails too, the connection is gone and with it the transaction.
                let _ = transaction.rollback().await;
                Err(error)
            }
        };
        self.in_flight =
            matches!(&answers, Err(failed) if !matches!(failed.error, sqlx::Error::Database(_)));
        answers
    }

    /// The same inside a transaction of the caller.
    pub(crate) async fn send_each_within<'s>(
        &mut self,
        statements: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<Vec<PgRow>>, Failed> {
        let connection = self.connection().await.map_err(|error| Failed {
            error,
            completed: 0,
        })?;
        send_singly(connection, statements).await
    }

    /// Lets go of a connection that broke. True when there can be another one.
    pub(crate) fn discard(&mut self) -> bool {
        match &mut self.source {
            Source::Borrowed(_) => false,
            Source::Pool { held, .. } => {
                if let Some(mut connection) = held.take() {
                    connection.close_on_drop();
                }
                self.in_flight = false;
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

/// Sends one message by the simple query protocol, which no pooler can break: no prepared
/// statement, no parameter, no state that outlives it.
pub(crate) async fn send(
    connection: &mut PgConnection,
    sql: String,
) -> Result<Vec<Vec<PgRow>>, Failed> {
    let mut answers = Vec::new();
    let mut rows = Vec::new();
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection);
    while let Some(item) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        match item {
            Ok(Either::Right(row)) => rows.push(row),
            Ok(Either::Left(_)) => answers.push(std::mem::take(&mut rows)),
            Err(error) => {
                return Err(Failed {
                    error,
                    completed: answers.len(),
                });
            }
        }
    }
    Ok(answers)
}

async fn send_singly<'s>(
    connection: &mut PgConnection,
    statements: impl Iterator<Item = &'s str>,
) -> Result<Vec<Vec<PgRow>>, Failed> {
    let mut answers = Vec::new();
    for statement in statements {
        match send(connection, statement.to_owned()).await {
            Ok(rows) => answers.push(rows.into_iter().flatten().collect()),
            Err(failed) => {
                return Err(Failed {
                    completed: answers.len(),
                    ..failed
                });
            }
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
