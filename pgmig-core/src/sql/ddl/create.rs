//! `CREATE` of anything.

use super::{Change, Create, CreateIndex, CreateTable, Kind, kind, names_in_parens, table};
use crate::sql::cursor::{Cursor, Name};
use crate::sql::token::TokenKind;

/// Reads from behind `CREATE`.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Change> {
    let mut tolerant = cursor.eat(&["OR", "REPLACE"]);
    let mut temporary = false;
    let mut unique = false;
    loop {
        if cursor.eat_any(&["TEMP", "TEMPORARY"]) {
            temporary = true;
        } else if cursor.eat(&["UNIQUE"]) {
            unique = true;
        } else if !cursor.eat_any(&["GLOBAL", "LOCAL", "UNLOGGED", "RECURSIVE", "CONSTRAINT"]) {
            break;
        }
    }
    let kind = kind(cursor)?;
    let concurrently = kind == Kind::Index && cursor.eat(&["CONCURRENTLY"]);
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    tolerant |= if_not_exists;
    match kind {
        Kind::Table | Kind::ForeignTable => {
            table::read(cursor, if_not_exists, temporary).map(Change::CreateTable)
        }
        Kind::Index => {
            let index = index(cursor, if_not_exists, unique, concurrently)?;
            Some(Change::CreateIndex(index))
        }
        Kind::Other => None,
        _ => {
            let authorization = kind == Kind::Schema && cursor.eat(&["AUTHORIZATION"]);
            let name = cursor.name()?;
            let mut create = Create {
                kind,
                name,
                table: None,
                tolerant: tolerant || authorization,
                temporary,
                columns: None,
                labels: Vec::new(),
            };
            details(cursor, &mut create);
            Some(Change::Create(create))
        }
    }
}

fn details(cursor: &mut Cursor<'_>, create: &mut Create) {
    match create.kind {
        Kind::Trigger | Kind::Policy => create.table = behind(cursor, "ON"),
        Kind::Rule => create.table = behind(cursor, "TO"),
        Kind::View | Kind::MaterializedView if cursor.at(&["("]) => {
            create.columns = Some(names_in_parens(cursor));
        }
        Kind::Type if cursor.eat(&["AS", "ENUM"]) => create.labels = labels(cursor),
        Kind::Type if cursor.eat(&["AS"]) && cursor.at(&["("]) => {
            create.columns = Some(names_in_parens(cursor));
        }
        _ => {}
    }
}

/// The name behind the next such word.
fn behind(cursor: &mut Cursor<'_>, word: &str) -> Option<Name> {
    cursor.seek(&[word]).then(|| {
        cursor.bump();
        cursor.name()
    })?
}

fn labels(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut labels = Vec::new();
    if let Some(mut inside) = cursor.parens() {
        while let Some(token) = inside.peek() {
            if token.kind == TokenKind::String {
                labels.extend(string(inside.text()));
            }
            inside.bump();
        }
    }
    labels
}

/// The value of `'...'`; none of the forms with a prefix, which may hold escapes.
pub(super) fn string(written: &str) -> Option<String> {
    let inner = written.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

fn index(
    cursor: &mut Cursor<'_>,
    if_not_exists: bool,
    unique: bool,
    concurrently: bool,
) -> Option<CreateIndex> {
    let name = if cursor.at(&["ON"]) {
        None
    } else {
        cursor.name()
    };
    cursor.eat(&["ON"]).then_some(())?;
    let only = cursor.eat(&["ONLY"]);
    let table = cursor.name()?;
    if cursor.eat(&["USING"]) {
        let _ = cursor.word();
    }
    let mut columns = Vec::new();
    if let Some(mut inside) = cursor.parens() {
        while !inside.done() {
            columns.extend(key_column(&mut inside));
            inside.item();
            inside.eat(&[","]);
        }
    }
    if cursor.eat(&["INCLUDE"]) {
        columns.extend(names_in_parens(cursor));
    }
    Some(CreateIndex {
        name,
        table,
        if_not_exists,
        unique,
        concurrently,
        only,
        columns,
    })
}

/// A column, where the part of the key is no expression.
fn key_column(cursor: &mut Cursor<'_>) -> Option<Name> {
    let name = cursor.word()?;
    (!cursor.at_any(&["(", "."])).then_some(name)
}

/// `SELECT ... INTO table`.
pub(super) fn select_into(cursor: &mut Cursor<'_>) -> Option<CreateTable> {
    if !cursor.at_any(&["SELECT", "WITH"]) || !cursor.seek(&["INTO", "INSERT", "MERGE"]) {
        return None;
    }
    cursor.eat(&["INTO"]).then_some(())?;
    let temporary = cursor.eat_any(&["TEMP", "TEMPORARY"]);
    cursor.eat(&["UNLOGGED"]);
    cursor.eat(&["TABLE"]);
    Some(CreateTable {
        name: cursor.name()?,
        temporary,
        open: true,
        ..CreateTable::default()
    })
}
