//! What the tests share: migrations embedded at run time, and looks into a database.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use pgmig_runtime::__private_0_1_0::{
    Adopt, Dir, DirEntry, DrizzleEntry, File, MigrationParts, MigrationsParts, ScriptParts,
    StatementParts,
};
use pgmig_runtime::{Migration, Migrations, Object, Probe, Scope, Script};
use sqlx::{AssertSqlSafe, PgPool, Row as _};

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
    let mut entries = files(root, std::path::Path::new(""), &folder.ignored);
    if let Some(tenant) = tenant {
        let within = std::path::Path::new("tenant");
        entries.push(DirEntry::Dir(Dir::new(
            "tenant",
            leak(files(tenant, within, &[])),
        )));
    }
    let migrations = |all: &[pgmig_core::Migration]| -> &'static [Migration] {
        leak(all.iter().map(migration).collect())
    };
    Box::leak(Box::new(
        MigrationsParts {
            public: migrations(&folder.public),
            drizzle: migrations(&folder.drizzle),
            tenant: migrations(&folder.tenant),
            baselines: leak(folder.baselines.iter().map(baseline).collect()),
            repeatable: migrations(&folder.repeatable),
            files: Dir::new("", leak(entries)),
            folder: text(&root.display().to_string()),
            tenant_folder: tenant.map_or("", |tenant| text(&tenant.display().to_string())),
            ignored: leak(folder.ignored.iter().map(|path| text(path)).collect()),
            compare_folder: compare,
            out_of_order: folder.out_of_order,
            adopt: Adopt::Refuse,
            app,
        }
        .embed(),
    ))
}

/// The files of a folder, as `include_dir` would have them below `within`.
fn files(
    root: &std::path::Path,
    within: &std::path::Path,
    ignored: &[String],
) -> Vec<DirEntry<'static>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        let path = within.join(entry.file_name());
        let path = text(path.to_str().unwrap());
        if ignored.iter().any(|one| one == path) {
            continue;
        }
        entries.push(if entry.path().is_dir() {
            let inside = files(&entry.path(), std::path::Path::new(path), ignored);
            DirEntry::Dir(Dir::new(path, leak(inside)))
        } else {
            DirEntry::File(File::new(path, fs::read(entry.path()).unwrap().leak()))
        });
    }
    entries
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn migration(migration: &pgmig_core::Migration) -> Migration {
    MigrationParts {
        scope: scope(migration.scope),
        version: text(migration.version.as_str()),
        name: text(&migration.name),
        checksum: migration.checksum.0,
        head: migration.head.0,
        up: script(&migration.up),
        down: migration.down.as_ref().map(script),
        locked: migration.locked,
        commit_before: migration.commit_before,
        drizzle: migration.drizzle.as_ref().map(|entry| DrizzleEntry {
            created_at: entry.created_at,
            hash: entry.hash,
            folder: entry.folder.as_deref().map(text),
        }),
    }
    .embed()
}

fn baseline(baseline: &pgmig_core::Baseline) -> Migration {
    MigrationParts {
        scope: scope(baseline.scope),
        version: text(baseline.version.as_str()),
        name: "baseline",
        checksum: baseline.checksum.0,
        head: baseline.head.0,
        up: script(&baseline.script),
        down: None,
        locked: true,
        commit_before: false,
        drizzle: None,
    }
    .embed()
}

fn scope(scope: pgmig_core::Scope) -> Scope {
    match scope {
        pgmig_core::Scope::Public => Scope::Public,
        pgmig_core::Scope::Drizzle => Scope::Drizzle,
        pgmig_core::Scope::Tenant => Scope::Tenant,
    }
}

fn script(script: &pgmig_core::Script) -> Script {
    ScriptParts {
        path: text(&format!("migrations/{}", script.path)),
        text: text(&script.text),
        span: span(&script.range),
        transactional: script.transactional,
        idempotent: script.idempotent,
        statements: leak(script.statements.iter().map(statement).collect()),
    }
    .embed()
}

fn statement(statement: &pgmig_core::sql::Statement) -> pgmig_runtime::Statement {
    StatementParts {
        span: span(&statement.range),
        line: statement.line,
        kind: text(&statement.kind),
        objects: leak(statement.objects.iter().map(object).collect()),
        in_transaction: statement.in_transaction == pgmig_core::sql::InTransaction::Allowed,
        destroys_data: statement.destroys_data,
        probe: probe(&statement.probe),
        concurrently: statement.concurrently.as_ref().map(span),
        slots: leak(statement.slots.iter().map(span).collect()),
        public: leak(statement.public.iter().map(span).collect()),
    }
    .embed()
}

fn span(range: &std::ops::Range<usize>) -> (u32, u32) {
    (
        u32::try_from(range.start).unwrap(),
        u32::try_from(range.end).unwrap(),
    )
}

fn object(object: &pgmig_core::sql::Object) -> Object {
    Object {
        kind: object.kind,
        schema: object.schema.as_deref().map(text),
        name: text(&object.name),
    }
}

fn probe(probe: &pgmig_core::sql::Probe) -> Probe {
    use pgmig_core::sql::Probe as Core;
    match probe {
        Core::None => Probe::None,
        Core::Repeat => Probe::Repeat,
        Core::IndexCreated(index) => Probe::IndexCreated(object(index)),
        Core::IndexDropped(index) => Probe::IndexDropped(object(index)),
        Core::EnumValue { on, label } => Probe::EnumValue {
            on: object(on),
            label: text(label),
        },
        Core::PartitionDetached { parent, partition } => Probe::PartitionDetached {
            parent: object(parent),
            partition: object(partition),
        },
    }
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
pub(crate) async fn execute(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(pool)
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

/// How many sessions of the database wait for a lock.
pub(crate) async fn waiting(pool: &PgPool) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}
