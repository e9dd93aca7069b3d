//! What a statement creates, changes or drops, as it is written.

use super::nouns::{self, Naming, Noun};
use crate::sql::Object;
use crate::sql::cursor::{Cursor, Name};

/// The objects of a statement; none where the statement names none, or names them in a way that
/// only PostgreSQL can resolve.
pub(super) fn objects(mut cursor: Cursor<'_>) -> Vec<Object> {
    let mut found = Vec::new();
    if cursor.eat(&["CREATE"]) {
        nouns::modifiers(&mut cursor);
        create(&mut cursor, &mut found);
    } else if cursor.eat(&["ALTER"]) || cursor.eat(&["COMMENT", "ON"]) {
        alter(&mut cursor, &mut found);
    } else if cursor.eat(&["DROP"]) {
        drop(&mut cursor, &mut found);
    } else {
        other(&mut cursor, &mut found);
    }
    found
}

fn object(kind: &'static str, name: &Name) -> Object {
    Object {
        kind,
        schema: name.schema().map(str::to_owned),
        name: name.last().to_owned(),
    }
}

fn push(kind: &'static str, cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    if let Some(name) = cursor.name() {
        found.push(object(kind, &name));
    }
}

/// Passes what may stand before a name.
fn before_name(cursor: &mut Cursor<'_>) {
    cursor.eat(&["CONCURRENTLY"]);
    let _ = cursor.eat(&["IF", "NOT", "EXISTS"]) || cursor.eat(&["IF", "EXISTS"]);
    cursor.eat(&["ONLY"]);
}

fn create(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    let Some(noun) = nouns::eat(cursor) else {
        return;
    };
    before_name(cursor);
    match noun.kind {
        "index" => index(cursor, found),
        "schema" if cursor.eat(&["AUTHORIZATION"]) => push(noun.kind, cursor, found),
        _ => one(noun, cursor, found),
    }
}

/// An index lives in the schema of its table, whether it has a name yet or not.
fn index(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    let name = if cursor.at(&["ON"]) {
        None
    } else {
        cursor.name()
    };
    if !cursor.eat(&["ON"]) {
        return;
    }
    cursor.eat(&["ONLY"]);
    let Some(table) = cursor.name() else {
        return;
    };
    if let Some(name) = name {
        found.push(Object {
            schema: table.schema().map(str::to_owned),
            ..object("index", &name)
        });
    }
    found.push(object("table", &table));
}

/// A name, and the table that it belongs to.
fn one(noun: &Noun, cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    if noun.naming == Naming::None {
        return;
    }
    push(noun.kind, cursor, found);
    if noun.naming == Naming::OnTable {
        on_table(noun, cursor, found);
    }
}

fn on_table(noun: &Noun, cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    // `CREATE RULE name AS ON event TO table`; everything else is `name ... ON table`.
    let rule = noun.kind == "rule" && cursor.at(&["AS"]);
    if !cursor.seek(&[if rule { "TO" } else { "ON" }]) {
        return;
    }
    cursor.bump();
    cursor.eat(&["DOMAIN"]);
    push("table", cursor, found);
}

fn alter(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    cursor.eat(&["PROCEDURAL"]);
    if let Some(noun) = nouns::eat(cursor) {
        if cursor.at(&["ALL", "IN", "TABLESPACE"]) {
            return;
        }
        before_name(cursor);
        one(noun, cursor, found);
    }
}

fn drop(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    cursor.eat(&["PROCEDURAL"]);
    let Some(noun) = nouns::eat(cursor) else {
        return;
    };
    before_name(cursor);
    if noun.naming == Naming::OnTable {
        return one(noun, cursor, found);
    }
    if noun.naming == Naming::None {
        return;
    }
    loop {
        push(noun.kind, cursor, found);
        cursor.skip_parens();
        if !cursor.eat(&[","]) {
            break;
        }
    }
}

fn other(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    if cursor.eat(&["TRUNCATE"]) {
        cursor.eat(&["TABLE"]);
        return list("table", cursor, found);
    }
    if cursor.eat(&["LOCK"]) {
        cursor.eat(&["TABLE"]);
        return list("table", cursor, found);
    }
    if cursor.eat(&["REFRESH", "MATERIALIZED", "VIEW"]) {
        before_name(cursor);
        return push("materialized view", cursor, found);
    }
    if cursor.eat(&["REINDEX"]) {
        cursor.skip_parens();
        if let Some(noun) = nouns::eat(cursor) {
            before_name(cursor);
            push(noun.kind, cursor, found);
        }
        return;
    }
    if cursor.at_any(&["VACUUM", "ANALYZE", "ANALYSE", "CLUSTER"]) {
        return maintained(cursor, found);
    }
    if cursor.eat(&["COPY"]) {
        return push("table", cursor, found);
    }
    written(cursor, found);
}

fn list(kind: &'static str, cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    loop {
        cursor.eat(&["ONLY"]);
        push(kind, cursor, found);
        cursor.eat(&["*"]);
        if !cursor.eat(&[","]) {
            break;
        }
    }
}

/// `VACUUM`, `ANALYZE` and `CLUSTER` with their options in both spellings.
fn maintained(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    cursor.bump();
    cursor.skip_parens();
    while cursor.eat_any(&["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]) {}
    while !cursor.done() {
        push("table", cursor, found);
        cursor.skip_parens();
        if !cursor.eat(&[","]) {
            break;
        }
    }
}

/// The tables that are written to, in a `WITH` too.
fn written(cursor: &mut Cursor<'_>, found: &mut Vec<Object>) {
    if !cursor.at_any(&["INSERT", "UPDATE", "DELETE", "MERGE", "WITH"]) {
        return;
    }
    let mut first = true;
    while !cursor.done() {
        // `FOR UPDATE`, `ON CONFLICT DO UPDATE`, `THEN UPDATE`, `ON DELETE` follow another word.
        let opens = std::mem::replace(&mut first, cursor.at_any(&["(", ")"]));
        let writes = cursor.eat(&["INSERT", "INTO"])
            || cursor.eat(&["DELETE", "FROM"])
            || cursor.eat(&["MERGE", "INTO"])
            || (opens && cursor.eat(&["UPDATE"]));
        if writes {
            cursor.eat(&["ONLY"]);
            push("table", cursor, found);
        } else {
            cursor.bump();
        }
    }
}
