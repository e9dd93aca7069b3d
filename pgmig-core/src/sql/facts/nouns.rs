//! The kinds of objects that `CREATE`, `ALTER`, `DROP` and `COMMENT ON` know.

use crate::sql::cursor::Cursor;

/// How the name of an object follows its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// `name`, or a list of them in `DROP`.
    Plain,
    /// `name(arguments)`.
    Routine,
    /// `name ON table`.
    OnTable,
    /// Nothing that could be called a name (`CAST (a AS b)`, `USER MAPPING FOR ...`).
    None,
}

/// One kind of object.
pub(super) struct Noun {
    /// Its words.
    pub(super) words: &'static [&'static str],
    /// What an [`crate::sql::Object`] calls it.
    pub(super) kind: &'static str,
    /// How it is named.
    pub(super) naming: Naming,
}

const fn noun(words: &'static [&'static str], kind: &'static str, naming: Naming) -> Noun {
    Noun {
        words,
        kind,
        naming,
    }
}

use Naming::{None as Nameless, OnTable, Plain, Routine};

/// All kinds; what begins with the same word is listed longest first.
const NOUNS: &[Noun] = &[
    noun(&["TABLE"], "table", Plain),
    noun(&["INDEX"], "index", Plain),
    noun(&["TYPE"], "type", Plain),
    noun(&["FUNCTION"], "function", Routine),
    noun(&["TRIGGER"], "trigger", OnTable),
    noun(&["VIEW"], "view", Plain),
    noun(&["MATERIALIZED", "VIEW"], "materialized view", Plain),
    noun(&["SEQUENCE"], "sequence", Plain),
    noun(&["POLICY"], "policy", OnTable),
    noun(&["EXTENSION"], "extension", Plain),
    noun(&["SCHEMA"], "schema", Plain),
    noun(&["DOMAIN"], "domain", Plain),
    noun(&["PROCEDURE"], "procedure", Routine),
    noun(&["ROUTINE"], "routine", Routine),
    noun(&["AGGREGATE"], "aggregate", Routine),
    noun(&["RULE"], "rule", OnTable),
    noun(&["COLUMN"], "column", Plain),
    noun(&["CONSTRAINT"], "constraint", OnTable),
    noun(&["ROLE"], "role", Plain),
    noun(&["USER", "MAPPING"], "user mapping", Nameless),
    noun(&["USER"], "role", Plain),
    noun(&["GROUP"], "role", Plain),
    noun(&["STATISTICS"], "statistics", Plain),
    noun(&["COLLATION"], "collation", Plain),
    noun(&["CONVERSION"], "conversion", Plain),
    noun(&["OPERATOR", "CLASS"], "operator class", Plain),
    noun(&["OPERATOR", "FAMILY"], "operator family", Plain),
    noun(&["OPERATOR"], "operator", Routine),
    noun(&["CAST"], "cast", Nameless),
    noun(&["TRANSFORM"], "transform", Nameless),
    noun(&["LANGUAGE"], "language", Plain),
    noun(&["FOREIGN", "TABLE"], "foreign table", Plain),
    noun(
        &["FOREIGN", "DATA", "WRAPPER"],
        "foreign-data wrapper",
        Plain,
    ),
    noun(&["SERVER"], "server", Plain),
    noun(&["PUBLICATION"], "publication", Plain),
    noun(&["SUBSCRIPTION"], "subscription", Plain),
    noun(&["DATABASE"], "database", Plain),
    noun(&["TABLESPACE"], "tablespace", Plain),
    noun(&["EVENT", "TRIGGER"], "event trigger", Plain),
    noun(&["ACCESS", "METHOD"], "access method", Plain),
    noun(
        &["TEXT", "SEARCH", "CONFIGURATION"],
        "text search configuration",
        Plain,
    ),
    noun(
        &["TEXT", "SEARCH", "DICTIONARY"],
        "text search dictionary",
        Plain,
    ),
    noun(&["TEXT", "SEARCH", "PARSER"], "text search parser", Plain),
    noun(
        &["TEXT", "SEARCH", "TEMPLATE"],
        "text search template",
        Plain,
    ),
    noun(&["LARGE", "OBJECT"], "large object", Nameless),
];

/// Words that may stand between `CREATE` and the kind of object.
const MODIFIERS: &[&str] = &[
    "GLOBAL",
    "LOCAL",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "UNIQUE",
    "RECURSIVE",
    "TRUSTED",
    "PROCEDURAL",
    "DEFAULT",
];

/// Passes what stands between the verb and the kind of object.
pub(super) fn modifiers(cursor: &mut Cursor<'_>) {
    cursor.eat(&["OR", "REPLACE"]);
    while cursor.eat_any(MODIFIERS) {}
    if cursor.at(&["CONSTRAINT", "TRIGGER"]) {
        cursor.bump();
    }
}

/// Passes the kind of object.
pub(super) fn eat(cursor: &mut Cursor<'_>) -> Option<&'static Noun> {
    NOUNS.iter().find(|noun| cursor.eat(noun.words))
}
