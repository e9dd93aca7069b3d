//! What goes wrong, and where.

use crate::app;
use crate::scenario::{self, Scenario, Undisturbed, Verdict};
use pgmig_testkit::{At, Direction, Point, PrivateServer, Proxy, Server, Stop, TestDatabase};
use sqlx::{Executor as _, Row as _};
use std::time::Duration;
use tokio::process::Child;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Deed {
    /// The connections are cut.
    Cut,
    /// `pg_terminate_backend` for every session of the app.
    Terminate,
    /// SIGKILL for the app; what it had sent last still arrives.
    KillApp,
    /// SIGKILL for the app; what it had sent last is lost.
    KillAppSilently,
    /// SIGKILL for all processes of the server, which is then started again.
    KillServer,
    /// The server is shut down and started again.
    RestartServer,
    /// The server's disk is full for a second.
    FillDisk,
}

/// The server that a fault takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Takes {
    /// The one of the test run.
    Any,
    /// One that nobody else uses.
    Private,
    /// One on a disk that can be filled.
    SmallDisk,
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cut => "connections cut",
            Self::Terminate => "sessions terminated",
            Self::KillApp => "app killed",
            Self::KillAppSilently => "app killed, its last message lost",
            Self::KillServer => "server killed",
            Self::RestartServer => "server restarted",
            Self::FillDisk => "disk full",
        })
    }
}

impl Deed {
    pub(crate) const ALL: [Self; 7] = [
        Self::Cut,
        Self::Terminate,
        Self::KillApp,
        Self::KillAppSilently,
        Self::KillServer,
        Self::RestartServer,
        Self::FillDisk,
    ];

    pub(crate) fn takes(self) -> Takes {
        match self {
            Self::Cut | Self::Terminate | Self::KillApp | Self::KillAppSilently => Takes::Any,
            Self::KillServer | Self::RestartServer => Takes::Private,
            Self::FillDisk => Takes::SmallDisk,
        }
    }
}

/// Where in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// At a point of the traffic.
    Traffic(Point),
    /// While a statement waits for a lock on this table.
    Waiting(&'static str),
}

/// The tables that another session can hold, each changed by another migration.
pub(crate) const TABLES: [&str; 7] = [
    "accounts", "names", "orders", "totals", "olds", "worns", "events",
];

/// One fault in one scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) scenario: Scenario,
    pub(crate) deed: Deed,
    pub(crate) place: Place,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} at {:?}", self.scenario, self.deed, self.place)
    }
}

/// What came of a fault.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Whether the run came to the place.
    pub(crate) reached: bool,
    /// Whether the app went on by itself.
    pub(crate) survived: bool,
    pub(crate) verdict: Verdict,
}

/// The server that a fault is done on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum On<'s> {
    Shared(&'s Server),
    Private(&'s PrivateServer),
}

impl On<'_> {
    fn server(&self) -> &Server {
        match self {
            Self::Shared(server) => server,
            Self::Private(server) => server.server(),
        }
    }
}

impl Fault {
    /// Lets the app run into the fault, starts it again, and looks.
    pub(crate) async fn happen(self, on: On<'_>, expected: &Undisturbed) -> Outcome {
        let place = self.scenario.place(on.server()).await;
        let proxy = Proxy::start_for(place.url()).await.unwrap();
        let (reached, survived) = match self.place {
            Place::Traffic(point) => self.in_traffic(point, on, &place.db, &proxy).await,
            Place::Waiting(table) => self.while_waiting(table, on, &place.db, &proxy).await,
        };
        drop(proxy);
        let Scenario {
            target, dispatch, ..
        } = self.scenario;
        let again = app::ended(app::start(place.url(), target, dispatch)).await;
        let db = place.into_database();
        let mut verdict = scenario::judge(db.url(), expected).await;
        if let Err(error) = again {
            verdict.stuck.push(format!("the next boot failed: {error}"));
        }
        Outcome {
            reached,
            survived,
            verdict,
        }
    }

