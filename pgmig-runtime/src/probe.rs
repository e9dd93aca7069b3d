//! After a crash: did the statement that was begun take effect?

use sqlx::PgConnection;

use crate::db::{Failed, required, send, truth};
use crate::embedded::{Object, Probe, Statement};
use crate::quote;
use crate::target::Target;

/// What a look at the catalog found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is done.
    Done,
    /// It is not, or may be repeated; whatever it left behind is cleared away.
    NotDone,
    /// Nothing tells.
    Unknown,
}

/// Looks, and clears away what a statement left half done.
pub(crate) async fn settle(
    worker: &mut PgConnection,
    target: &Target,
    statement: &Statement,
    idempotent: bool,
) -> Result<Effect, Failed> {
    match &statement.0.probe {
        Probe::IndexCreated(index) => index_created(worker, &Name::of(index, target)).await,
        Probe::IndexDropped(index) => {
            let found = is_valid(worker, &Name::of(index, target)).await?;
            Ok(done_when(found.is_none()))
        }
        Probe::EnumValue { on, label } => enum_value(worker, &Name::of(on, target), label).await,
        Probe::PartitionDetached { parent, partition } => {
            let (parent, partition) = (Name::of(parent, target), Name::of(partition, target));
            partition_detached(worker, &parent, &partition).await
        }
        Probe::Repeat => {
            if statement.0.kind.starts_with("REINDEX") {
                drop_leftovers(worker, target).await?;
            }
            Ok(Effect::NotDone)
        }
        Probe::None if idempotent => Ok(Effect::NotDone),
        Probe::None => Ok(Effect::Unknown),
    }
}

fn done_when(done: bool) -> Effect {
    match done {
        true => Effect::Done,
        false => Effect::NotDone,
    }
}

/// An object's name with its schema: the one it was written with, else the target's, where
/// `search_path` would have found or made it.
struct Name<'o> {
    schema: &'o str,
    name: &'o str,
}

impl<'o> Name<'o> {
    fn of(object: &'o Object, target: &'o Target) -> Self {
        Name {
            schema: object.schema.unwrap_or(&target.schema),
            name: object.name,
        }
    }

    fn quoted(&self) -> String {
        format!("{}.{}", quote::ident(self.schema), quote::ident(self.name))
    }

    /// The object's OID in `pg_class`, or no row.
    fn class(&self) -> String {
        format!(
            "SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relname = {}",
            quote::literal(self.schema),
            quote::literal(self.name)
        )
    }
}

/// Whether an index is valid; `None` when there is none.
async fn is_valid(worker: &mut PgConnection, index: &Name<'_>) -> Result<Option<bool>, Failed> {
    let query = format!(
        "SELECT i.indisvalid AS valid FROM pg_catalog.pg_index AS i WHERE i.indexrelid IN ({})",
        index.class()
    );
    let answers = send(worker, query).await?;
    let row = answers.iter().flatten().next();
    row.map(|row| truth(row, "valid").map_err(Failed::at(0)))
        .transpose()
}

/// An INVALID index is what a build leaves behind that did not come to its end (`CREATE INDEX`,
/// "Building Indexes Concurrently").
async fn index_created(worker: &mut PgConnection, index: &Name<'_>) -> Result<Effect, Failed> {
    match is_valid(worker, index).await? {
        Some(true) => Ok(Effect::Done),
        None => Ok(Effect::NotDone),
        Some(false) => {
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.quoted());
            send(worker, drop).await?;
            Ok(Effect::NotDone)
        }
    }
}

/// `REINDEX CONCURRENTLY` leaves INVALID indexes with these endings behind (`REINDEX`, "Rebuilding
/// Indexes Concurrently").
async fn drop_leftovers(worker: &mut PgConnection, target: &Target) -> Result<(), Failed> {
    let query = format!(
        "SELECT c.relname AS name FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname = {} AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'",
        quote::literal(&target.schema)
    );
    let answers = send(worker, query).await?;
    for row in answers.iter().flatten() {
        let name = required(row, "name").map_err(Failed::at(0))?;
        let index = Name {
            schema: &target.schema,
            name: &name,
        };
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.quoted());
        send(worker, drop).await?;
    }
    Ok(())
}

async fn enum_value(
    worker: &mut PgConnection,
    on: &Name<'_>,
    label: &str,
) -> Result<Effect, Failed> {
    let query = format!(
        "SELECT FROM pg_catalog.pg_enum AS e JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace \
         WHERE n.nspname = {} AND t.typname = {} AND e.enumlabel = {}",
        quote::literal(on.schema),
        quote::literal(on.name),
        quote::literal(label)
    );
    let answers = send(worker, query).await?;
    Ok(done_when(answers.iter().flatten().next().is_some()))
}

/// A detachment that was interrupted is pending, and only `FINALIZE` ends it (`ALTER TABLE`). The
/// column that says so is there since PostgreSQL 14, as the statement is.
async fn partition_detached(
    worker: &mut PgConnection,
    parent: &Name<'_>,
    partition: &Name<'_>,
) -> Result<Effect, Failed> {
    let query = format!(
        "SELECT coalesce(pg_catalog.to_jsonb(i) ->> 'inhdetachpending', 'false') = 'true' AS pending \
         FROM pg_catalog.pg_inherits AS i WHERE i.inhparent IN ({}) AND i.inhrelid IN ({})",
        parent.class(),
        partition.class()
    );
    let answers = send(worker, query).await?;
    let Some(row) = answers.iter().flatten().next() else {
        return Ok(Effect::Done);
    };
    if !truth(row, "pending").map_err(Failed::at(0))? {
        return Ok(Effect::NotDone);
    }
    let finalize = format!(
        "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
        parent.quoted(),
        partition.quoted()
    );
    send(worker, finalize).await?;
    Ok(Effect::Done)
}
