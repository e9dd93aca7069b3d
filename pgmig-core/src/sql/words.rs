//! The words of SQL that mistakes are made with.

use crate::nearest::nearest;

/// Keywords that tables and columns are often called by.
pub(super) fn is_tempting(token: &str) -> bool {
    const WORDS: &[&str] = &[
        "all",
        "analyze",
        "asc",
        "check",
        "column",
        "default",
        "desc",
        "do",
        "grant",
        "group",
        "limit",
        "offset",
        "order",
        "primary",
        "references",
        "table",
        "user",
        "window",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(token))
}

/// What every statement begins with.
pub(super) const VERBS: &[&str] = &[
    "ABORT",
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// What follows a verb, and what columns and tables are made with.
const WORDS: &[&str] = &[
    "CASCADE",
    "COLUMN",
    "CONSTRAINT",
    "DEFAULT",
    "DOMAIN",
    "EXISTS",
    "EXTENSION",
    "FOREIGN",
    "FUNCTION",
    "GENERATED",
    "INDEX",
    "MATERIALIZED",
    "POLICY",
    "PRIMARY",
    "PROCEDURE",
    "REFERENCES",
    "RETURNING",
    "SCHEMA",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "UNIQUE",
    "VALUES",
    "VIEW",
    "WHERE",
];

/// The word that was meant: another verb, where `first`, the statement's first word, is none; or
/// another one for `token`, where the parser stops.
pub(super) fn meant(first: &str, token: &str) -> Option<&'static str> {
    let first = first.to_ascii_uppercase();
    if !VERBS.contains(&first.as_str()) {
        return nearest(&first, VERBS.iter().copied());
    }
    let token = token.to_ascii_uppercase();
    let known = VERBS.contains(&token.as_str()) || WORDS.contains(&token.as_str());
    let long = token.len() > 3;
    nearest(&token, WORDS.iter().copied()).filter(|_| long && !known)
}
