//! What there is: schemas with their tables, types and functions, as the migrations leave them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use crate::Scope;
use crate::sql::cursor::Name;
use crate::sql::ddl::Kind;
use crate::sql::slot::STAND_IN;

/// Where something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, as a person would type it.
    pub(super) path: Rc<str>,
    /// The line, from 1.
    pub(super) line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// Whether something is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is.
    Here,
    /// That depends on what cannot be read here.
    Maybe,
    /// It was dropped.
    Dropped,
    /// It has another name.
    Renamed(String),
    /// It is in another schema.
    Moved(String),
}

/// Something that has a name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Whether it is there.
    pub(super) state: State,
    /// Where that came about.
    pub(super) place: Place,
}

impl Entry {
    pub(super) fn new(state: State, place: &Place) -> Self {
        Entry {
            state,
            place: place.clone(),
        }
    }

    /// Whether it is certainly there.
    pub(super) fn is_here(&self) -> bool {
        self.state == State::Here
    }

    /// Whether it is certainly gone.
    pub(super) fn is_gone(&self) -> bool {
        !matches!(self.state, State::Here | State::Maybe)
    }

    /// What is certain no longer is.
    pub(super) fn blur(&mut self) {
        if self.is_here() {
            self.state = State::Maybe;
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Whether it is there.
    pub(super) entry: Entry,
    /// Its type's name; empty where it is not known.
    pub(super) ty: String,
    /// Its type as it is written, with modifiers.
    pub(super) written: String,
}

/// A table, a view, a sequence, an index.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// Whether it is there.
    pub(super) entry: Entry,
    /// What it is.
    pub(super) kind: Kind,
    /// Its columns; `None` where they cannot be told.
    pub(super) columns: Option<HashMap<String, Column>>,
    /// What is its own: triggers, policies, rules, and constraints as [`Kind::Other`].
    pub(super) parts: HashMap<(Kind, String), Entry>,
    /// The tables that get its columns too.
    pub(super) children: Vec<Key>,
    /// The table of an index.
    pub(super) table: Option<Key>,
    /// Its foreign keys: the constraint's name and the other table.
    pub(super) references: Vec<(String, Name)>,
    /// Its checks: the constraint's name, the column that it says is not null, whether it holds for
    /// all rows.
    pub(super) checks: Vec<Check>,
}

/// A check of a table.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// The constraint's name, where it has one.
    pub(super) name: Option<String>,
    /// The column, where it says that one is not null and no more.
    pub(super) not_null: Option<String>,
    /// Whether it holds for all rows.
    pub(super) valid: bool,
}

impl Relation {
    pub(super) fn new(kind: Kind, state: State, place: &Place) -> Self {
        Relation {
            entry: Entry::new(state, place),
            kind,
            columns: None,
            parts: HashMap::new(),
            children: Vec::new(),
            table: None,
            references: Vec::new(),
            checks: Vec::new(),
        }
    }
}

/// A schema and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The schema; that of the tenant is called as its slot is.
    pub(super) schema: String,
    /// The name.
    pub(super) name: String,
}

/// A schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// Tables, views, sequences and indexes.
    pub(super) relations: HashMap<String, Relation>,
    /// Everything else.
    pub(super) others: HashMap<(Kind, String), Entry>,
    /// Whether there may be more than can be read here.
    pub(super) open: bool,
    /// Whether it has indexes to which PostgreSQL gave names.
    pub(super) unnamed_indexes: bool,
}

/// What a name of a relation means.
pub(super) enum Found<'a> {
    /// A relation that is there.
    Here(Key, &'a Relation),
    /// Something of which nothing can be said.
    Maybe,
    /// A relation that was there.
    Gone(&'a Relation),
    /// Nothing that there ever was.
    Unknown,
}

/// All schemas.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    /// By name; that of the tenant is called as its slot is.
    pub(super) schemas: HashMap<String, Schema>,
    /// Temporary tables of the script at hand.
    pub(super) temporary: HashMap<String, Relation>,
    /// Functions of which the body changes the schema, with that body.
    pub(super) changers: HashMap<String, Rc<str>>,
    /// Tables and views that the tenants' migrations create.
    pub(super) of_tenants: HashSet<String>,
}

