//! What is said about names.

use super::world::{Column, Entry, Relation, State, World, path};
use crate::nearest::nearest;
use crate::sql::cursor::Name;
use crate::sql::ddl::Kind;
use crate::sql::slot::STAND_IN;
use crate::sql::syntax::Text;
use crate::{Problem, Scope};

/// A name as a person writes it.
pub(super) fn written(name: &Name) -> String {
    name.parts
        .iter()
        .map(|part| if part == STAND_IN { "${schema}" } else { part })
        .collect::<Vec<&str>>()
        .join(".")
}

/// A name that means nothing.
pub(super) fn unknown(
    text: Text<'_>,
    world: &World,
    scope: Scope,
    kind: Kind,
    name: &Name,
) -> Problem {
    let shown = written(name);
    if scope != Scope::Tenant && world.of_tenants.contains(name.last()) {
        let title = format!("`{shown}` is a table of the tenants");
        return text
            .error("unknown-name", title, name.span.clone())
            .note("`public` is migrated before any tenant, and each tenant has one of its own")
            .help("move the statement to a migration of the tenants");
    }
    let article = if kind == Kind::Index { "an" } else { "a" };
    let title = format!("no migration creates {article} {} `{shown}`", kind.word());
    let problem = text.error("unknown-name", title, name.span.clone());
    let schemas = name
        .schema()
        .map_or_else(|| path(scope).to_vec(), |schema| vec![schema]);
    let known = schemas
        .iter()
        .filter_map(|schema| world.schemas.get(*schema))
        .flat_map(|schema| &schema.relations)
        .filter(|(_, relation)| relation.entry.is_here())
        .filter(|(_, relation)| (relation.kind == Kind::Index) == (kind == Kind::Index))
        .map(|(name, _)| name.as_str());
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    match nearest(name.last(), known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!(
            "if it existed before pgmig, write `-- pgmig: external {shown}` at the head of the file"
        )),
    }
}

/// A name that meant something once.
pub(super) fn gone(text: Text<'_>, kind: &str, name: &Name, entry: &Entry) -> Problem {
    let shown = written(name);
    let place = &entry.place;
    let (title, note, help) = match &entry.state {
        State::Renamed(to) => (
            format!("{kind} `{shown}` was renamed to `{to}`"),
            format!("renamed in {place}"),
            format!("write `{to}`"),
        ),
        State::Moved(to) => (
            format!("{kind} `{shown}` was moved to the schema `{to}`"),
            format!("moved in {place}"),
            format!("write `{to}.{}`", name.last()),
        ),
        _ => (
            format!("{kind} `{shown}` was dropped"),
            format!("dropped in {place}"),
            "leave out what is about it, or make it again before".to_owned(),
        ),
    };
    text.error("dropped-name", title, name.span.clone())
        .note(note)
        .help(help)
}

/// A relation that is gone.
pub(super) fn gone_relation(text: Text<'_>, name: &Name, relation: &Relation) -> Problem {
    gone(text, relation.kind.word(), name, &relation.entry)
}

/// A name that is taken.
pub(super) fn taken(text: Text<'_>, kind: &str, name: &Name, entry: &Entry) -> Problem {
    let title = format!("{kind} `{}` exists already", written(name));
    text.error("name-taken", title, name.span.clone())
        .note(format!("since {}", entry.place))
        .help("choose another name, or drop the old one first")
}

/// A column that a table does not have.
pub(super) fn column(
    text: Text<'_>,
    table: &Name,
    relation: &Relation,
    name: &Name,
) -> Option<Problem> {
    const SYSTEM: &[&str] = &["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];
    let columns = relation.columns.as_ref()?;
    if SYSTEM.contains(&name.last()) {
        return None;
    }
    let shown = written(table);
    match columns.get(name.last()) {
        Some(Column { entry, .. }) if entry.is_gone() => {
            let problem = gone(text, "column", name, entry);
            Some(problem.note(format!("it was a column of `{shown}`")))
        }
        Some(_) => None,
        None => {
            let title = format!("table `{shown}` has no column `{}`", name.last());
            let problem = text
                .error("unknown-column", title, name.span.clone())
                .note(format!("`{shown}` is from {}", relation.entry.place));
            let mut known: Vec<&str> = columns
                .iter()
                .filter(|(_, column)| column.entry.is_here())
                .map(|(name, _)| name.as_str())
                .collect();
            known.sort_unstable();
            Some(match nearest(name.last(), known.iter().copied()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None if known.is_empty() => problem,
                None => problem.note(format!("its columns are {}", few(&known))),
            })
        }
    }
}

/// Names in a message, of many only the first.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let shown = names[..names.len().min(SHOWN)].join("`, `");
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("`{shown}` and {more} more"),
        _ => format!("`{shown}`"),
    }
}
