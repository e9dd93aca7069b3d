//! What a tenant's migration may not touch: everything but its own schema.

mod touched;

use std::ops::Range;

use super::code;
use super::told::written;
use super::world::{Entry, Found, World};
use crate::Problem;
use crate::Scope;
use crate::lint::TENANT_WRITES_PUBLIC;
use crate::sql::body::{self, Language};
use crate::sql::check::{Checked, One, Report};
use crate::sql::cursor::{Cursor, Name};
use crate::sql::ddl::{self, Kind};
use crate::sql::facts;
use crate::sql::slot::STAND_IN;
use crate::sql::split::Raw;
use crate::sql::squawk::query::Uses;
use touched::{Touch, touched};

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
    if let Some(problem) = shared(checked, &statement.facts.kind, statement.raw) {
        report.push(problem);
        return;
    }
    let names = touched(checked.text.masked, statement.raw, &statement.change);
    for (touch, name) in &names {
        if let Some(problem) = outside(checked, world, *touch, name) {
            report.push(problem);
        }
    }
    in_block(checked, statement, world, report);
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

/// The statements that a `DO` block spells: whether they run or not, they are meant.
fn in_block(checked: &Checked<'_>, statement: &One<'_>, world: &World, report: &mut Report<'_>) {
    let text = checked.text.masked;
    if statement.facts.kind != "DO" {
        return;
    }
    let Some(body) = body::body(text, statement.raw) else {
        return;
    };
    if body.language != Language::Plpgsql {
        return;
    }
    for mut raw in code::statements(&text[body.range.clone()]) {
        for token in &mut raw.tokens {
            token.start += body.range.start;
            token.end += body.range.start;
        }
        let kind = facts::kind(Cursor::new(text, &raw.tokens));
        if let Some(problem) = shared(checked, &kind, &raw) {
            report.push(problem);
            continue;
        }
        for (touch, name) in touched(text, &raw, &ddl::read(text, &raw)) {
            if let Some(problem) = outside(checked, world, touch, &name) {
                report.push(problem);
            }
        }
    }
}

/// A statement about what all tenants share.
fn shared(checked: &Checked<'_>, kind: &str, raw: &Raw) -> Option<Problem> {
    let (verb, noun) = kind.split_once(' ')?;
    let about = matches!(verb, "CREATE" | "ALTER" | "DROP" | "REASSIGN") && SHARED.contains(&noun)
        || kind == "IMPORT FOREIGN SCHEMA";
    if !about {
        return None;
    }
    let words = kind.split(' ').count();
    let last = raw.tokens.get(words - 1).or(raw.tokens.last())?;
    let span = raw.range().start..last.end;
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

/// A change of something that is not the tenant's.
fn outside(checked: &Checked<'_>, world: &World, touch: Touch, name: &Name) -> Option<Problem> {
    match name.schema() {
        Some(STAND_IN) => None,
        Some(schema) if schema.starts_with("pg_temp") => None,
        Some(schema) => Some(spelled(checked, schema, name)),
        None => {
            let entry = match touch {
                Touch::Create => return None,
                Touch::Relation => match world.find(Scope::Tenant, name) {
                    Found::Here(key, relation) if key.schema != STAND_IN => &relation.entry,
                    _ => return None,
                },
                Touch::Other(kind) => of_public_alone(world, kind, name)?,
            };
            Some(silently(checked, name, &entry.place.to_string()))
        }
    }
}

/// A type, a domain, a function that only `public` certainly has.
fn of_public_alone<'a>(world: &'a World, kind: Kind, name: &Name) -> Option<&'a Entry> {
    let named = (kind, name.last().to_owned());
    let own = world.schemas.get(STAND_IN)?;
    if own.open || own.others.contains_key(&named) {
        return None;
    }
    let public = world.schemas.get("public")?;
    public.others.get(&named).filter(|entry| entry.is_here())
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
        "`{}` belongs to `public`: every tenant would change it",
        name.last()
    );
    checked
        .text
        .error("tenant-changes-public", title, name.span.clone())
        .note(format!(
            "since {place}; no migration of the tenants creates one"
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
