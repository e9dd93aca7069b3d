//! A folder embedded at run time, as the macro embeds it at compile time.

use std::path::{Path, PathBuf};

use include_dir::Dir;
use pgmig_core::{Folder, Layout, Options, Problem, Severity, TenantFolder, load_with};
use pgmig_runtime::__private_0_1_0::{
    Adopt, DrizzleEntry, MigrationParts, MigrationsParts, ScriptParts, StatementParts,
};
use pgmig_runtime::{Migration, Migrations, Object, Probe, Scope, Script};

/// A folder, and what the compiler would say about it.
pub struct Embedded {
    /// What the binary would carry.
    pub migrations: &'static Migrations,
    /// The same as it was read.
    pub folder: Folder,
    /// The errors of the build.
    pub errors: Vec<Problem>,
}

/// Embeds the folder at `root`; with `tenant` it is the tenant scope.
pub fn embed(root: &Path, layout: Option<Layout>, tenant: bool) -> Embedded {
    let empty: PathBuf = std::env::temp_dir().join("pgmig-compat-empty");
    let options = Options {
        layout,
        tenant: tenant.then(|| TenantFolder {
            root: root.to_owned(),
            shown: "migrations".to_owned(),
        }),
    };
    let public = if tenant {
        // A tenant folder without a public one.
        let _ = std::fs::create_dir(&empty);
        &empty
    } else {
        root
    };
    let loaded = load_with(public, "migrations", &options);
    let mut errors = loaded.problems.clone();
    errors.retain(|problem| problem.severity == Severity::Error);
    let folder = loaded.folder;
    let migrations = |all: &[pgmig_core::Migration]| -> &'static [Migration] {
        leak(all.iter().map(migration).collect())
    };
    let migrations = MigrationsParts {
        public: migrations(&folder.public),
        drizzle: migrations(&folder.drizzle),
        tenant: migrations(&folder.tenant),
        baselines: leak(folder.baselines.iter().map(baseline).collect()),
        repeatable: migrations(&folder.repeatable),
        files: Dir::new("", &[]),
        folder: "",
        tenant_folder: "",
        ignored: &[],
        compare_folder: false,
        out_of_order: folder.out_of_order,
        adopt: Adopt::Refuse,
        app: "pgmig-compat",
    };
    Embedded {
        migrations: Box::leak(Box::new(migrations.embed())),
        folder,
        errors,
    }
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
        u32::try_from(range.start).unwrap_or(u32::MAX),
        u32::try_from(range.end).unwrap_or(u32::MAX),
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
