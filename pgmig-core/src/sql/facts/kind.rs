//! What a statement is, in PostgreSQL's words.

use super::nouns;
use crate::sql::cursor::Cursor;

/// Statements that are more than one word and no `CREATE`, `ALTER` or `DROP` of an object.
const PHRASES: &[&[&str]] = &[
    &["ALTER", "SYSTEM"],
    &["ALTER", "DEFAULT", "PRIVILEGES"],
    &["DROP", "OWNED"],
    &["REASSIGN", "OWNED"],
    &["START", "TRANSACTION"],
    &["PREPARE", "TRANSACTION"],
    &["COMMIT", "PREPARED"],
    &["ROLLBACK", "PREPARED"],
    &["REFRESH", "MATERIALIZED", "VIEW"],
    &["IMPORT", "FOREIGN", "SCHEMA"],
    &["SECURITY", "LABEL"],
    &["SET", "CONSTRAINTS"],
    &["LOCK", "TABLE"],
];

/// `CREATE INDEX`, `ALTER TABLE`, `INSERT`, ...
pub(crate) fn kind(mut cursor: Cursor<'_>) -> String {
    if let Some(phrase) = PHRASES.iter().find(|phrase| cursor.at(phrase)) {
        return phrase.join(" ");
    }
    let verb = cursor.text().to_ascii_uppercase();
    match verb.as_str() {
        "CREATE" | "ALTER" | "DROP" => {
            cursor.bump();
            nouns::modifiers(&mut cursor);
            match nouns::eat(&mut cursor) {
                Some(noun) if creates_as(&verb, noun.words, cursor) => {
                    format!("{verb} {} AS", noun.words.join(" "))
                }
                Some(noun) => format!("{verb} {}", noun.words.join(" ")),
                None => verb,
            }
        }
        "WITH" => with(cursor),
        "(" => "SELECT".to_owned(),
        "COMMENT" => "COMMENT ON".to_owned(),
        _ => verb,
    }
}

/// Whether a `CREATE TABLE` takes its columns from a query.
fn creates_as(verb: &str, words: &[&str], mut cursor: Cursor<'_>) -> bool {
    verb == "CREATE" && words == ["TABLE"] && cursor.seek(&["AS", "OF"]) && {
        cursor.bump();
        cursor.at_any(&["SELECT", "WITH", "VALUES", "TABLE", "EXECUTE", "("])
    }
}

/// The statement that the queries of a `WITH` belong to.
fn with(mut cursor: Cursor<'_>) -> String {
    const VERBS: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES"];
    if cursor.seek(VERBS) {
        cursor.text().to_ascii_uppercase()
    } else {
        "SELECT".to_owned()
    }
}
