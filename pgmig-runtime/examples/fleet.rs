//! Measures the fleet on a real server: provisioning, a boot with nothing to do, a new column for
//! everybody, beside the same DDL sent raw, and memory.
//!
//! ```sh
//! cargo run --release -p pgmig-runtime --example fleet -- 10000
//! ```
//!
//! The server is the one of `DATABASE_URL`, or one that is found or brought. The memory of its
//! processes is read where it runs on this machine, under Linux.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pgmig_runtime::{Migrations, Migrator};
use pgmig_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, Executor as _, PgPool};
use support::{column, embed, execute};

const REGISTRY: &str =
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);";

/// Ten tables, fifteen indexes, ten foreign keys: 30 statements.
fn tables() -> String {
    let mut sql = String::new();
    for n in 0..10 {
        sql += &format!(
            "CREATE TABLE t{n} (id bigint PRIMARY KEY, tenant uuid, up bigint, name text, note text, at timestamptz);\n\
             ALTER TABLE t{n} ADD FOREIGN KEY (up) REFERENCES t0 (id);\n"
        );
        if n < 5 {
            sql += &format!("CREATE INDEX t{n}_name ON t{n} (name);\n");
        } else {
            sql += &format!("CREATE INDEX ON t{n} (tenant, at);\n");
        }
    }
    sql
}

fn migrations(columns: usize) -> &'static Migrations {
    let tables = tables();
    let paths: Vec<String> = (0..columns)
        .map(|n| format!("tenant/{:03}_add_column.sql", n + 2))
        .collect();
    let texts: Vec<String> = (0..columns)
        .map(|n| format!("ALTER TABLE t1 ADD COLUMN extra{n} text;"))
        .collect();
    let mut files = vec![
        ("public/001_create_tenants.sql", REGISTRY),
        ("tenant/001_create_tables.sql", tables.as_str()),
    ];
    let columns = paths.iter().zip(&texts);
    files.extend(columns.map(|(path, text)| (path.as_str(), text.as_str())));
    embed(&files)
}

/// The largest value of a field of `/proc/<pid>/status`, in MB.
fn memory(pid: &str, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

/// Watches the largest server process while something runs.
async fn watched<T>(pool: &PgPool, work: impl Future<Output = T>) -> (T, Duration, u64) {
    let largest = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&largest);
    let look = pool.clone();
    let watch = tokio::spawn(async move {
        loop {
            let pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
            for pid in column(&look, pids).await {
                seen.fetch_max(memory(&pid, "RssAnon"), Ordering::Relaxed);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let started = Instant::now();
    let done = work.await;
    let took = started.elapsed();
    watch.abort();
    (done, took, largest.load(Ordering::Relaxed))
}

/// The median of twenty tries, in milliseconds.
async fn median<F: Future<Output = ()>>(work: impl Fn() -> F) -> f64 {
    let mut times = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        work().await;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times[10]
}

fn each(took: Duration, tenants: usize) -> f64 {
    took.as_secs_f64() * 1000.0 / tenants as f64
}

/// The same DDL without pgmig: a transaction a tenant, over so many connections.
async fn raw(pool: &PgPool, schemas: Arc<Vec<String>>, connections: usize) -> Duration {
    let started = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (pool, schemas, next) = (pool.clone(), Arc::clone(&schemas), Arc::clone(&next));
            tokio::spawn(async move {
                let mut connection = pool.acquire().await.unwrap();
                loop {
                    let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                    let Some(schema) = schemas.get(index) else {
                        return;
                    };
                    let sql = format!("ALTER TABLE {schema}.t1 ADD COLUMN raw text");
                    connection.execute(AssertSqlSafe(sql)).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    started.elapsed()
}

#[tokio::main]
async fn main() {
    let wanted = std::env::args().nth(1);
    let tenants: usize = wanted.map_or(1000, |wanted| wanted.parse().unwrap());
    let db = TestDatabase::create().await.unwrap();
    let (pool, look) = (db.pool(), db.pool());
    let connections = 4;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{tenants} tenants, {connections} connections, load before: {}",
        load.trim()
    );

    let migrator = |columns| Migrator::new(migrations(columns)).parallel(connections);
    migrator(0).run_public(&pool).await.unwrap();
    let fill =
        format!("INSERT INTO tenants SELECT gen_random_uuid() FROM generate_series(1, {tenants})");
    execute(&pool, &fill).await;
    let first = migrator(0);
    let (report, took, backend) = watched(&look, first.setup(&pool)).await;
    assert_eq!(report.unwrap().tenants.migrated.len(), tenants);
    println!(
        "provisioned 10 tables each: {took:.1?}, {:.2} ms a tenant; largest server process {backend} MB",
        each(took, tenants)
    );
    // What analyses every table grows; the connections that are measured did not.
    execute(&look, "ANALYZE").await;
    let pool = db.pool();
    show_noop(&pool, &first, tenants).await;

    let schemas = "SELECT schema FROM pgmig.target WHERE scope = 'tenant' ORDER BY schema";
    let schemas = Arc::new(column(&pool, schemas).await);
    let (took, _, backend) = watched(&look, raw(&pool, schemas, connections)).await;
    println!(
        "ADD COLUMN sent raw, a transaction a tenant: {took:.1?}, {:.2} ms a tenant; largest server process {backend} MB",
        each(took, tenants)
    );
    let second = migrator(1);
    let (report, took, backend) = watched(&look, second.setup(&pool)).await;
    assert_eq!(report.unwrap().tenants.migrated.len(), tenants);
    println!(
        "ADD COLUMN by pgmig, with ledger: {took:.1?}, {:.2} ms a tenant; largest server process {backend} MB",
        each(took, tenants)
    );
    let alone = migrator(2).batch_limit(1);
    let (report, took, _) = watched(&look, alone.setup(&pool)).await;
    assert_eq!(report.unwrap().tenants.migrated.len(), tenants);
    println!(
        "the same, each tenant its own transaction: {took:.1?}, {:.2} ms a tenant",
        each(took, tenants)
    );
    show_noop(&pool, &migrator(2), tenants).await;
    let older = migrator(1);
    let ahead = median(|| async {
        older.setup(&pool).await.unwrap();
    });
    println!("a boot of an older binary: {:.2} ms", ahead.await);
    let size = "SELECT pg_size_pretty(pg_database_size(current_database()))";
    println!("database: {}", column(&pool, size).await[0]);
    println!(
        "this process at its largest: {} MB",
        memory("self", "VmHWM")
    );
}

async fn show_noop(pool: &PgPool, migrator: &Migrator, tenants: usize) {
    let one = median(|| async {
        sqlx::raw_sql("SELECT 1").execute(pool).await.unwrap();
    });
    let one = one.await;
    let noop = median(|| async {
        let report = migrator.setup(pool).await.unwrap();
        assert_eq!(
            (report.tenants.listed, report.tenants.is_noop()),
            (tenants, true)
        );
    });
    println!(
        "a boot with nothing to do: {:.2} ms; SELECT 1: {one:.2} ms",
        noop.await
    );
}
