//! Asks the catalog: one message, whatever the number of schemas.

use sqlx::postgres::PgRow;

use super::description::{Description, Fact};
use super::{Fingerprint, FingerprintOptions};
use crate::db::{Answers, Db, required, text};
use crate::error::Error;
use crate::quote::{ident, literal};

/// All facts of all schemas asked for, as common table expressions.
const CATALOG: &str = concat!(
    include_str!("sql/relations.sql"),
    include_str!("sql/parts.sql"),
    include_str!("sql/others.sql"),
    include_str!("sql/canonical.sql"),
);
const HASH: &str = include_str!("sql/hash.sql");
const FACTS: &str = include_str!("sql/facts.sql");

/// What has to be set for the server to write the catalog in one way only: no user's schema on the
/// path, so that every name of one has its schema before it; the output styles of constants; and
/// no just-in-time compilation, which would take longer than the query.
const SETTINGS: &[(&str, &str)] = &[
    ("search_path", "pg_catalog"),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("jit", "off"),
];

/// The fingerprints of `schemas`, sorted by name, by one statement.
///
/// A schema that does not exist has none, so the result may be shorter than the list; neither has
/// the ledger's. About 3 ms of server time for a schema of ten tables.
///
/// # Errors
///
/// When the server cannot be reached or the statement fails.
///
/// # Example
///
/// ```no_run
/// # async fn demo(pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
/// use pgmig_runtime::{FingerprintOptions, fingerprint};
/// let found = fingerprint(&pool, &["tenant_a", "tenant_b"], &FingerprintOptions::new()).await?;
/// if let [a, b] = &found[..] {
///     println!("{} {}", a, if a.digest() == b.digest() { "both" } else { "differ" });
/// }
/// # Ok(()) }
/// ```
pub async fn fingerprint<'c>(
    db: impl Into<Db<'c>>,
    schemas: &[impl AsRef<str>],
    options: &FingerprintOptions,
) -> Result<Vec<Fingerprint>, Error> {
    let question = Question::new(names(schemas), options);
    let Some(message) = question.hashes() else {
        return Ok(Vec::new());
    };
    let sent = db.into().0.send(message).await;
    read_hashes(sent.map_err(|failed| catalog_error(failed.error))?)
}

/// The facts of one schema. One that does not exist, and the ledger's, have none.
///
/// # Errors
///
/// When the server cannot be reached or the statement fails.
///
/// # Example
///
/// ```no_run
/// # async fn demo(pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
/// use pgmig_runtime::{FingerprintOptions, describe};
/// let options = FingerprintOptions::new();
/// let (a, b) = (describe(&pool, "tenant_a", &options).await?, describe(&pool, "tenant_b", &options).await?);
/// for difference in a.diff(&b) {
///     println!("tenant_b: {difference}");
/// }
/// # Ok(()) }
/// ```
pub async fn describe<'c>(
    db: impl Into<Db<'c>>,
    schema: &str,
    options: &FingerprintOptions,
) -> Result<Description, Error> {
    let question = Question::new(vec![schema.to_owned()], options);
    let mut all = match question.facts() {
        Some(message) => {
            let sent = db.into().0.send(message).await;
            question.read_facts(sent.map_err(|failed| catalog_error(failed.error))?)?
        }
        None => Vec::new(),
    };
    Ok(all.pop().unwrap_or_else(|| nothing(schema, options)))
}

/// The description of a schema that has no object.
pub(crate) fn nothing(schema: &str, options: &FingerprintOptions) -> Description {
    Description::new(schema.to_owned(), &ident(schema), options.column_order)
}

/// What the catalog is asked: the messages, and how to read the answers.
pub(crate) struct Question<'o> {
    schemas: Vec<String>,
    options: &'o FingerprintOptions,
    /// A name in the text of definitions, and the one that stands for it.
    alias: Option<(String, String)>,
}

impl<'o> Question<'o> {
    /// About those of `schemas` that are not the ledger's.
    pub(crate) fn new(mut schemas: Vec<String>, options: &'o FingerprintOptions) -> Self {
        schemas.retain(|schema| *schema != options.ledger);
        Question {
            schemas,
            options,
            alias: None,
        }
    }

    /// Takes `name`, which nothing else is called, for `meant` wherever it stands.
    pub(crate) fn taking(self, name: &str, meant: &str) -> Self {
        Question {
            alias: Some((name.to_owned(), meant.to_owned())),
            ..self
        }
    }

    /// The message that asks for a hash a schema; `None` when there is none to ask about.
    pub(crate) fn hashes(&self) -> Option<String> {
        (!self.schemas.is_empty()).then(|| self.message(HASH))
    }

