//! Asks the catalog: one message, whatever the number of schemas.

use sqlx::postgres::PgRow;

use super::description::{Description, Fact};
use super::{Fingerprint, FingerprintOptions};
use crate::db::{Db, required, text};
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
    let mut db = db.into();
    let mut found = Vec::new();
    for row in ask(&mut db, &names(schemas), options, HASH).await? {
        let read = || -> sqlx::Result<Fingerprint> {
            let digest =
                unhex(&required(&row, "digest")?).ok_or_else(|| sqlx::Error::ColumnDecode {
                    index: "digest".to_owned(),
                    source: "not a SHA-256".into(),
                })?;
            Ok(Fingerprint::new(required(&row, "schema")?, digest))
        };
        found.push(read().map_err(catalog_error)?);
    }
    Ok(found)
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
    let mut db = db.into();
    let mut all = describe_all(&mut db, &[schema.to_owned()], options).await?;
    Ok(all.pop().unwrap_or_else(|| {
        Description::new(schema.to_owned(), &ident(schema), options.column_order)
    }))
}

/// The descriptions of those schemas that have at least one object, sorted by name.
pub(crate) async fn describe_all(
    db: &mut Db<'_>,
    schemas: &[String],
    options: &FingerprintOptions,
) -> Result<Vec<Description>, Error> {
    let mut all: Vec<Description> = Vec::new();
    for row in ask(db, schemas, options, FACTS).await? {
        let schema = required(&row, "schema").map_err(catalog_error)?;
        if all.last().is_none_or(|last| last.schema() != schema) {
            let quoted = required(&row, "quoted").map_err(catalog_error)?;
            all.push(Description::new(schema, &quoted, options.column_order));
        }
        let (fact, canonical) = read_fact(&row).map_err(catalog_error)?;
        if let Some(description) = all.last_mut() {
            description.add(fact, canonical);
        }
    }
    Ok(all)
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

/// Sends the catalog query with one of its two endings and returns its rows.
async fn ask(
    db: &mut Db<'_>,
    schemas: &[String],
    options: &FingerprintOptions,
    ending: &str,
) -> Result<Vec<PgRow>, Error> {
    let schemas: Vec<&str> = schemas
        .iter()
        .map(String::as_str)
        .filter(|schema| *schema != options.ledger)
        .collect();
    if schemas.is_empty() {
        return Ok(Vec::new());
    }
    let message = message(&schemas, options, ending);
    let mut answers =
        db.0.send(message)
            .await
            .map_err(|failed| catalog_error(failed.error))?;
    // The first and the last statement only change settings.
    Ok(if answers.len() > 1 {
        answers.swap_remove(1)
    } else {
        Vec::new()
    })
}

/// Settings, query, settings as they were. The last matters in a caller's own transaction, which
/// goes on with its own search path; otherwise the message is a transaction that ends with it.
fn message(schemas: &[&str], options: &FingerprintOptions, ending: &str) -> String {
    let query = fill(&format!("{CATALOG}{ending}"), |place| match place {
        "schemas" => Some(list(schemas.iter().copied())),
        "ignored" => Some(list(options.ignored.iter().map(String::as_str))),
        // A description always has them: a table that is missing is repaired in its order.
        "column_order" => Some((options.column_order || ending == FACTS).to_string()),
        "grants" => Some(options.grants.to_string()),
        "owners" => Some(options.owners.to_string()),
        "portable" => Some((!options.exact).to_string()),
        _ => None,
    });
    let set = SETTINGS.iter().map(|(name, value)| {
        format!(
            "pg_catalog.set_config('pgmig.{name}', pg_catalog.current_setting('{name}'), true), \
             pg_catalog.set_config('{name}', '{value}', true)"
        )
    });
    let reset = SETTINGS.iter().map(|(name, _)| {
        format!("pg_catalog.set_config('{name}', pg_catalog.current_setting('pgmig.{name}'), true)")
    });
    let (set, reset) = (set.collect::<Vec<_>>(), reset.collect::<Vec<_>>());
    format!(
        "SELECT {};\n{query};\nSELECT {}",
        set.join(", "),
        reset.join(", ")
    )
}

fn names(schemas: &[impl AsRef<str>]) -> Vec<String> {
    schemas
        .iter()
        .map(|schema| schema.as_ref().to_owned())
        .collect()
}

/// String constants for `IN (...)`; an empty list would be a syntax error, and no name is empty.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let list: Vec<String> = names.map(literal).collect();
    if list.is_empty() {
        "''".to_owned()
    } else {
        list.join(", ")
    }
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

fn catalog_error(source: sqlx::Error) -> Error {
    Error::Catalog { source }
}
