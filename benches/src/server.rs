//! The server that everything is measured on, and what is to be said of it and of the machine.

use pgmig_testkit::{PrivateServer, TestDatabase};
use sqlx::Row as _;

use crate::Result;

/// Without syncing, PostgreSQL's own share of every time is the smallest and pgmig's the largest.
pub const SETTINGS: [(&str, &str); 5] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("shared_buffers", "512MB"),
    ("max_wal_size", "8GB"),
];

/// Starts a server of our own.
pub fn start() -> Result<PrivateServer> {
    Ok(PrivateServer::start(&SETTINGS)?)
}

/// A fresh database.
pub async fn database(server: &PrivateServer) -> Result<TestDatabase> {
    Ok(TestDatabase::create_on(server.server()).await?)
}

/// The head of a report.
pub async fn described(server: &PrivateServer) -> Result<String> {
    let database = database(server).await?;
    let version = sqlx::raw_sql("SHOW server_version")
        .fetch_one(&database.pool())
        .await?;
    let version: String = version.try_get(0)?;
    let settings: Vec<String> = SETTINGS
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cores = std::thread::available_parallelism()?;
    let file = |path| std::fs::read_to_string(path).unwrap_or_default();
    let load = file("/proc/loadavg");
    let model = file("/proc/cpuinfo");
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("", |model| model.trim_start_matches(['\t', ' ', ':']));
    Ok(format!(
        "PostgreSQL {version}, {}; {cores} cores ({model}); load before: {}",
        settings.join(" "),
        load.trim()
    ))
}
