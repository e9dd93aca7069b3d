//! The rows of the tables that `embed_migrations!` writes: one call each, with what most of them
//! have, and another around it for each thing that few have.
//!
//! A folder of a thousand migrations is a thousand of these to rustc, which checks every expression
//! of them after every edit. So they have as few as can be, all of them literals or the names of
//! other tables, which they refer to by places: a slice made in a row costs rustc more than the row.

use include_dir::{DirEntry, File};

use crate::Scope;

use super::{
    DrizzleEntry, List, Migration, MigrationParts, Object, Probe, Script, ScriptParts, Span,
    Statement, StatementParts,
};

/// A statement that may run in a transaction, and loses no data. `objects` are the places of what it
/// changes in the list `all`.
pub const fn statement(
    span: Span,
    line: u32,
    kind: &'static str,
    all: &'static [Object],
    objects: Span,
) -> Statement {
    Statement(StatementParts {
        span,
        line,
        kind,
        objects: List::part(all, objects),
        in_transaction: true,
        destroys_data: false,
        probe: Probe::None,
        concurrently: None,
        slots: List::EMPTY,
        public: List::EMPTY,
    })
}

/// PostgreSQL refuses it in a transaction.
pub const fn refused(mut statement: Statement) -> Statement {
    statement.0.in_transaction = false;
    statement
}

/// It loses data.
pub const fn destroys_data(mut statement: Statement) -> Statement {
    statement.0.destroys_data = true;
    statement
}

/// What to look at after a crash.
pub const fn with_probe(mut statement: Statement, probe: Probe) -> Statement {
    statement.0.probe = probe;
    statement
}

/// Where its word `CONCURRENTLY` is.
pub const fn concurrently(mut statement: Statement, word: Span) -> Statement {
    statement.0.concurrently = Some(word);
    statement
}

/// The places of its slots in a list.
pub const fn with_slots(mut statement: Statement, all: &'static [Span], places: Span) -> Statement {
    statement.0.slots = List::part(all, places);
    statement
}

/// The places of its `public` in a list.
pub const fn with_public(
    mut statement: Statement,
    all: &'static [Span],
    places: Span,
) -> Statement {
    statement.0.public = List::part(all, places);
    statement
}

/// An object without a schema.
pub const fn object(kind: &'static str, name: &'static str) -> Object {
    Object {
        kind,
        schema: None,
        name,
    }
}

/// An object with one.
pub const fn object_in(schema: &'static str, kind: &'static str, name: &'static str) -> Object {
    Object {
        kind,
        schema: Some(schema),
        name,
    }
}

/// A script that runs in a transaction: a part of the text at a place of `texts`, its statements
/// being those at some places of `all`.
pub const fn script(
    path: &'static str,
    texts: &'static [&'static str],
    text: usize,
    span: Span,
    all: &'static [Statement],
    statements: Span,
) -> Script {
    Script(ScriptParts {
        path,
        text: texts[text],
        span,
        transactional: true,
        idempotent: false,
        statements: List::part(all, statements),
    })
}

/// It runs outside a transaction.
pub const fn outside(mut script: Script) -> Script {
    script.0.transactional = false;
    script
}

/// Every statement may be repeated.
pub const fn idempotent(mut script: Script) -> Script {
    script.0.idempotent = true;
    script
}

/// A migration that is locked.
pub const fn migration(
    scope: Scope,
    version: &'static str,
    name: &'static str,
    checksum: &[u8; 32],
    head: &[u8; 32],
    up: Script,
) -> Migration {
    Migration(MigrationParts {
        scope,
        version,
        name,
        checksum: *checksum,
        head: *head,
        up,
        down: None,
        locked: true,
        commit_before: false,
        drizzle: None,
    })
}

/// The lock file has it not.
pub const fn draft(mut migration: Migration) -> Migration {
    migration.0.locked = false;
    migration
}

/// It may not share a transaction with the migrations before it.
pub const fn commit_before(mut migration: Migration) -> Migration {
    migration.0.commit_before = true;
    migration
}

/// What takes it back.
pub const fn with_down(mut migration: Migration, script: Script) -> Migration {
    migration.0.down = Some(script);
    migration
}

/// What Drizzle's own ledger has of it.
pub const fn with_drizzle(mut migration: Migration, entry: DrizzleEntry) -> Migration {
    migration.0.drizzle = Some(entry);
    migration
}

/// A file that is the text at a place of `texts`.
pub const fn file(
    path: &'static str,
    texts: &'static [&'static str],
    text: usize,
) -> DirEntry<'static> {
    DirEntry::File(File::new(path, texts[text].as_bytes()))
}