    fn start(self, proxy: &Proxy) -> Child {
        app::start(proxy.url(), self.scenario.target, self.scenario.dispatch)
    }

    async fn in_traffic(
        self,
        point: Point,
        on: On<'_>,
        db: &TestDatabase,
        proxy: &Proxy,
    ) -> (bool, bool) {
        let mut stop = proxy.stop_at(point);
        let mut child = self.start(proxy);
        let reached = tokio::select! {
            reached = stop.reached() => reached,
            _ = child.wait() => false,
        };
        if reached {
            self.strike(on, db, &mut child, Some(stop), proxy).await;
        }
        (reached, app::ended(child).await.is_ok())
    }

    /// Holds a table as another app's transaction does, that has changed it and is not done.
    async fn while_waiting(
        self,
        table: &str,
        on: On<'_>,
        db: &TestDatabase,
        proxy: &Proxy,
    ) -> (bool, bool) {
        let schema = self.scenario.schema();
        let mut holder = db.connect().await.unwrap();
        // One message is one transaction, so it is left open by hand.
        let hold = format!("BEGIN; LOCK TABLE \"{schema}\".{table} IN ROW EXCLUSIVE MODE");
        let held = holder.execute(sqlx::AssertSqlSafe(hold)).await.is_ok();
        let mut child = self.start(proxy);
        let reached = held
            && tokio::select! {
                () = somebody_waits(db) => true,
                _ = child.wait() => false,
            };
        if reached {
            self.strike(on, db, &mut child, None, proxy).await;
        }
        drop(holder);
        (reached, app::ended(child).await.is_ok())
    }

    async fn strike(
        self,
        on: On<'_>,
        db: &TestDatabase,
        child: &mut Child,
        stop: Option<Stop>,
        proxy: &Proxy,
    ) {
        let cut = |stop: Option<Stop>| match stop {
            Some(stop) => stop.cut(),
            None => proxy.cut(),
        };
        let release = |stop: Option<Stop>| stop.map(Stop::release);
        match (self.deed, on) {
            (Deed::Cut, _) => cut(stop),
            (Deed::Terminate, _) => {
                terminate(db).await;
                release(stop);
            }
            (Deed::KillApp, _) => {
                child.kill().await.unwrap();
                release(stop);
            }
            (Deed::KillAppSilently, _) => {
                child.kill().await.unwrap();
                cut(stop);
            }
            (Deed::KillServer, On::Private(server)) => {
                server.kill();
                server.restart().unwrap();
                release(stop);
            }
            (Deed::RestartServer, On::Private(server)) => {
                server.stop();
                server.restart().unwrap();
                release(stop);
            }
            (Deed::FillDisk, On::Private(server)) => {
                server.fill_disk().unwrap();
                release(stop);
                let _ = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
                server.free_disk().unwrap();
            }
            (deed, On::Shared(_)) => unreachable!("{deed:?}, and others use that server"),
        }
    }
}

async fn terminate(db: &TestDatabase) {
    let mut connection = db.connect().await.unwrap();
    // Not the holder of a lock that the app waits for: it was there before.
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND query NOT LIKE 'BEGIN; LOCK TABLE%'";
    connection.execute(terminate).await.unwrap();
}

async fn somebody_waits(db: &TestDatabase) {
    let mut connection = db.connect().await.unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN \
        (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    loop {
        let row = connection.fetch_one(waiting).await.unwrap();
        if row.get::<i64, _>(0) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Every point in the traffic of an undisturbed run where a message ends, and some within one.
pub(crate) fn points(expected: &Undisturbed, random: &mut impl FnMut(u64) -> u64) -> Vec<Point> {
    let mut points = Vec::new();
    for direction in [Direction::ToServer, Direction::ToClient] {
        let messages = expected.messages(direction);
        let at = (0..messages).map(At::Message);
        let bytes = (0..messages).map(|_| At::Byte(random(expected.bytes(direction))));
        let at: Vec<_> = at.chain(bytes).collect();
        points.extend(at.into_iter().map(|at| Point { direction, at }));
    }
    points
}
