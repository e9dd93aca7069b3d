//! `CREATE TABLE`.

use super::{CreateTable, column};
use crate::sql::cursor::Cursor;

/// Reads from the name on.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    if_not_exists: bool,
    temporary: bool,
) -> Option<CreateTable> {
    let mut table = CreateTable {
        name: cursor.name()?,
        if_not_exists,
        temporary,
        ..CreateTable::default()
    };
    if cursor.eat(&["PARTITION", "OF"]) {
        table.parents.extend(cursor.name());
    } else if cursor.eat(&["OF"]) {
        let _ = cursor.name();
        table.open = true;
    }
    let listed = cursor.parens();
    let creates_as = behind(cursor, &mut table);
    if let Some(mut inside) = listed {
        if creates_as {
            named_only(&mut inside, &mut table);
            return Some(table);
        }
        items(&mut inside, &mut table);
    }
    table.open |= creates_as;
    Some(table)
}

/// What stands behind the columns; whether the rows and columns come from a query.
fn behind(cursor: &mut Cursor<'_>, table: &mut CreateTable) -> bool {
    while !cursor.done() {
        if cursor.eat(&["INHERITS"]) {
            if let Some(mut parents) = cursor.parens() {
                while !parents.done() {
                    table.parents.extend(parents.name());
                    parents.item();
                    parents.eat(&[","]);
                }
            }
        } else if cursor.eat(&["AS"]) {
            return true;
        } else if !cursor.skip_parens() {
            cursor.bump();
        }
    }
    false
}

/// `CREATE TABLE t (a, b) AS query`.
fn named_only(inside: &mut Cursor<'_>, table: &mut CreateTable) {
    while !inside.done() {
        if let Some(name) = inside.word() {
            table.columns.push(super::Column {
                span: name.span.clone(),
                name,
                ..super::Column::default()
            });
        }
        inside.item();
        inside.eat(&[","]);
    }
}

fn items(inside: &mut Cursor<'_>, table: &mut CreateTable) {
    while !inside.done() {
        if inside.eat(&["LIKE"]) {
            table.like.extend(inside.name());
        } else if column::at_table_constraint(inside) {
            table.constraints.extend(column::constraint(inside));
        } else {
            table.columns.extend(column::column(inside));
        }
        inside.item();
        if !inside.eat(&[","]) {
            inside.bump();
        }
    }
}