/// The schema that unqualified names of a scope are created in.
pub(super) fn home(scope: Scope) -> &'static str {
    match scope {
        Scope::Public | Scope::Drizzle => "public",
        Scope::Tenant => STAND_IN,
    }
}

/// The schemas in which unqualified names of a scope are looked for.
pub(super) fn path(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Public | Scope::Drizzle => &["public"],
        Scope::Tenant => &[STAND_IN, "public"],
    }
}

/// Whether a schema is PostgreSQL's own.
pub(super) fn is_system(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

impl World {
    /// The schema that something with that name is created in.
    pub(super) fn key(&self, scope: Scope, name: &Name) -> Key {
        Key {
            schema: name.schema().unwrap_or(home(scope)).to_owned(),
            name: name.last().to_owned(),
        }
    }

    pub(super) fn schema(&mut self, name: &str) -> &mut Schema {
        self.schemas.entry(name.to_owned()).or_default()
    }

    pub(super) fn relation(&self, key: &Key) -> Option<&Relation> {
        self.schemas.get(&key.schema)?.relations.get(&key.name)
    }

    pub(super) fn relation_mut(&mut self, key: &Key) -> Option<&mut Relation> {
        self.schemas
            .get_mut(&key.schema)?
            .relations
            .get_mut(&key.name)
    }

    /// What a name of a relation means in a scope.
    pub(super) fn find(&self, scope: Scope, name: &Name) -> Found<'_> {
        let Some(schema) = name.schema() else {
            return self.find_in_path(scope, name.last());
        };
        if is_system(schema) {
            return Found::Maybe;
        }
        match self.schemas.get(schema) {
            Some(known) => found(known, schema, name.last()).unwrap_or(Found::Unknown),
            None if home(scope) == schema || schema == "public" => Found::Unknown,
            None => Found::Maybe,
        }
    }

    fn find_in_path(&self, scope: Scope, name: &str) -> Found<'_> {
        if self.temporary.contains_key(name) || name.starts_with("pg_") {
            return Found::Maybe;
        }
        let mut gone = None;
        for schema in path(scope) {
            let Some(known) = self.schemas.get(*schema) else {
                continue;
            };
            match found(known, schema, name) {
                Some(Found::Gone(relation)) => {
                    gone.get_or_insert(relation);
                }
                Some(Found::Unknown) | None => {}
                Some(found) => return found,
            }
        }
        gone.map_or(Found::Unknown, Found::Gone)
    }

    /// The key of a relation that is there or may be, for a change of it.
    pub(super) fn resolve(&self, scope: Scope, name: &Name) -> Option<Key> {
        if name.schema().is_some() {
            return Some(self.key(scope, name));
        }
        let has = |schema: &&&str| {
            self.schemas
                .get(**schema)
                .and_then(|known| known.relations.get(name.last()))
                .is_some_and(|relation| !relation.entry.is_gone())
        };
        let schema = path(scope).iter().find(has)?;
        Some(Key {
            schema: (*schema).to_owned(),
            name: name.last().to_owned(),
        })
    }

    /// What is certain in a schema no longer is: something ran that cannot be read.
    pub(super) fn blur(&mut self, schema: &str) {
        let schema = self.schema(schema);
        schema.open = true;
        for relation in schema.relations.values_mut() {
            relation.entry.blur();
            relation.columns = None;
            relation.parts.values_mut().for_each(Entry::blur);
        }
        schema.others.values_mut().for_each(Entry::blur);
    }

    /// Every relation of every schema.
    pub(super) fn relations_mut(&mut self) -> impl Iterator<Item = &mut Relation> {
        self.schemas
            .values_mut()
            .flat_map(|schema| schema.relations.values_mut())
    }
}

fn found<'a>(known: &'a Schema, schema: &str, name: &str) -> Option<Found<'a>> {
    let Some(relation) = known.relations.get(name) else {
        return known.open.then_some(Found::Maybe);
    };
    Some(match relation.entry.state {
        State::Here => Found::Here(
            Key {
                schema: schema.to_owned(),
                name: name.to_owned(),
            },
            relation,
        ),
        State::Maybe => Found::Maybe,
        _ if known.open => Found::Maybe,
        _ => Found::Gone(relation),
    })
}
