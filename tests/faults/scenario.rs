//! What is migrated, and what must hold in the end.

use crate::app::{self, AFTER, BEFORE, Target};
use pgmig::Dispatch;
use pgmig_testkit::{Direction, PgBouncer, Proxy, Server, TestDatabase};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, Row as _};
use std::time::{Duration, Instant};

/// Where the run starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Start {
    /// Nothing is there: all is provisioned, `CONCURRENTLY` left out.
    Fresh,
    /// The release before runs: statements outside a transaction run outside one.
    Upgrade,
}

/// How the app reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Route {
    Direct,
    /// Through PgBouncer in transaction mode: a session outlives the app that it served.
    Pooled,
}

/// What is migrated, from where, how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) target: Target,
    pub(crate) start: Start,
    pub(crate) dispatch: Dispatch,
    pub(crate) route: Route,
}

/// A database as a run finds it, and the way to it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) db: TestDatabase,
    bouncer: Option<PgBouncer>,
}

impl Place {
    /// The URL that the app is given.
    pub(crate) fn url(&self) -> &str {
        match &self.bouncer {
            Some(bouncer) => bouncer.url(),
            None => self.db.url(),
        }
    }

    /// Ends the pooler, and with it the sessions that it keeps.
    pub(crate) fn into_database(self) -> TestDatabase {
        self.db
    }
}

/// What an undisturbed run does.
#[derive(Debug, Clone)]
pub(crate) struct Undisturbed {
    /// Everything in the database that a migration may have made, and the ledger.
    state: Vec<String>,
    /// How many messages went each way.
    messages: [u64; 2],
    /// How many bytes went each way.
    bytes: [u64; 2],
}

impl Undisturbed {
    pub(crate) fn messages(&self, direction: Direction) -> u64 {
        self.messages[direction as usize]
    }

    pub(crate) fn bytes(&self, direction: Direction) -> u64 {
        self.bytes[direction as usize]
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            target,
            start,
            dispatch,
            route,
        } = self;
        let words = format!("{target:?}, {start:?}, {dispatch:?}, {route:?}").to_lowercase();
        f.write_str(&words)
    }
}

impl Scenario {
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for target in [Target::Public, Target::Tenant] {
            for start in [Start::Fresh, Start::Upgrade] {
                for dispatch in [Dispatch::Message, Dispatch::Statement] {
                    all.extend([Route::Direct, Route::Pooled].map(|route| Self {
                        target,
                        start,
                        dispatch,
                        route,
                    }));
                }
            }
        }
        all
    }

    /// The schema whose tables are changed.
    pub(crate) fn schema(self) -> String {
        match self.target {
            Target::Public => "public".to_owned(),
            Target::Tenant => format!("tenant_{}", app::TENANT.simple()),
        }
    }

    /// A database as the run finds it, and the way to it.
    pub(crate) async fn place(self, server: &Server) -> Place {
        let db = self.database(server).await;
        let pooled = self.route == Route::Pooled;
        let bouncer = pooled.then(|| PgBouncer::start(&db, 3).unwrap());
        Place { db, bouncer }
    }

    async fn database(self, server: &Server) -> TestDatabase {
        // The content depends on the migrations and on this program.
        let digest = |migrations: &pgmig::Migrations| {
            let all = migrations.public().iter().chain(migrations.tenant());
            all.map(|migration| migration.checksum().to_string())
                .collect::<String>()
        };
        let program = std::fs::metadata(std::env::current_exe().unwrap()).unwrap();
        let key = format!(
            "faults {:?} {:?} {:?} {}",
            self.target,
            self.start,
            program.modified().unwrap(),
            digest(&AFTER)
        );
        let build = async |pool: PgPool| self.prepare(pool).await;
        TestDatabase::from_template_on(server, &key, build)
            .await
            .unwrap()
    }

    async fn prepare(self, pool: PgPool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let run = async |migrations: &'static pgmig::Migrations, target| {
            let migrator = pgmig::Migrator::new(migrations);
            match target {
                Target::Public => migrator.run_public(&pool).await,
                Target::Tenant => migrator.run_tenant(&pool, app::TENANT).await,
            }
        };
        if self.target == Target::Tenant {
            run(&AFTER, Target::Public).await?;
        }
        if self.start == Start::Upgrade {
            run(&BEFORE, self.target).await?;
        }
        Ok(())
    }

    /// Runs it once with nothing in its way.
    pub(crate) async fn undisturbed(self, server: &Server) -> Undisturbed {
        let place = self.place(server).await;
        let proxy = Proxy::start_for(place.url()).await.unwrap();
        let child = app::start(proxy.url(), self.target, self.dispatch);
        app::ended(child).await.unwrap();
        let ways = [Direction::ToServer, Direction::ToClient];
        let messages = ways.map(|way| proxy.messages(way));
        let bytes = ways.map(|way| proxy.bytes(way));
        let db = place.into_database();
        let mut connection = db.connect().await.unwrap();
        let state = state(&mut connection).await;
        assert!(
            state.iter().any(|line| line.contains("effect 006")),
            "{state:?}"
        );
        Undisturbed {
            state,
            messages,
            bytes,
        }
    }
}

