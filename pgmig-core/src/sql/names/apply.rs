//! What a statement does to the world.

mod alter;
mod constraints;
mod drop;

use std::collections::HashMap;

use super::world::{Column, Entry, Key, Place, Relation, State, World, home};
use crate::Scope;
use crate::sql::cursor::Name;
use crate::sql::ddl::{
    Change, Column as Defined, ConstraintRule, Create, CreateIndex, CreateTable, Kind,
};

/// A change that happens.
pub(super) struct Event<'a> {
    /// Whose schema it changes.
    pub(super) scope: Scope,
    /// Where it stands.
    pub(super) place: Place,
    /// The text that the change was read from.
    pub(super) text: &'a str,
    /// Whether it surely happens: what stands in a `DO` may be conditional.
    pub(super) certain: bool,
    /// The world.
    pub(super) world: &'a mut World,
}

impl Event<'_> {
    /// Lets a change happen.
    pub(super) fn happen(&mut self, change: &Change) {
        match change {
            Change::CreateTable(table) => self.create_table(table),
            Change::CreateIndex(index) => self.create_index(index),
            Change::Create(create) => self.create(create),
            Change::Alter(alter) => self.alter(alter),
            Change::Drop(drop) => self.drop(drop),
            Change::Other => {}
        }
    }

    fn state(&self) -> State {
        if self.certain {
            State::Here
        } else {
            State::Maybe
        }
    }

    pub(super) fn entry(&self, state: State) -> Entry {
        Entry::new(if self.certain { state } else { State::Maybe }, &self.place)
    }

    fn column(&self, column: &Defined) -> (String, Column) {
        let entry = self.entry(State::Here);
        let ty = column.ty.last().to_owned();
        let written = self.text[column.written.clone()].to_owned();
        (column.name.last().to_owned(), Column { entry, ty, written })
    }

    fn create_table(&mut self, table: &CreateTable) {
        let relation = self.new_table(table);
        if table.temporary {
            self.world
                .temporary
                .insert(table.name.last().to_owned(), relation);
            return;
        }
        let key = self.world.key(self.scope, &table.name);
        if let Some(there) = self.world.relation_mut(&key) {
            if there.entry.is_here() {
                return;
            }
            if there.entry.state == State::Maybe && table.if_not_exists {
                there.entry = Entry::new(State::Here, &self.place);
                there.columns = None;
                return;
            }
        }
        self.implied(&key, table);
        for parent in &table.parents {
            if let Some(parent) = self.world.resolve(self.scope, parent)
                && let Some(parent) = self.world.relation_mut(&parent)
            {
                parent.children.push(key.clone());
            }
        }
        let schema = self.world.schema(&key.schema);
        schema.relations.insert(key.name, relation);
    }

    fn new_table(&self, table: &CreateTable) -> Relation {
        let mut relation = Relation::new(Kind::Table, self.state(), &self.place);
        let mut columns: Option<HashMap<String, Column>> = (!table.open).then(HashMap::new);
        for from in table.like.iter().chain(&table.parents) {
            let theirs = self
                .world
                .resolve(self.scope, from)
                .and_then(|key| self.world.relation(&key))
                .and_then(|relation| relation.columns.clone());
            columns = columns.zip(theirs).map(|(mut all, theirs)| {
                all.extend(theirs);
                all
            });
        }
        if let Some(columns) = &mut columns {
            columns.extend(table.columns.iter().map(|column| self.column(column)));
        }
        relation.columns = columns;
        let own = table.name.last();
        for column in &table.columns {
            constraints::of_column(&mut relation, own, column);
        }
        for constraint in &table.constraints {
            constraints::of_table(&mut relation, own, constraint, self.text);
            if let Some(name) = &constraint.name {
                let part = (Kind::Other, name.last().to_owned());
                relation.parts.insert(part, self.entry(State::Here));
            }
        }
        relation
    }

    /// Sequences of `serial` columns and indexes of constraints, which have names that PostgreSQL
    /// chooses.
    fn implied(&mut self, key: &Key, table: &CreateTable) {
        let name = &key.name;
        let mut names = vec![(Kind::Index, format!("{name}_pkey"))];
        for column in &table.columns {
            let column = column.name.last();
            names.push((Kind::Sequence, format!("{name}_{column}_seq")));
            names.push((Kind::Index, format!("{name}_{column}_key")));
        }
        for constraint in &table.constraints {
            match (&constraint.rule, &constraint.name) {
                (ConstraintRule::Key { .. } | ConstraintRule::Exclude, Some(own)) => {
                    names.push((Kind::Index, own.last().to_owned()));
                }
                (ConstraintRule::Key { columns, .. }, None) => {
                    let columns: Vec<&str> = columns.iter().map(Name::last).collect();
                    names.push((Kind::Index, format!("{name}_{}_key", columns.join("_"))));
                }
                _ => {}
            }
        }
        for (kind, name) in names {
            self.may_be(&key.schema, kind, name, Some(key.clone()));
        }
    }

    /// Something that is probably there, with a name that is none of a table's.
    pub(super) fn may_be(&mut self, schema: &str, kind: Kind, name: String, table: Option<Key>) {
        let mut relation = Relation::new(kind, State::Maybe, &self.place);
        relation.table = table;
        let schema = self.world.schema(schema);
        let entry = schema.relations.entry(name).or_insert(relation);
        if entry.entry.is_gone() {
            entry.entry.state = State::Maybe;
        }
    }

    fn create_index(&mut self, index: &CreateIndex) {
        let Some(table) = self.world.resolve(self.scope, &index.table) else {
            if let Some(name) = &index.name {
                let name = name.last().to_owned();
                self.may_be(home(self.scope), Kind::Index, name, None);
            }
            return;
        };
        let Some(name) = &index.name else {
            // PostgreSQL finds a name.
            self.world.schema(&table.schema).unnamed_indexes = true;
            return;
        };
        let mut relation = Relation::new(Kind::Index, self.state(), &self.place);
        relation.table = Some(table.clone());
        let schema = self.world.schema(&table.schema);
        let there = schema.relations.get(name.last());
        if there.is_none_or(|there| !there.entry.is_here()) {
            schema.relations.insert(name.last().to_owned(), relation);
        }
    }

    fn create(&mut self, create: &Create) {
        let name = create.name.last().to_owned();
        if create.kind.is_of_table() {
            let entry = self.entry(State::Here);
            if let Some(table) = &create.table
                && let Some(key) = self.world.resolve(self.scope, table)
                && let Some(relation) = self.world.relation_mut(&key)
            {
                relation.parts.insert((create.kind, name), entry);
            }
            return;
        }
        match create.kind {
            Kind::Schema => {
                self.world.schema(&name);
            }
            Kind::Extension => self.extension(&name),
            Kind::View | Kind::MaterializedView | Kind::Sequence => self.create_relation(create),
            Kind::Type | Kind::Domain | Kind::Function => {
                let key = self.world.key(self.scope, &create.name);
                let entry = self.entry(State::Here);
                let schema = self.world.schema(&key.schema);
                schema.others.insert((create.kind, key.name), entry);
            }
            _ => {}
        }
    }

    fn create_relation(&mut self, create: &Create) {
        let mut relation = Relation::new(create.kind, self.state(), &self.place);
        if let Some(columns) = &create.columns {
            let entry = self.entry(State::Here);
            let columns = columns.iter().map(|name| {
                let column = Column {
                    entry: entry.clone(),
                    ty: String::new(),
                    written: String::new(),
                };
                (name.last().to_owned(), column)
            });
            relation.columns = Some(columns.collect());
        }
        if create.temporary {
            let name = create.name.last().to_owned();
            self.world.temporary.insert(name, relation);
            return;
        }
        let key = self.world.key(self.scope, &create.name);
        let schema = self.world.schema(&key.schema);
        if let Some(there) = schema.relations.get(&key.name)
            && there.entry.is_here()
        {
            // Triggers stay, and columns are added at most.
            relation.parts = there.parts.clone();
        }
        schema.relations.insert(key.name, relation);
    }

    /// Extensions bring types and functions; some bring tables.
    fn extension(&mut self, name: &str) {
        const WITHOUT_TABLES: &[&str] = &[
            "uuid-ossp",
            "pgcrypto",
            "citext",
            "hstore",
            "pg_trgm",
            "btree_gin",
            "btree_gist",
            "ltree",
            "unaccent",
            "intarray",
            "fuzzystrmatch",
            "tablefunc",
            "cube",
            "earthdistance",
            "isn",
            "lo",
            "seg",
            "vector",
            "plpgsql",
            "dblink",
            "postgres_fdw",
            "file_fdw",
            "pgstattuple",
            "pgrowlocks",
            "xml2",
            "bloom",
            "sslinfo",
            "moddatetime",
            "autoinc",
            "refint",
            "tcn",
            "pg_stat_statements",
            "pg_buffercache",
            "pg_uuidv7",
        ];
        if !WITHOUT_TABLES.contains(&name) {
            self.world.schema(home(self.scope)).open = true;
        }
    }
}
