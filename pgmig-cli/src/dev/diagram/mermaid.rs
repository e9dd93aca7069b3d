//! The tables as a Mermaid `erDiagram`.

use std::fmt::Write as _;

use super::catalog::{Column, Schema};

/// The text of the diagram.
pub(super) fn write(schema: &Schema) -> String {
    let mut text = "erDiagram\n".to_owned();
    for table in &schema.tables {
        // Writing to a string does not fail.
        let _ = writeln!(text, "    {} {{", quoted(&table.name));
        for column in &table.columns {
            let _ = writeln!(text, "        {}", attribute(column));
        }
        text.push_str("    }\n");
    }
    for reference in &schema.references {
        let name = |table: usize| schema.tables.get(table).map_or("", |table| &table.name);
        let columns = schema.tables.get(reference.from.0).map(|table| {
            let names = reference
                .from
                .1
                .iter()
                .filter_map(|at| table.columns.get(*at));
            let names: Vec<&str> = names.map(|column| column.name.as_str()).collect();
            names.join(", ")
        });
        let one = if reference.optional { "|o" } else { "||" };
        let many = if reference.unique { "o|" } else { "o{" };
        let (to, from) = (quoted(name(reference.to.0)), quoted(name(reference.from.0)));
        let label = quoted(&columns.unwrap_or_default());
        let _ = writeln!(text, "    {to} {one}--{many} {from} : {label}");
    }
    text
}

fn attribute(column: &Column) -> String {
    let mut keys = Vec::new();
    for (is, key) in [
        (column.primary, "PK"),
        (column.refers, "FK"),
        (column.unique, "UK"),
    ] {
        if is {
            keys.push(key);
        }
    }
    let keys = keys.join(", ");
    let null = if column.not_null {
        ""
    } else {
        "\"may be NULL\""
    };
    let parts = [
        &word(&column.of_type),
        &word(&column.name),
        keys.as_str(),
        null,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Mermaid takes only words for the types and names of attributes: `numeric(10,2)` is none.
fn word(text: &str) -> String {
    let keep = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c,
        '_' | '(' | ')' | '[' | ']' => c,
        _ => '_',
    };
    let word: String = text.chars().map(keep).collect();
    match word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => word,
        false => format!("c{word}"),
    }
}

/// The name of a table, or a label.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "'"))
}