    /// The message that asks for all facts.
    pub(crate) fn facts(&self) -> Option<String> {
        (!self.schemas.is_empty()).then(|| self.message(FACTS))
    }

    /// The descriptions of those schemas that have at least one object, sorted by name.
    pub(crate) fn read_facts(&self, answers: Answers) -> Result<Vec<Description>, Error> {
        let mut all: Vec<Description> = Vec::new();
        for row in rows(answers) {
            let schema = required(&row, "schema").map_err(catalog_error)?;
            if all.last().is_none_or(|last| last.schema() != schema) {
                let quoted = required(&row, "quoted").map_err(catalog_error)?;
                all.push(Description::new(schema, &quoted, self.options.column_order));
            }
            let (fact, canonical) = read_fact(&row).map_err(catalog_error)?;
            if let Some(description) = all.last_mut() {
                description.add(fact, canonical);
            }
        }
        Ok(all)
    }

    /// Settings, query, settings as they were. The last matters in a caller's own transaction,
    /// which goes on with its own search path; otherwise the message is a transaction that ends
    /// with it.
    fn message(&self, ending: &str) -> String {
        let options = self.options;
        let query = fill(&format!("{CATALOG}{ending}"), |place| match place {
            "schemas" => Some(list(&self.schemas)),
            "ignored" => Some(list(&options.ignored)),
            // A description always has them: a table that is missing is repaired in its order.
            "column_order" => Some((options.column_order || ending == FACTS).to_string()),
            "grants" => Some(options.grants.to_string()),
            "owners" => Some(options.owners.to_string()),
            "portable" => Some((!options.exact).to_string()),
            "name" | "value" => Some(match &self.alias {
                Some((name, meant)) => {
                    format!("replace({place}, {}, {})", literal(name), literal(meant))
                }
                None => place.to_owned(),
            }),
            _ => None,
        });
        let set = SETTINGS.iter().map(|(name, value)| {
        format!(
            "pg_catalog.set_config('pgmig.{name}', pg_catalog.current_setting('{name}'), true), \
             pg_catalog.set_config('{name}', '{value}', true)"
        )
    });
        let reset = SETTINGS.iter().map(|(name, _)| {
            format!(
                "pg_catalog.set_config('{name}', pg_catalog.current_setting('pgmig.{name}'), true)"
            )
        });
        let (set, reset) = (set.collect::<Vec<_>>(), reset.collect::<Vec<_>>());
        format!(
            "SELECT {};\n{query};\nSELECT {}",
            set.join(", "),
            reset.join(", ")
        )
    }
}

fn names(schemas: &[impl AsRef<str>]) -> Vec<String> {
    schemas
        .iter()
        .map(|schema| schema.as_ref().to_owned())
        .collect()
}

/// String constants for `IN (...)`; an empty list would be a syntax error, and no name is empty.
fn list(names: &[String]) -> String {
    let list: Vec<String> = names.iter().map(|name| literal(name)).collect();
    if list.is_empty() {
        "''".to_owned()
    } else {
        list.join(", ")
    }
}

/// The rows of the query: the statements before and after it only change settings.
fn rows(mut answers: Answers) -> Vec<PgRow> {
    if answers.len() > 1 {
        answers.swap_remove(1)
    } else {
        Vec::new()
    }
}

/// The fingerprints in an answer, sorted by schema.
pub(crate) fn read_hashes(answers: Answers) -> Result<Vec<Fingerprint>, Error> {
    let read = |row: &PgRow| -> sqlx::Result<Fingerprint> {
        let digest = unhex(&required(row, "digest")?).ok_or_else(|| sqlx::Error::ColumnDecode {
            index: "digest".to_owned(),
            source: "not a SHA-256".into(),
        })?;
        Ok(Fingerprint::new(required(row, "schema")?, digest))
    };
    rows(answers)
        .iter()
        .map(|row| read(row).map_err(catalog_error))
        .collect()
}

fn read_fact(row: &PgRow) -> sqlx::Result<(Fact, String)> {
    let fact = Fact {
        kind: required(row, "kind")?,
        parent: text(row, "parent")?,
        name: required(row, "name")?,
        attribute: required(row, "attribute")?,
        value: required(row, "value")?,
    };
    Ok((fact, required(row, "canonical")?))
}

/// Fills the places `{name}` of a template in one pass, so that nothing filled in is looked at.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = template.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let place = part
            .split_once('}')
            .and_then(|(place, rest)| Some((value(place)?, rest)));
        match place {
            Some((value, rest)) => filled.extend([value.as_str(), rest]),
            None => filled.extend(["{", part]),
        }
    }
    filled
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

pub(crate) fn catalog_error(source: sqlx::Error) -> Error {
    Error::Catalog { source }
}
