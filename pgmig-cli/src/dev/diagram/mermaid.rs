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
    let name = word(&column.name, "_");
    let mut told = Vec::new();
    if name != column.name {
        told.push(column.name.as_str());
    }
    if !column.not_null {
        told.push("may be NULL");
    }
    let told = match told.is_empty() {
        true => String::new(),
        false => quoted(&told.join(", ")),
    };
    let of_type = word(&column.of_type, "_()[]");
    let parts = [of_type, name, keys, told];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Mermaid takes only words of ASCII for the types and names of attributes, with few `signs` in
/// them: `numeric(10,2)` is none. A word that begins with `pk`, `fk` or `uk` alone is a key to it.
fn word(text: &str, signs: &str) -> String {
    let keep = |c: char| match c.is_ascii_alphanumeric() || signs.contains(c) {
        true => c,
        false => '_',
    };
    let word: String = text.chars().map(keep).collect();
    let of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = word.split(|c| !of_word(c)).next().unwrap_or_default();
    let key = ["pk", "fk", "uk"]
        .iter()
        .any(|key| first.eq_ignore_ascii_case(key));
    match word.starts_with(|c: char| c.is_ascii_alphabetic()) && !key {
        true => word,
        false => format!("c_{word}"),
    }
}

/// The name of a table, a label or a comment, what Mermaid or HTML would take for its own by its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '#' | '%' | '&' | '<' | '>' | '\\' | '`' => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
