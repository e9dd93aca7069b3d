//! Down scripts as the ledger keeps them, in the form of embedded ones.
//!
//! What runs migrations borrows their scripts for as long as the process lives, which embedded
//! ones do. One that is read from the ledger is made to: each once a process, whatever the number
//! of schemas it takes back, so that no more is kept than a binary that embeds it would carry.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use sqlx::postgres::PgRow;

use crate::db::{Answers, number, required, text, truth};
use crate::embedded::{
    List, MigrationParts, Object, Probe, ScriptParts, Span, Statement, StatementParts,
};
use crate::ledger::script_digest;
use crate::planner::{Recorded, checksum_bytes};
use crate::{Migration, Scope, quote};

/// What one kept script belongs to: scope, version, name, digest.
type Key = (Scope, String, String, String);

static KEPT: LazyLock<Mutex<HashMap<Key, &'static Migration>>> = LazyLock::new(Mutex::default);

/// The migration that takes a row back, where its script was read before.
pub(super) fn known(scope: Scope, row: &Recorded) -> Option<&'static Migration> {
    let key = (
        scope,
        row.version.clone(),
        row.name.clone(),
        row.down.clone()?,
    );
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get(&key).copied()
}

/// Reads the answers to [`read_scripts`](crate::ledger::Ledger::read_scripts) and remembers the
/// scripts of `rows`.
pub(super) fn keep(scope: Scope, rows: &[&Recorded], answers: &Answers) -> sqlx::Result<()> {
    let [scripts, statements, words] = answers.as_slice() else {
        return Ok(());
    };
    let mut bodies = Bodies::read(statements, words)?;
    for script in scripts {
        let digest = required(script, "digest")?;
        let script = ScriptText::read(script)?;
        let statements = leak(bodies.0.remove(&digest).unwrap_or_default());
        for row in rows
            .iter()
            .filter(|row| row.down.as_deref() == Some(&digest))
        {
            remember(scope, row, digest.clone(), script.with(statements));
        }
    }
    Ok(())
}

/// The migration that takes a row back by a script that the binary carries.
pub(super) fn lend(scope: Scope, row: &Recorded, script: &ScriptParts) -> &'static Migration {
    let digest = quote::hex(&script_digest(script));
    let script = ScriptParts { ..*script };
    remember(scope, row, digest, script)
}

fn remember(
    scope: Scope,
    row: &Recorded,
    digest: String,
    script: ScriptParts,
) -> &'static Migration {
    let key = (scope, row.version.clone(), row.name.clone(), digest);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(key)
        .or_insert_with(|| Box::leak(Box::new(migration(scope, row, script))))
}

/// A migration that takes another back: its script is the other's down script.
fn migration(scope: Scope, row: &Recorded, script: ScriptParts) -> Migration {
    MigrationParts {
        scope,
        version: leak_text(row.version.clone()),
        name: leak_text(row.name.clone()),
        checksum: checksum_bytes(&row.checksum),
        head: [0; 32],
        up: script.embed(),
        down: None,
        locked: true,
        commit_before: false,
        drizzle: None,
    }
    .embed()
}

/// A script but for its statements.
struct ScriptText {
    path: &'static str,
    text: &'static str,
    transactional: bool,
    idempotent: bool,
}

impl ScriptText {
    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(ScriptText {
            path: leak_text(required(row, "path")?),
            text: leak_text(required(row, "sql")?),
            transactional: truth(row, "transactional")?,
            idempotent: truth(row, "idempotent")?,
        })
    }

    fn with(&self, statements: List<Statement>) -> ScriptParts {
        ScriptParts {
            path: self.path,
            text: self.text,
            span: (0, u32::try_from(self.text.len()).unwrap_or(u32::MAX)),
            transactional: self.transactional,
            idempotent: self.idempotent,
            statements,
        }
    }
}

/// Statements by the digest of their script.
struct Bodies(HashMap<String, Vec<Statement>>);

impl Bodies {
    fn read(statements: &[PgRow], words: &[PgRow]) -> sqlx::Result<Self> {
        let mut spelled: HashMap<(String, i64), Vec<Option<String>>> = HashMap::new();
        for word in words {
            let of = (required(word, "digest")?, number(word, "number")?);
            spelled.entry(of).or_default().push(text(word, "word")?);
        }
        let mut bodies: HashMap<String, Vec<Statement>> = HashMap::new();
        for row in statements {
            let digest = required(row, "digest")?;
            let of = (digest.clone(), number(row, "number")?);
            let words = spelled.remove(&of).unwrap_or_default();
            bodies
                .entry(digest)
                .or_default()
                .push(statement(row, &words)?);
        }
        Ok(Bodies(bodies))
    }
}

fn statement(row: &PgRow, words: &[Option<String>]) -> sqlx::Result<Statement> {
    let byte = |column| -> sqlx::Result<u32> {
        Ok(u32::try_from(number(row, column)?).unwrap_or_default())
    };
    let count = usize::try_from(number(row, "objects")?).unwrap_or_default();
    let (objects, probe) = words.split_at_checked(count).unwrap_or((&[], words));
    Ok(StatementParts {
        span: (byte("first")?, byte("last")?),
        line: byte("line")?,
        kind: leak_text(required(row, "kind")?),
        objects: leak(objects.chunks(3).filter_map(object).collect()),
        in_transaction: truth(row, "in_transaction")?,
        destroys_data: truth(row, "destroys_data")?,
        probe: self::probe(probe),
        concurrently: spans(text(row, "concurrent")?).first().copied(),
        slots: leak(spans(text(row, "slots")?)),
        // Only a shadow asks, and it replays what is embedded.
        public: List::EMPTY,
    }
    .embed())
}

fn spans(numbers: Option<String>) -> Vec<Span> {
    let numbers: Vec<u32> = numbers
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

/// An object from its three words.
fn object(words: &[Option<String>]) -> Option<Object> {
    let [Some(kind), schema, Some(name)] = words else {
        return None;
    };
    Some(Object {
        kind: leak_text(kind.clone()),
        schema: schema.clone().map(leak_text),
        name: leak_text(name.clone()),
    })
}

/// A probe from its words. One of a later pgmig that is not known here tells nothing.
fn probe(words: &[Option<String>]) -> Probe {
    let Some((Some(kind), rest)) = words.split_first() else {
        return Probe::None;
    };
    let object = |place: usize| object(rest.get(3 * place..3 * place + 3)?);
    let read = match kind.as_str() {
        "repeat" => Some(Probe::Repeat),
        "index-created" => object(0).map(Probe::IndexCreated),
        "index-dropped" => object(0).map(Probe::IndexDropped),
        "enum-value" => object(0).and_then(|on| {
            let label = leak_text(rest.get(3)?.clone()?);
            Some(Probe::EnumValue { on, label })
        }),
        "partition-detached" => object(0)
            .zip(object(1))
            .map(|(parent, partition)| Probe::PartitionDetached { parent, partition }),
        _ => None,
    };
    read.unwrap_or(Probe::None)
}

fn leak<T>(list: Vec<T>) -> List<T> {
    List::of(list.leak())
}

fn leak_text(text: String) -> &'static str {
    text.leak()
}
