//! What a tenant's migration may not touch: everything but its own schema.

use std::ops::Range;

use super::told::written;
use super::world::{Found, World};
use crate::Problem;
use crate::Scope;
use crate::lint::TENANT_WRITES_PUBLIC;
use crate::sql::check::{Checked, One, Report};
use crate::sql::cursor::{Cursor, Name};
use crate::sql::ddl::{Change, Kind};
use crate::sql::slot::STAND_IN;
use crate::sql::squawk::query::Uses;

/// What there is once in a database, or once in a server, and not once a tenant.
const SHARED: &[&str] = &[
    "EXTENSION",
    "SCHEMA",
    "ROLE",
    "USER",
    "GROUP",
    "USER MAPPING",
    "PUBLICATION",
    "SUBSCRIPTION",
    "DATABASE",
    "TABLESPACE",
    "EVENT TRIGGER",
    "LANGUAGE",
    "SERVER",
    "FOREIGN DATA WRAPPER",
    "ACCESS METHOD",
    "CAST",
    "SYSTEM",
    "DEFAULT PRIVILEGES",
    "OWNED",
];

/// Checks a statement of a tenant's migration. `uses` are the tables that it names in queries.
pub(super) fn check(
    checked: &Checked<'_>,
    statement: &One<'_>,
    uses: &Uses,
    world: &World,
    report: &mut Report<'_>,
) {
    if let Some(problem) = shared(checked, statement) {
        report.push(problem);
        return;
    }
    let names = changed(checked, statement);
    for (touch, name) in &names {
        if let Some(problem) = outside(checked, world, *touch, name) {
            report.push(problem);
        }
    }
    let start = statement.raw.range().start;
    for used in uses.relations.iter().filter(|used| used.written) {
        let name = super::verify::moved(&used.name, start);
        if names.iter().any(|(_, other)| other.span == name.span) {
            continue;
        }
        if let Some(problem) = written_outside(checked, world, &name) {
            report.lint(&TENANT_WRITES_PUBLIC, statement, problem);
        }
    }
}

/// A statement about what all tenants share.
fn shared(checked: &Checked<'_>, statement: &One<'_>) -> Option<Problem> {
    let kind = statement.facts.kind.as_str();
    let (verb, noun) = kind.split_once(' ')?;
    let about = matches!(verb, "CREATE" | "ALTER" | "DROP" | "REASSIGN") && SHARED.contains(&noun)
        || kind == "IMPORT FOREIGN SCHEMA";
    if !about {
        return None;
    }
    let words = kind.split(' ').count();
    let tokens = &statement.raw.tokens;
    let last = tokens.get(words - 1).or(tokens.last())?;
    let span = statement.raw.range().start..last.end;
    let title = format!("`{kind}` in a tenant's migration");
    let problem = checked
        .text
        .error("tenant-changes-shared", title, span)
        .note("it would run once for each tenant, and change what all of them share");
    Some(match noun {
        "SCHEMA" => problem.help("pgmig makes the tenant's schema; delete the statement"),
        _ => problem.help("move it to a migration of `public`"),
    })
}

/// What happens to what a name means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// It is made, in the tenant's schema where nothing else is said.
    Create,
    /// A table or its like that is there is changed or dropped.
    Change,
    /// Something else that is there is changed or dropped.
    Other,
}

/// What a statement creates, changes or drops.
fn changed(checked: &Checked<'_>, statement: &One<'_>) -> Vec<(Touch, Name)> {
    let touch = |kind: Kind| match kind.is_relation() {
        true => Touch::Change,
        false => Touch::Other,
    };
    match &statement.change {
        Change::CreateTable(table) if table.temporary => Vec::new(),
        Change::CreateTable(table) => vec![(Touch::Create, table.name.clone())],
        Change::CreateIndex(index) => vec![(Touch::Change, index.table.clone())],
        Change::Create(create) => match &create.table {
            Some(table) => vec![(Touch::Change, table.clone())],
            None => vec![(Touch::Create, create.name.clone())],
        },
        Change::Alter(alter) => match &alter.table {
            Some(table) => vec![(Touch::Change, table.clone())],
            None => vec![(touch(alter.kind), alter.name.clone())],
        },
        Change::Drop(drop) => match &drop.table {
            Some(table) => vec![(Touch::Change, table.clone())],
            None => {
                let names = drop.names.iter();
                names.map(|name| (touch(drop.kind), name.clone())).collect()
            }
        },
        Change::Other => commented(checked, statement),
    }
}

fn commented(checked: &Checked<'_>, statement: &One<'_>) -> Vec<(Touch, Name)> {
    let mut cursor = Cursor::new(checked.text.masked, &statement.raw.tokens);
    let relation = cursor.eat(&["COMMENT", "ON", "TABLE"])
        || cursor.eat(&["COMMENT", "ON", "VIEW"])
        || cursor.eat(&["REFRESH", "MATERIALIZED", "VIEW"]);
    if !relation {
        return Vec::new();
    }
    cursor.eat(&["CONCURRENTLY"]);
    cursor
        .name()
        .map(|name| (Touch::Change, name))
        .into_iter()
        .collect()
}

/// A change of something that is not the tenant's.
fn outside(checked: &Checked<'_>, world: &World, touch: Touch, name: &Name) -> Option<Problem> {
    match name.schema() {
        Some(STAND_IN) => None,
        Some(schema) if schema.starts_with("pg_temp") => None,
        Some(schema) => Some(spelled(checked, schema, name)),
        None if touch != Touch::Change => None,
        None => {
            let Found::Here(key, relation) = world.find(Scope::Tenant, name) else {
                return None;
            };
            (key.schema != STAND_IN)
                .then(|| silently(checked, name, &relation.entry.place.to_string()))
        }
    }
}

fn spelled(checked: &Checked<'_>, schema: &str, name: &Name) -> Problem {
    let title = format!("a tenant's migration changes `{}`", written(name));
    let problem = checked
        .text
        .error("tenant-changes-other-schema", title, name.span.clone())
        .note(format!(
            "the schema `{schema}` is not the tenant's, and the migration runs once for each tenant"
        ));
    problem
        .help(format!(
            "if it is the tenant's, leave the schema out: `{}`",
            name.last()
        ))
        .help("if all tenants share it, move it to a migration of `public`")
}

fn silently(checked: &Checked<'_>, name: &Name, place: &str) -> Problem {
    let title = format!(
        "`{}` is a table of `public`: every tenant would change it",
        name.last()
    );
    checked
        .text
        .error("tenant-changes-public", title, name.span.clone())
        .note(format!(
            "there since {place}; no migration of the tenants creates one"
        ))
        .help("move the statement to a migration of `public`")
}

/// Rows that are written outside the tenant's schema.
fn written_outside(checked: &Checked<'_>, world: &World, name: &Name) -> Option<Problem> {
    let span: Range<usize> = name.span.clone();
    let schema = match name.schema() {
        Some(STAND_IN) => return None,
        Some(schema) if schema.starts_with("pg_temp") => return None,
        Some(schema) => schema.to_owned(),
        None => match world.find(Scope::Tenant, name) {
            Found::Here(key, _) if key.schema != STAND_IN => key.schema,
            _ => return None,
        },
    };
    let title = format!("every tenant writes rows of `{}`", written(name));
    Some(
        checked
            .text
            .error(TENANT_WRITES_PUBLIC.name, title, span)
            .note(format!(
                "it is in the schema `{schema}`, and the migration runs once for each tenant"
            ))
            .help("move the statement to a migration of `public`"),
    )
}
