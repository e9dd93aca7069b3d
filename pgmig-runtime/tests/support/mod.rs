//! What the tests share: migrations embedded at run time, and looks into a database.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// What `cargo pgmig` embeds a folder with. As a file and not as a dependency: every change of the
/// runtime would build the command line before a test of the runtime runs.
#[path = "../../../pgmig-cli/src/embed.rs"]
#[allow(unreachable_pub)]
mod embed;

use std::fs;

use pgmig_runtime::__private_0_1_0::MigrationsParts;
use pgmig_runtime::Migrations;
use sqlx::{AssertSqlSafe, PgExecutor, PgPool, Row as _};

/// Embeds files as the macro does, from `(path, text)`. What the checks would refuse is let
/// through, so that a test can have the server refuse it.
pub(crate) fn embed(files: &[(&str, &str)]) -> &'static Migrations {
    let root = tempfile::tempdir().unwrap();
    write_folder(root.path(), files);
    embed_folder(root.path(), false)
}

/// Embeds files, locked, with baselines of all that `files` have; `later` are drafts on top.
pub(crate) fn embed_with_baselines(
    files: &[(&str, &str)],
    baselines: &[(pgmig_core::Scope, &str)],
    later: &[(&str, &str)],
) -> &'static Migrations {
    let root = tempfile::tempdir().unwrap();
    write_folder(root.path(), files);
    let load = || pgmig_core::load(root.path(), "migrations");
    pgmig_core::edit::lock(&load(), &[])
        .unwrap()
        .apply()
        .unwrap();
    for (scope, text) in baselines {
        let plan = pgmig_core::edit::baseline(&load(), *scope, text).unwrap();
        plan.apply().unwrap();
    }
    write_folder(root.path(), later);
    embed_folder(root.path(), false)
}

/// Writes files below a folder.
pub(crate) fn write_folder(root: &std::path::Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Embeds the folder at `root`.
pub(crate) fn embed_folder(root: &std::path::Path, compare: bool) -> &'static Migrations {
    embed_with(root, None, compare)
}

/// Embeds files in an app of another name.
pub(crate) fn embed_in(app: &'static str, files: &[(&str, &str)]) -> &'static Migrations {
    let root = tempfile::tempdir().unwrap();
    write_folder(root.path(), files);
    embed_parts(app, root.path(), None, false)
}

/// Embeds the folder at `root`, with the tenant scope in another folder.
pub(crate) fn embed_with(
    root: &std::path::Path,
    tenant: Option<&std::path::Path>,
    compare: bool,
) -> &'static Migrations {
    embed_parts("shop 1.4.0", root, tenant, compare)
}

fn embed_parts(
    app: &'static str,
    root: &std::path::Path,
    tenant: Option<&std::path::Path>,
    compare: bool,
) -> &'static Migrations {
    let options = pgmig_core::Options {
        layout: None,
        tenant: tenant.map(|root| pgmig_core::TenantFolder {
            root: root.to_owned(),
            shown: "tenants".to_owned(),
        }),
    };
    let folder = pgmig_core::load_with(root, "migrations", &options).folder;
    let place = |path: &std::path::Path| text(&path.display().to_string());
    let parts = MigrationsParts {
        files: embed::files(&folder).unwrap(),
        folder: place(root),
        tenant_folder: tenant.map_or("", place),
        ignored: Vec::leak(folder.ignored.iter().map(|path| text(path)).collect()),
        compare_folder: compare,
        app,
        ..embed::parts(&folder, "migrations")
    };
    Box::leak(Box::new(parts.embed()))
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// The queries that clients sent through a proxy since the last call, by either protocol.
pub(crate) fn queries(proxy: &pgmig_testkit::Proxy) -> Vec<String> {
    let sent = proxy.sent();
    proxy.reset();
    sent.into_iter().filter_map(|message| message.sql).collect()
}

/// The first column of every row of a query, as text.
pub(crate) async fn column(pool: &PgPool, query: &str) -> Vec<String> {
    let rows = sqlx::raw_sql(AssertSqlSafe(query.to_owned()))
        .fetch_all(pool)
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.iter()
        .map(|row| {
            let value = row.try_get_raw(0).unwrap();
            match sqlx::ValueRef::is_null(&value) {
                true => "NULL".to_owned(),
                false => value.as_str().unwrap().to_owned(),
            }
        })
        .collect()
}

/// Runs SQL that must succeed.
pub(crate) async fn execute(on: impl PgExecutor<'_>, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(on)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The relations of a schema, as `kind name`.
pub(crate) async fn relations(pool: &PgPool, schema: &str) -> Vec<String> {
    let query = format!(
        "SELECT c.relkind::text || ' ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = '{schema}' ORDER BY 1"
    );
    column(pool, &query).await
}

/// What the ledger says, a line a migration: `schema version state`.
pub(crate) async fn history(pool: &PgPool) -> Vec<String> {
    let query = "SELECT schema || ' ' || version || ' ' || state FROM pgmig.history ORDER BY id";
    column(pool, query).await
}

/// Waits until a statement like `pattern` runs in the database, and returns its backend.
pub(crate) async fn backend_of(pool: &PgPool, pattern: &str) -> String {
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() \
         AND datname = current_database() AND query LIKE '{pattern}'"
    );
    loop {
        if let Some(pid) = column(pool, &query).await.pop() {
            return pid;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// How many sessions of the database wait for a lock.
pub(crate) async fn waiting(pool: &PgPool) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}
