//! A proxy between a client and PostgreSQL that understands the wire protocol: it counts what is
//! sent, and stops or cuts the connection at a chosen message or byte.
//!
//! ```text
//! client ──> [relay: a task a connection] ──> server
//!                 │ each message
//!                 v
//!            [Traffic: counts, the stop that is set]
//! ```

mod relay;
mod traffic;
mod wire;

use crate::{Error, TestDatabase, server};
use sqlx::postgres::PgConnectOptions;
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use traffic::Traffic;

pub use traffic::{At, Direction, Point, Sent, Stop};

/// A proxy in front of one server. It runs in a thread of its own, so that a blocked or ended
/// runtime does not stop it, and ends with this value; its connections end then too.
///
/// TLS is refused, as a server without it would: the connections are not read otherwise.
///
/// # Example
///
/// ```no_run
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// use pgmig_testkit::{Proxy, TestDatabase};
///
/// let db = TestDatabase::create().await?;
/// let proxy = Proxy::start(&db).await?;
/// let pool = sqlx::PgPool::connect(proxy.url()).await?;
/// proxy.reset();
/// sqlx::raw_sql("SELECT 1").execute(&pool).await?;
/// assert_eq!(proxy.round_trips(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Proxy {
    url: String,
    traffic: Arc<Traffic>,
    /// Dropping it ends the thread.
    _end: oneshot::Sender<()>,
}

impl Proxy {
    /// Starts a proxy in front of the server of `database`.
    ///
    /// # Errors
    ///
    /// When no loopback port is to be had.
    pub async fn start(database: &TestDatabase) -> Result<Self, Error> {
        Self::start_for(database.url()).await
    }

    /// Starts a proxy in front of what this URL names by host and port, a
    /// [`PgBouncer`](crate::PgBouncer) for example.
    ///
    /// # Errors
    ///
    /// When no loopback port is to be had, or the URL cannot be read.
    pub async fn start_for(url: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url).map_err(|source| Error::Database {
            action: "read the URL".to_owned(),
            server: server::without_password(url),
            source,
        })?;
        let upstream = (options.get_host().to_owned(), options.get_port());
        let failed = |source| Error::Database {
            action: "start a proxy".to_owned(),
            server: server::without_password(url),
            source: sqlx::Error::Io(source),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // It belongs to the runtime of the caller, and is to be of the thread's.
        let listener = listener.into_std().map_err(failed)?;
        let traffic = Arc::new(Traffic::default());
        let (end, ended) = oneshot::channel();
        let shared = Arc::clone(&traffic);
        std::thread::spawn(move || relay::run(listener, upstream, shared, ended));
        Ok(Self {
            url: with_address(url, address),
            traffic,
            _end: end,
        })
    }

    /// The database's URL, by way of the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Forgets all that was counted. Points are counted from here.
    pub fn reset(&self) {
        self.traffic.reset();
    }

    /// How often a client waited for the server since the last [`reset`](Self::reset): the
    /// times that the server said it was ready for a query, connection start-up apart.
    pub fn round_trips(&self) -> u64 {
        self.traffic.round_trips()
    }

    /// The messages that clients sent since the last [`reset`](Self::reset), those that open a
    /// connection apart.
    pub fn sent(&self) -> Vec<Sent> {
        self.traffic.sent()
    }

    /// How many messages were forwarded in a direction since the last [`reset`](Self::reset),
    /// connection start-up included: the points at which a run can be stopped.
    pub fn messages(&self, direction: Direction) -> u64 {
        self.traffic.messages(direction)
    }

    /// How many bytes were forwarded in a direction since the last [`reset`](Self::reset).
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.traffic.bytes(direction)
    }

    /// Sets a stop: the traffic is held when it comes to `point`, once, until the [`Stop`] says
    /// how to go on. It replaces a stop that was set before and not reached.
    pub fn stop_at(&self, point: Point) -> Stop {
        self.traffic.stop_at(point)
    }

    /// Cuts all connections when the traffic comes to `point`, once. New connections are taken.
    pub fn cut_at(&self, point: Point) {
        self.traffic.cut_at(point);
    }

    /// Cuts all connections now. New connections are taken.
    pub fn cut(&self) {
        self.traffic.cut();
    }

    /// Holds each message of a client back for this long, from now on.
    pub fn delay(&self, delay: Duration) {
        self.traffic.set_delay(delay);
    }
}

/// The same URL with another host and port, and without TLS.
fn with_address(url: &str, address: SocketAddr) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let mark = if user.is_empty() { "" } else { "@" };
    let ours = ["host=", "hostaddr=", "port=", "sslmode=", "ssl-mode="];
    let kept = query.split('&').filter(|pair| !pair.is_empty());
    let kept: String = kept
        .filter(|pair| !ours.iter().any(|name| pair.starts_with(name)))
        .map(|pair| format!("&{pair}"))
        .collect();
    format!("{scheme}://{user}{mark}{address}/{path}?sslmode=disable{kept}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_address_of_a_url_is_replaced_wherever_it_stands() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        for (url, expected) in [
            (
                "postgres://u:p@db:1/x",
                "postgres://u:p@127.0.0.1:9/x?sslmode=disable",
            ),
            (
                "postgres:///x?host=db&port=1&sslmode=require&application_name=a",
                "postgres://127.0.0.1:9/x?sslmode=disable&application_name=a",
            ),
        ] {
            assert_eq!(with_address(url, address), expected);
        }
    }
}