/// How the database differs from what it should be; empty when it does not.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Not there, or not as it should be.
    pub(crate) lost: Vec<String>,
    /// There, and should not be.
    pub(crate) doubled: Vec<String>,
    /// Locks, leases, transactions, invalid indexes, or a boot that fails.
    pub(crate) stuck: Vec<String>,
}

impl Verdict {
    /// Whether the database is as it should be.
    pub(crate) fn spotless(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.stuck.is_empty()
    }
}

/// A server that a fault has stopped may still be on its way up.
async fn connect(url: &str) -> PgConnection {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return connection,
            Err(error) if Instant::now() >= deadline => panic!("{error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Compares a database with that of an undisturbed run.
pub(crate) async fn judge(url: &str, expected: &Undisturbed) -> Verdict {
    let mut connection = connect(url).await;
    // The sessions of what died are ended by the server when it takes notice.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut stuck = left_behind(&mut connection).await;
    while !stuck.is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stuck = left_behind(&mut connection).await;
    }
    let found = state(&mut connection).await;
    let without = |from: &[String], what: &[String]| {
        let mut rest = from.to_vec();
        for line in what {
            if let Some(at) = rest.iter().position(|it| it == line) {
                rest.remove(at);
            }
        }
        rest
    };
    Verdict {
        lost: without(&expected.state, &found),
        doubled: without(&found, &expected.state),
        stuck,
    }
}

async fn lines(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A line for everything that a migration made, each as often as it is there.
async fn state(connection: &mut PgConnection) -> Vec<String> {
    let mut found = Vec::new();
    for part in STATE {
        found.extend(lines(connection, part).await);
    }
    let tables = "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relname = 'effects'";
    for table in lines(connection, tables).await {
        let effects = format!("SELECT '{table} effect ' || what FROM {table}");
        found.extend(lines(connection, &effects).await);
    }
    found.sort();
    found
}

const STATE: &[&str] = &[
    "SELECT format('column %s.%s %s %s %s', a.attrelid::regclass, a.attname, \
     format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'p') \
     AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "SELECT format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
     WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
     FROM pg_constraint WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "SELECT format('enum %s %s', enumtypid::regtype, enumlabel) FROM pg_enum",
    "SELECT format('function %s', pg_get_functiondef(oid)) FROM pg_proc \
     WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT format('view %s', pg_get_viewdef(oid)) FROM pg_class WHERE relkind = 'v' \
     AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "SELECT format('history %s %s %s %s %s statements %s', schema, scope, version, checksum, \
     state, statements) FROM pgmig.history",
    "SELECT format('target %s %s %s %s %s', schema, scope, version, encode(head, 'hex'), state) \
     FROM pgmig.target",
];

/// What nobody should find after a run: other sessions, their locks, leases, half an index.
async fn left_behind(connection: &mut PgConnection) -> Vec<String> {
    let mut found = Vec::new();
    for part in LEFT_BEHIND {
        found.extend(lines(connection, part).await);
    }
    found
}

const LEFT_BEHIND: &[&str] = &[
    "SELECT format('session %s %s %s', pid, state, query) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid() \
     AND backend_type = 'client backend'",
    "SELECT format('lock %s %s of %s', locktype, mode, pid) FROM pg_locks \
     WHERE pid <> pg_backend_pid() AND (locktype = 'advisory' OR NOT granted) \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "SELECT format('lease on %s of %s %s', schema, lease_owner, lease_pid) FROM pgmig.target \
     WHERE lease_owner IS NOT NULL OR lease_pid IS NOT NULL",
    "SELECT format('invalid index %s', indexrelid::regclass) FROM pg_index \
     WHERE NOT indisvalid OR NOT indisready",
    "SELECT format('statement of %s in flight', version) FROM pgmig.history WHERE in_flight",
];
