//! Who is in the way, seen while it is: after a lock timeout nobody waits any more, and the server
//! has forgotten for whom.

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::pin;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::activity;
use crate::error::Activity;

/// Looks at what a message waits for, over a connection of its own that is opened when the
/// message has taken a while. Its queries are short: a long one would hold a snapshot, for which
/// `CREATE INDEX CONCURRENTLY` waits.
#[derive(Debug)]
pub(crate) struct Watch {
    options: Option<PgConnectOptions>,
    tick: Duration,
    connection: Option<PgConnection>,
    /// The session that was in the way when last looked.
    pub(crate) seen: Option<Box<Activity>>,
}

/// How often to look, at most.
const TICK: Duration = Duration::from_secs(1);

impl Watch {
    /// Watches a message that waits for locks no longer than `lock_timeout`. Without `options`
    /// there is no other connection, and it sees nothing.
    pub(crate) fn new(options: Option<PgConnectOptions>, lock_timeout: Duration) -> Self {
        Watch {
            options,
            tick: TICK.min(lock_timeout / 2).max(Duration::from_millis(20)),
            connection: None,
            seen: None,
        }
    }

    /// Waits for `work`, and looks from time to time.
    pub(crate) async fn over<T>(&mut self, marker: &str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout(self.tick, work.as_mut()).await {
                Ok(done) => return done,
                Err(_) => self.look(marker).await,
            }
        }
    }

    /// An error here must not disturb what is watched, nor a pooler that has no connection left.
    async fn look(&mut self, marker: &str) {
        let Some(options) = &self.options else {
            return;
        };
        let connection = &mut self.connection;
        let look = async {
            let connection = match connection {
                Some(connection) => connection,
                None => connection.insert(PgConnection::connect_with(options).await?),
            };
            activity::blocking(connection, marker).await
        };
        match tokio::time::timeout(TICK, look).await {
            Ok(Ok(Some(blocker))) => self.saw(blocker),
            Ok(Ok(None)) => {}
            Ok(Err(_)) | Err(_) => {
                self.options = None;
                self.connection = None;
            }
        }
    }

    fn saw(&mut self, blocker: Activity) {
        if self.seen.as_ref().map(|seen| seen.pid) != Some(blocker.pid) {
            tracing::info!(
                pid = blocker.pid,
                query = blocker.query,
                "waiting for a lock that another session holds"
            );
        }
        self.seen = Some(Box::new(blocker));
    }
}

/// Sixteen hexadecimal digits that nobody else has.
pub(crate) fn token() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}

/// The comment that marks a message.
pub(crate) fn marker(token: &str) -> String {
    format!("/* pgmig {token} */ ")
}
