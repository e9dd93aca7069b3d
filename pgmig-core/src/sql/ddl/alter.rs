//! `ALTER` of anything.

use super::create::string;
use super::{Act, Action, Alter, Kind, column, kind};
use crate::sql::cursor::{Cursor, Name};

/// Reads from behind `ALTER`.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Alter> {
    let kind = kind(cursor)?;
    if cursor.at(&["ALL", "IN", "TABLESPACE"]) {
        return None;
    }
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    cursor.eat(&["ONLY"]);
    let name = cursor.name()?;
    cursor.eat(&["*"]);
    cursor.skip_parens();
    let table = if kind.is_of_table() && cursor.eat(&["ON"]) {
        cursor.name()
    } else {
        None
    };
    let mut actions = Vec::new();
    while !cursor.done() {
        let start = cursor.start();
        let act = act(kind, cursor).unwrap_or(Act::Other);
        cursor.item();
        actions.push(Action {
            act,
            span: cursor.since(start),
        });
        // The closing parenthesis of nothing that was opened here.
        if !cursor.eat(&[","]) {
            cursor.bump();
        }
    }
    Some(Alter {
        kind,
        name,
        table,
        if_exists,
        actions,
    })
}

fn act(kind: Kind, cursor: &mut Cursor<'_>) -> Option<Act> {
    if cursor.eat(&["RENAME"]) {
        return rename(kind, cursor);
    }
    if cursor.eat(&["SET", "SCHEMA"]) {
        return cursor.word().map(Act::SetSchema);
    }
    match kind {
        Kind::Type if cursor.eat(&["ADD", "VALUE"]) => add_value(cursor),
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => of_table(cursor),
        Kind::Index if cursor.eat(&["ATTACH", "PARTITION"]) => {
            cursor.name().map(Act::AttachPartition)
        }
        Kind::Index if cursor.at(&["SET", "TABLESPACE"]) => Some(Act::Rewrite),
        _ => None,
    }
}

fn rename(kind: Kind, cursor: &mut Cursor<'_>) -> Option<Act> {
    if cursor.eat(&["TO"]) {
        return cursor.word().map(Act::RenameTo);
    }
    if kind == Kind::Type && cursor.eat(&["VALUE"]) {
        return Some(Act::RenameValue);
    }
    let constraint = cursor.eat(&["CONSTRAINT"]);
    let _ = cursor.eat(&["COLUMN"]) || cursor.eat(&["ATTRIBUTE"]);
    let from = cursor.word()?;
    cursor.eat(&["TO"]).then_some(())?;
    let to = cursor.word()?;
    Some(if constraint {
        Act::RenameConstraint { from, to }
    } else {
        Act::RenameColumn { from, to }
    })
}

fn add_value(cursor: &mut Cursor<'_>) -> Option<Act> {
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let label = string(cursor.text())?;
    cursor.bump();
    Some(Act::AddValue {
        label,
        if_not_exists,
        placed: cursor.at_any(&["BEFORE", "AFTER"]),
    })
}

fn of_table(cursor: &mut Cursor<'_>) -> Option<Act> {
    if cursor.eat(&["ADD"]) {
        return add(cursor);
    }
    if cursor.eat(&["DROP"]) {
        return drop(cursor);
    }
    if cursor.eat(&["ALTER", "CONSTRAINT"]) {
        return Some(Act::Other);
    }
    if cursor.eat(&["ALTER"]) {
        cursor.eat(&["COLUMN"]);
        return of_column(cursor);
    }
    if cursor.eat(&["VALIDATE", "CONSTRAINT"]) {
        return cursor.word().map(Act::ValidateConstraint);
    }
    if cursor.eat(&["ATTACH", "PARTITION"]) {
        return cursor.name().map(Act::AttachPartition);
    }
    if cursor.eat(&["DETACH", "PARTITION"]) {
        let partition = cursor.name()?;
        let concurrently = cursor.eat(&["CONCURRENTLY"]);
        return Some(Act::DetachPartition {
            partition,
            concurrently,
        });
    }
    if cursor.eat(&["INHERIT"]) {
        return cursor.name().map(Act::Inherit);
    }
    if cursor.eat(&["NO", "INHERIT"]) {
        return cursor.name().map(Act::NoInherit);
    }
    let rewrites = cursor.eat(&["SET"])
        && (cursor.at_any(&["LOGGED", "UNLOGGED", "TABLESPACE"])
            || cursor.at(&["ACCESS", "METHOD"]));
    rewrites.then_some(Act::Rewrite)
}

fn add(cursor: &mut Cursor<'_>) -> Option<Act> {
    if column::at_table_constraint(cursor) {
        return column::constraint(cursor).map(Act::AddConstraint);
    }
    cursor.eat(&["COLUMN"]);
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let column = Box::new(column::column(cursor)?);
    Some(Act::AddColumn {
        if_not_exists,
        column,
    })
}

fn drop(cursor: &mut Cursor<'_>) -> Option<Act> {
    let constraint = cursor.eat(&["CONSTRAINT"]);
    if !constraint {
        cursor.eat(&["COLUMN"]);
    }
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    let name = cursor.word()?;
    let cascade = cursor.eat(&["CASCADE"]);
    Some(if constraint {
        Act::DropConstraint {
            if_exists,
            constraint: name,
        }
    } else {
        Act::DropColumn {
            if_exists,
            column: name,
            cascade,
        }
    })
}

fn of_column(cursor: &mut Cursor<'_>) -> Option<Act> {
    let name: Name = cursor.word()?;
    let typed = cursor.eat(&["SET", "DATA", "TYPE"]) || cursor.eat(&["TYPE"]);
    if typed {
        let start = cursor.start();
        let (ty, array) = column::type_name(cursor);
        let written = cursor.since(start);
        if cursor.eat(&["COLLATE"]) {
            let _ = cursor.name();
        }
        return Some(Act::ColumnType {
            column: name,
            ty,
            array,
            written,
            using: cursor.at(&["USING"]),
        });
    }
    if cursor.eat(&["SET", "NOT", "NULL"]) {
        return Some(Act::SetNotNull(name));
    }
    if cursor.eat(&["DROP", "NOT", "NULL"]) {
        return Some(Act::DropNotNull(name));
    }
    if cursor.eat(&["SET", "DEFAULT"]) {
        let value = cursor.item();
        return Some(Act::SetDefault(name, value));
    }
    Some(Act::Column(name))
}
