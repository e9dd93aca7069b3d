//! Folders applied without pgmig: by the tool that they were written for, or by `psql`.

use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::Connection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use pgmig_core::Folder;

use crate::Result;

/// Who applies a folder.
#[derive(Clone, Debug)]
pub enum Tool {
    /// The crate sqlx.
    Sqlx,
    /// The crate refinery.
    Refinery,
    /// The crate diesel.
    Diesel,
    /// drizzle-orm, installed with `pg` in a folder of npm packages.
    Drizzle(PathBuf),
    /// `psql`, file by file: in the order of `ls`, where Prisma wrote them, else in that of `ls -v`.
    Psql,
}

/// Applies the folder at `root` to a database.
pub async fn apply(tool: &Tool, root: &Path, folder: &Folder, url: &str) -> Result<()> {
    match tool {
        Tool::Sqlx => {
            let migrator = sqlx::migrate::Migrator::new(root.to_owned()).await?;
            let pool = sqlx::PgPool::connect(url).await?;
            Ok(migrator.run(&pool).await?)
        }
        Tool::Refinery => refinery(root, url).await,
        Tool::Diesel => diesel(root, url),
        Tool::Drizzle(packages) => drizzle(packages, root, url),
        Tool::Psql => psql(root, folder, url),
    }
}

/// Runs all migrations of a folder by refinery.
pub async fn refinery(root: &Path, url: &str) -> Result<()> {
    let migrations = ::refinery::load_sql_migrations(root)?;
    let (mut client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    ::refinery::Runner::new(&migrations)
        .run_async(&mut client)
        .await?;
    drop(client);
    connection.await??;
    Ok(())
}

/// Runs all migrations of a folder by diesel.
pub fn diesel(root: &Path, url: &str) -> Result<()> {
    let source = FileBasedMigrations::from_path(root)?;
    let mut connection = ::diesel::PgConnection::establish(url)?;
    let ran = connection.run_pending_migrations(source);
    ran.map(drop).map_err(|error| error.to_string().into())
}

/// Runs all migrations of a folder by dbmate, installed in a folder of npm packages.
pub fn dbmate(packages: &Path, root: &Path, url: &str) -> Result<()> {
    let mut command = Command::new(packages.join("node_modules/.bin/dbmate"));
    let ssl = if url.contains('?') { "&" } else { "?" };
    command
        .args(["--no-dump-schema", "--url"])
        .arg(format!("{url}{ssl}sslmode=disable"))
        .arg("--migrations-dir")
        .arg(root.canonicalize()?)
        .arg("up");
    run(command)
}

/// Runs all migrations of a folder by drizzle-orm's own migrator.
pub fn drizzle(packages: &Path, root: &Path, url: &str) -> Result<()> {
    const SCRIPT: &str = "
        const { drizzle } = require('drizzle-orm/node-postgres');
        const { migrate } = require('drizzle-orm/node-postgres/migrator');
        const { Pool } = require('pg');
        const [url, folder] = process.argv.slice(1);
        const pool = new Pool({ connectionString: url });
        const { version } = JSON.parse(require('fs').readFileSync('node_modules/drizzle-orm/package.json'));
        const db = version.startsWith('0.') ? drizzle(pool) : drizzle({ client: pool });
        migrate(db, { migrationsFolder: folder })
          .then(() => pool.end())
          .catch(error => { console.error(error); process.exit(1); });
    ";
    let root = root.canonicalize()?;
    let mut command = Command::new("node");
    command
        .current_dir(packages)
        .args(["-e", SCRIPT, url])
        .arg(root);
    run(command)
}

fn psql(root: &Path, folder: &Folder, url: &str) -> Result<()> {
    let mut paths: Vec<&str> = folder
        .public
        .iter()
        .map(|one| one.up.path.as_str())
        .collect();
    if root.join("migration_lock.toml").exists() {
        // Prisma sorts the names as text.
        paths.sort_unstable();
    } else {
        paths.sort_by_key(|path| order(path));
    }
    paths.extend(folder.repeatable.iter().map(|one| one.up.path.as_str()));
    for path in paths {
        let text = std::fs::read_to_string(root.join(path))?;
        // goose and dbmate keep the way back in the same file.
        let lower = text.to_ascii_lowercase();
        let down = ["-- +goose down", "-- migrate:down"];
        let end = down.iter().find_map(|mark| lower.find(mark));
        let up = &text[..end.unwrap_or(text.len())];
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), up)?;
        let mut command = Command::new("psql");
        command
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
            .arg(file.path())
            .arg(url);
        run(command).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Numbers in a name by their value, as `ls -v` has it.
fn order(path: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let words = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(words);
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((0, word.to_owned()));
        parts.push((number.parse().unwrap_or(0), String::new()));
        rest = after;
    }
    parts
}

fn run(mut command: Command) -> Result<()> {
    let output = command.env("NO_COLOR", "1").output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().take(8).collect();
    Err(said.join("\n").into())
}
