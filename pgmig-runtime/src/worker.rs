//! The connection on which statements outside a transaction run.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::db::{Answers, Failed, required, send};
use crate::embedded::{Object, Statement};
use crate::message::sqlstate;
use crate::settings::Settings;
use crate::target::Target;

/// A connection of its own, or the caller's only one.
#[derive(Debug)]
pub(crate) struct Worker<'w> {
    connection: Connection<'w>,
    /// What the session has to be set to, and back, for a statement that does not name its schemas.
    state: State,
}

#[derive(Debug)]
enum Connection<'w> {
    Own(Box<PgConnection>),
    Shared(&'w mut PgConnection),
}

#[derive(Debug)]
enum State {
    /// It was opened with the target's `search_path` and timeouts, and is closed in the end.
    Set,
    /// A pooler is in between and may hand each statement to another server session.
    Pooled,
    /// It is the caller's: set before the statement, put back after it.
    Borrowed {
        set: Vec<(&'static str, String)>,
        back: Vec<(&'static str, String)>,
    },
}

impl<'w> Worker<'w> {
    /// Opens a connection whose settings are part of its start-up. A pooler that shares server
    /// sessions refuses or ignores them, which is how it is told.
    pub(crate) async fn open(
        options: &PgConnectOptions,
        target: &Target,
        settings: &Settings,
    ) -> sqlx::Result<Self> {
        let wanted = wanted(target, settings);
        let with = options
            .clone()
            .options(wanted.iter().map(|(name, value)| (*name, value)));
        // A name with a line break would end the option: sqlx escapes no white space but blanks.
        let broken = |value: &str| {
            value.contains(|c: char| c.is_ascii_whitespace() && c != ' ' || c == '\u{b}')
        };
        let connected = match wanted.iter().any(|(_, value)| broken(value)) {
            true => None,
            false => Some(PgConnection::connect_with(&with).await),
        };
        let (mut connection, state) = match connected {
            Some(Ok(connection)) => (connection, State::Set),
            None => (PgConnection::connect_with(options).await?, State::Pooled),
            Some(Err(error)) if refuses_options(&error) => {
                let plain = PgConnection::connect_with(options).await?;
                (plain, State::Pooled)
            }
            Some(Err(error)) => return Err(error),
        };
        if matches!(state, State::Pooled) {
            return Ok(Worker {
                connection: Connection::Own(Box::new(connection)),
                state,
            });
        }
        let path = "SELECT pg_catalog.current_setting('search_path') AS path".to_owned();
        let answers = send(&mut connection, path).await.map_err(|f| f.error)?;
        let row = answers.iter().flatten().next();
        let path = row.map(|row| required(row, "path")).transpose()?;
        let ignored = path.as_deref() != Some(&target.search_path());
        Ok(Worker {
            connection: Connection::Own(Box::new(connection)),
            state: match ignored {
                true => State::Pooled,
                false => State::Set,
            },
        })
    }

    /// The caller's connection; `back` are its settings.
    pub(crate) fn shared(
        connection: &'w mut PgConnection,
        target: &Target,
        settings: &Settings,
        back: &[(&'static str, String)],
    ) -> Self {
        Worker {
            connection: Connection::Shared(connection),
            state: State::Borrowed {
                set: wanted(target, settings),
                back: back.to_vec(),
            },
        }
    }

    /// Whether a pooler is in between.
    pub(crate) fn is_pooled(&self) -> bool {
        matches!(self.state, State::Pooled)
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Connection::Own(connection) => connection,
            Connection::Shared(connection) => connection,
        }
    }

    /// Whether the statement would find what it names.
    pub(crate) fn can_run(&self, statement: &Statement) -> bool {
        !self.is_pooled() || is_self_contained(statement)
    }

    /// Runs a statement that cannot run in a transaction.
    pub(crate) async fn run(
        &mut self,
        statement: &Statement,
        sql: String,
    ) -> Result<Answers, Failed> {
        let (set, back) = match &self.state {
            State::Borrowed { set, back } if !is_self_contained(statement) => {
                (set_session(set), set_session(back))
            }
            _ => return send(self.connection(), sql).await,
        };
        send(self.connection(), set).await?;
        let answer = send(self.connection(), sql).await;
        match send(self.connection(), back).await {
            Err(failed) if answer.is_ok() => Err(failed),
            _ => answer,
        }
    }

    /// Closes a connection of its own.
    pub(crate) async fn close(self) {
        if let Connection::Own(connection) = self.connection {
            // The work is done and recorded; a connection that does not close is the server's to end.
            let _ = connection.close().await;
        }
    }
}

fn wanted(target: &Target, settings: &Settings) -> Vec<(&'static str, String)> {
    let milliseconds = |timeout: Duration| timeout.as_millis().max(1).to_string();
    vec![
        ("search_path", target.search_path()),
        (
            "lock_timeout",
            milliseconds(settings.concurrent_lock_timeout),
        ),
        (
            "statement_timeout",
            settings
                .statement_timeout
                .map_or_else(|| "0".to_owned(), milliseconds),
        ),
    ]
}

fn set_session(settings: &[(&'static str, String)]) -> String {
    crate::ledger::set_config(settings, false)
}

/// Whether a statement means the same under any `search_path`: its names are qualified, or it has
/// slots where they are to be.
fn is_self_contained(statement: &Statement) -> bool {
    let qualified = |object: &Object| object.schema.is_some();
    !statement.0.slots.is_empty()
        || (!statement.0.objects.is_empty() && statement.0.objects.iter().all(qualified))
}

/// `unsupported startup parameter` of PgBouncer and its like is a protocol violation.
fn refuses_options(error: &sqlx::Error) -> bool {
    sqlstate(error) == Some("08P01")
}
