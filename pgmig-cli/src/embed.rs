//! A folder that was read at run time as a binary would carry it, for commands and tests that run its
//! migrations. What is embedded lives as long as the program, and so does this.

use std::io;
use std::path::PathBuf;

use pgmig_core::{Folder, sql};
use pgmig_runtime::__private_0_1_0::{
    Adopt, Dir, DirEntry, DrizzleEntry, File, List, MigrationParts, MigrationsParts, Object, Probe,
    Script, ScriptParts, Statement, StatementParts,
};
use pgmig_runtime::{Migration, Migrations, Scope};

/// The folder's migrations. `shown` is the folder as it is told.
pub fn embed(folder: &Folder, shown: &str) -> &'static Migrations {
    leak(parts(folder, shown))
}

/// The folder's migrations, and its files, for whoever writes those out. Of a file that cannot be read
/// its place comes back.
pub fn embed_whole(
    folder: &Folder,
    shown: &str,
) -> Result<&'static Migrations, (PathBuf, io::Error)> {
    let files = files(folder)?;
    Ok(leak(MigrationsParts {
        files,
        ..parts(folder, shown)
    }))
}

/// The folder's files. Of one that cannot be read its place comes back.
pub fn files(folder: &Folder) -> Result<Dir<'static>, (PathBuf, io::Error)> {
    let files = folder.files.iter().map(|path| {
        let place = folder.on_disk(path);
        let contents = std::fs::read(&place);
        let contents = contents.map_err(|source| (place, source))?;
        Ok(DirEntry::File(File::new(text(path), contents.leak())))
    });
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(Dir::new("", files.leak()))
}

/// What the folder's migrations are made of, without its files.
pub fn parts(folder: &Folder, shown: &str) -> MigrationsParts {
    let told = Told { folder, shown };
    let all = |migrations: &[pgmig_core::Migration]| {
        list(migrations.iter().map(|one| told.migration(one)))
    };
    MigrationsParts {
        public: all(&folder.public),
        drizzle: all(&folder.drizzle),
        tenant: all(&folder.tenant),
        baselines: list(folder.baselines.iter().map(|one| told.baseline(one))),
        repeatable: all(&folder.repeatable),
        files: Dir::new("", &[]),
        folder: "",
        tenant_folder: "",
        ignored: &[],
        compare_folder: false,
        out_of_order: folder.out_of_order,
        adopt: Adopt::Refuse,
        app: concat!("cargo-pgmig ", env!("CARGO_PKG_VERSION")),
    }
}

fn leak(parts: MigrationsParts) -> &'static Migrations {
    Box::leak(Box::new(parts.embed()))
}

/// The folder, and how it is told.
struct Told<'a> {
    folder: &'a Folder,
    shown: &'a str,
}

impl Told<'_> {
    fn migration(&self, migration: &pgmig_core::Migration) -> Migration {
        MigrationParts {
            scope: scope(migration.scope),
            version: text(migration.version.as_str()),
            name: text(&migration.name),
            checksum: migration.checksum.0,
            head: migration.head.0,
            up: self.script(&migration.up),
            down: migration.down.as_ref().map(|down| self.script(down)),
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

    fn baseline(&self, baseline: &pgmig_core::Baseline) -> Migration {
        MigrationParts {
            scope: scope(baseline.scope),
            version: text(baseline.version.as_str()),
            name: "baseline",
            checksum: baseline.checksum.0,
            head: baseline.head.0,
            up: self.script(&baseline.script),
            down: None,
            locked: true,
            commit_before: false,
            drizzle: None,
        }
        .embed()
    }

    fn script(&self, script: &pgmig_core::Script) -> Script {
        ScriptParts {
            path: text(&self.folder.shown(self.shown, &script.path)),
            text: text(&script.text),
            span: span(&script.range),
            transactional: script.transactional,
            idempotent: script.idempotent,
            statements: List::of(list(script.statements.iter().map(statement))),
        }
        .embed()
    }
}

fn scope(scope: pgmig_core::Scope) -> Scope {
    match scope {
        pgmig_core::Scope::Public => Scope::Public,
        pgmig_core::Scope::Drizzle => Scope::Drizzle,
        pgmig_core::Scope::Tenant => Scope::Tenant,
    }
}

fn statement(statement: &sql::Statement) -> Statement {
    StatementParts {
        span: span(&statement.range),
        line: statement.line,
        kind: text(&statement.kind),
        objects: List::of(list(statement.objects.iter().map(object))),
        in_transaction: statement.in_transaction == sql::InTransaction::Allowed,
        destroys_data: statement.destroys_data,
        probe: probe(&statement.probe),
        concurrently: statement.concurrently.as_ref().map(span),
        slots: List::of(list(statement.slots.iter().map(span))),
        public: List::of(list(statement.public.iter().map(span))),
    }
    .embed()
}

fn object(object: &sql::Object) -> Object {
    Object {
        kind: object.kind,
        schema: object.schema.as_deref().map(text),
        name: text(&object.name),
    }
}

fn probe(probe: &sql::Probe) -> Probe {
    match probe {
        sql::Probe::None => Probe::None,
        sql::Probe::Repeat => Probe::Repeat,
        sql::Probe::IndexCreated(index) => Probe::IndexCreated(object(index)),
        sql::Probe::IndexDropped(index) => Probe::IndexDropped(object(index)),
        sql::Probe::EnumValue { on, label } => Probe::EnumValue {
            on: object(on),
            label: text(label),
        },
        sql::Probe::PartitionDetached { parent, partition } => Probe::PartitionDetached {
            parent: object(parent),
            partition: object(partition),
        },
    }
}

/// A file is smaller than 4 GiB, or it could not be read.
fn span(range: &std::ops::Range<usize>) -> (u32, u32) {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (byte(range.start), byte(range.end))
}

fn list<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    Vec::leak(items.collect())
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}
