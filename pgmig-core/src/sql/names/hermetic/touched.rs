//! What a statement creates, changes or drops.

use crate::sql::cursor::{Cursor, Name};
use crate::sql::ddl::{Act, Alter, Change, Kind};
use crate::sql::split::Raw;

/// What happens to what a name means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    /// It is made, in the tenant's schema where nothing else is said.
    Create,
    /// A table or its like that is there is changed or dropped.
    Relation,
    /// Something else that is there is changed or dropped.
    Other(Kind),
}

/// The names that a statement changes the meaning of.
pub(super) fn touched(text: &str, raw: &Raw, change: &Change) -> Vec<(Touch, Name)> {
    match change {
        Change::CreateTable(table) if table.temporary => Vec::new(),
        Change::CreateTable(table) => {
            // A child or a partition changes its parent.
            let parents = table.parents.iter();
            let parents = parents.map(|parent| (Touch::Relation, parent.clone()));
            std::iter::once((Touch::Create, table.name.clone()))
                .chain(parents)
                .collect()
        }
        Change::CreateIndex(index) => vec![(Touch::Relation, index.table.clone())],
        Change::Create(create) if create.temporary => Vec::new(),
        Change::Create(create) => match &create.table {
            Some(table) => vec![(Touch::Relation, table.clone())],
            None => vec![(Touch::Create, create.name.clone())],
        },
        Change::Alter(alter) => altered(alter),
        Change::Drop(drop) => match &drop.table {
            Some(table) => vec![(Touch::Relation, table.clone())],
            None => {
                let names = drop.names.iter();
                names.map(|name| (touch(drop.kind), name.clone())).collect()
            }
        },
        Change::Other => other(Cursor::new(text, &raw.tokens)),
    }
}

fn touch(kind: Kind) -> Touch {
    if kind.is_relation() {
        Touch::Relation
    } else {
        Touch::Other(kind)
    }
}

fn altered(alter: &Alter) -> Vec<(Touch, Name)> {
    let mut names = vec![match &alter.table {
        Some(table) => (Touch::Relation, table.clone()),
        None => (touch(alter.kind), alter.name.clone()),
    }];
    for action in &alter.actions {
        match &action.act {
            Act::AttachPartition(other) | Act::Inherit(other) | Act::NoInherit(other) => {
                names.push((Touch::Relation, other.clone()));
            }
            Act::SetSchema(schema) => {
                // It arrives in that schema under its own name.
                let parts = vec![schema.last().to_owned(), alter.name.last().to_owned()];
                let span = schema.span.clone();
                names.push((Touch::Create, Name { parts, span }));
            }
            _ => {}
        }
    }
    names
}

/// `COMMENT ON TABLE`, `REFRESH MATERIALIZED VIEW`, `GRANT ... ON`.
fn other(mut cursor: Cursor<'_>) -> Vec<(Touch, Name)> {
    if cursor.at_any(&["GRANT", "REVOKE"]) {
        return granted(cursor);
    }
    let relation = cursor.eat(&["COMMENT", "ON", "TABLE"])
        || cursor.eat(&["COMMENT", "ON", "VIEW"])
        || cursor.eat(&["REFRESH", "MATERIALIZED", "VIEW"]);
    if !relation {
        return Vec::new();
    }
    cursor.eat(&["CONCURRENTLY"]);
    let name = cursor.name().map(|name| (Touch::Relation, name));
    name.into_iter().collect()
}

/// What privileges are given on: tables, and all that is in a schema.
fn granted(mut cursor: Cursor<'_>) -> Vec<(Touch, Name)> {
    let mut names = Vec::new();
    // A role is granted without `ON`.
    if !cursor.seek(&["ON", "TO", "FROM"]) || !cursor.eat(&["ON"]) {
        return names;
    }
    let schema = cursor.at(&["SCHEMA"]) || cursor.at(&["ALL"]);
    if schema {
        if !cursor.seek(&["SCHEMA"]) {
            return names;
        }
    } else if cursor.at_any(&[
        "DATABASE",
        "DOMAIN",
        "FOREIGN",
        "FUNCTION",
        "LANGUAGE",
        "LARGE",
        "PARAMETER",
        "PROCEDURE",
        "ROUTINE",
        "TABLESPACE",
        "TYPE",
    ]) {
        return names;
    } else {
        let _ = cursor.eat(&["TABLE"]) || cursor.eat(&["SEQUENCE"]);
    }
    if schema {
        cursor.bump();
    }
    loop {
        if let Some(name) = cursor.name() {
            names.push(if schema {
                let parts = vec![name.last().to_owned(), "*".to_owned()];
                (
                    Touch::Create,
                    Name {
                        parts,
                        span: name.span,
                    },
                )
            } else {
                (Touch::Relation, name)
            });
        }
        if !cursor.eat(&[","]) {
            return names;
        }
    }
}
