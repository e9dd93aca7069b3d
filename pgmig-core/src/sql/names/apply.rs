//! What a statement does to the world.

mod constraints;

use std::collections::HashMap;

use super::world::{Column, Entry, Key, Place, Relation, State, World, home};
use crate::Scope;
use crate::sql::cursor::Name;
use crate::sql::ddl::{
    Act, Alter, Change, Column as Defined, ConstraintRule, Create, CreateIndex, CreateTable, Drop,
    Kind,
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

    fn entry(&self, state: State) -> Entry {
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
    fn may_be(&mut self, schema: &str, kind: Kind, name: String, table: Option<Key>) {
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

    fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            self.drop_one(drop.kind, name, drop.table.as_ref());
        }
        if drop.cascade {
            self.cascade(drop.kind, &drop.names);
        }
    }

    fn drop_one(&mut self, kind: Kind, name: &Name, table: Option<&Name>) {
        let entry = self.entry(State::Dropped);
        if kind.is_of_table() {
            if let Some(key) = table.and_then(|table| self.world.resolve(self.scope, table))
                && let Some(relation) = self.world.relation_mut(&key)
            {
                relation.parts.insert((kind, name.last().to_owned()), entry);
            }
        } else if kind == Kind::Schema {
            if let Some(schema) = self.world.schemas.get_mut(name.last()) {
                for relation in schema.relations.values_mut() {
                    relation.entry = entry.clone();
                }
                schema.others.clear();
            }
        } else if kind.is_relation() {
            self.drop_relation(name, &entry);
        } else {
            self.drop_other(kind, name, entry);
        }
    }

    fn drop_relation(&mut self, name: &Name, entry: &Entry) {
        if self.world.temporary.remove(name.last()).is_some() {
            return;
        }
        let Some(key) = self.world.resolve(self.scope, name) else {
            return;
        };
        let Some(relation) = self.world.relation_mut(&key) else {
            return;
        };
        relation.entry = entry.clone();
        let children = std::mem::take(&mut relation.children);
        for child in children {
            if let Some(child) = self.world.relation_mut(&child) {
                child.entry.blur();
            }
        }
        // Its indexes and sequences go with it.
        for other in self.world.relations_mut() {
            if other.table.as_ref() == Some(&key) {
                other.entry = entry.clone();
            }
        }
    }

    fn drop_other(&mut self, kind: Kind, name: &Name, entry: Entry) {
        let key = self.world.key(self.scope, name);
        let Some(schema) = self.world.schemas.get_mut(&key.schema) else {
            return;
        };
        // Another function of that name may be left.
        let state = match kind {
            Kind::Function => Entry {
                state: State::Maybe,
                ..entry
            },
            _ => entry,
        };
        schema.others.insert((kind, key.name), state);
    }

    /// What depends on something may have gone with it.
    fn cascade(&mut self, kind: Kind, names: &[Name]) {
        let types: Vec<&str> = names.iter().map(Name::last).collect();
        let typed = matches!(kind, Kind::Type | Kind::Domain | Kind::Table | Kind::View);
        let mut indexed = Vec::new();
        for (schema, known) in &self.world.schemas {
            for (name, relation) in &known.relations {
                if matches!(relation.kind, Kind::View | Kind::MaterializedView) {
                    indexed.push(Key {
                        schema: schema.clone(),
                        name: name.clone(),
                    });
                }
            }
        }
        for relation in self.world.relations_mut() {
            let of_view = relation
                .table
                .as_ref()
                .is_some_and(|key| indexed.contains(key));
            if of_view || matches!(relation.kind, Kind::View | Kind::MaterializedView) {
                relation.entry.blur();
            }
            relation.parts.values_mut().for_each(Entry::blur);
            let loses = kind == Kind::Extension
                || kind == Kind::Schema
                || kind == Kind::Function
                || typed
                    && relation.columns.as_ref().is_some_and(|columns| {
                        columns
                            .values()
                            .any(|column| types.contains(&column.ty.as_str()))
                    });
            if loses {
                relation.columns = None;
            }
        }
        for schema in self.world.schemas.values_mut() {
            schema.others.values_mut().for_each(Entry::blur);
        }
    }

    fn alter(&mut self, alter: &Alter) {
        for action in &alter.actions {
            if alter.kind.is_relation() {
                self.alter_relation(&alter.name, &action.act);
            } else {
                self.alter_other(alter, &action.act);
            }
        }
    }

    fn alter_other(&mut self, alter: &Alter, act: &Act) {
        let Act::RenameTo(to) = act else {
            if let Act::SetSchema(_) = act {
                let key = self.world.key(self.scope, &alter.name);
                let schema = self.world.schema(&key.schema);
                schema.others.remove(&(alter.kind, key.name));
            }
            return;
        };
        let (here, renamed) = (
            self.entry(State::Here),
            self.entry(State::Renamed(to.last().to_owned())),
        );
        let from = (alter.kind, alter.name.last().to_owned());
        let to = (alter.kind, to.last().to_owned());
        if let Some(table) = &alter.table {
            if let Some(key) = self.world.resolve(self.scope, table)
                && let Some(relation) = self.world.relation_mut(&key)
            {
                relation.parts.insert(from, renamed);
                relation.parts.insert(to, here);
            }
        } else if alter.kind == Kind::Schema {
            if let Some(schema) = self.world.schemas.remove(&from.1) {
                self.world.schemas.insert(to.1, schema);
            }
        } else {
            let key = self.world.key(self.scope, &alter.name);
            let schema = self.world.schema(&key.schema);
            schema.others.insert(from.clone(), renamed);
            schema.others.insert(to.clone(), here);
            for relation in self.world.relations_mut() {
                for column in relation.columns.iter_mut().flat_map(HashMap::values_mut) {
                    if column.ty == from.1 {
                        column.ty.clone_from(&to.1);
                    }
                }
            }
        }
    }

    fn alter_relation(&mut self, name: &Name, act: &Act) {
        let Some(key) = self.world.resolve(self.scope, name) else {
            return;
        };
        match act {
            Act::RenameTo(to) => self.rename(&key, to.last()),
            Act::SetSchema(to) => self.move_to(&key, to.last()),
            Act::AttachPartition(child) | Act::Inherit(child) => {
                let child = self.world.resolve(self.scope, child);
                // `INHERIT` names the parent, `ATTACH PARTITION` the child.
                let (parent, child) = match act {
                    Act::Inherit(_) => (child, Some(key)),
                    _ => (Some(key), child),
                };
                if let (Some(parent), Some(child)) = (parent, child)
                    && let Some(parent) = self.world.relation_mut(&parent)
                {
                    parent.children.push(child);
                }
            }
            Act::DetachPartition { partition, .. } => {
                let child = self.world.resolve(self.scope, partition);
                if let Some(relation) = self.world.relation_mut(&key) {
                    relation.children.retain(|key| Some(key) != child.as_ref());
                }
            }
            Act::NoInherit(parent) => {
                if let Some(parent) = self.world.resolve(self.scope, parent)
                    && let Some(parent) = self.world.relation_mut(&parent)
                {
                    parent.children.retain(|child| *child != key);
                }
            }
            _ => self.alter_columns(&key, act),
        }
    }

    fn rename(&mut self, key: &Key, to: &str) {
        let renamed = self.entry(State::Renamed(to.to_owned()));
        let here = self.entry(State::Here);
        let schema = self.world.schema(&key.schema);
        let Some(relation) = schema.relations.get_mut(&key.name) else {
            return;
        };
        let mut moved = relation.clone();
        relation.entry = renamed;
        moved.entry = here;
        schema.relations.insert(to.to_owned(), moved);
        let new = Key {
            schema: key.schema.clone(),
            name: to.to_owned(),
        };
        self.follow(key, &new);
    }

    fn move_to(&mut self, key: &Key, to: &str) {
        let moved_entry = self.entry(State::Moved(to.to_owned()));
        let here = self.entry(State::Here);
        let Some(relation) = self.world.relation_mut(key) else {
            return;
        };
        let mut moved = relation.clone();
        relation.entry = moved_entry;
        moved.entry = here;
        let new = Key {
            schema: to.to_owned(),
            name: key.name.clone(),
        };
        let schema = self.world.schema(to);
        schema.relations.insert(key.name.clone(), moved);
        self.follow(key, &new);
    }

    /// What pointed to a relation points to it under its new name.
    fn follow(&mut self, old: &Key, new: &Key) {
        for relation in self.world.relations_mut() {
            if relation.table.as_ref() == Some(old) {
                relation.table = Some(new.clone());
            }
            for child in &mut relation.children {
                if child == old {
                    *child = new.clone();
                }
            }
        }
    }

    fn alter_columns(&mut self, key: &Key, act: &Act) {
        let here = self.entry(State::Here);
        let dropped = self.entry(State::Dropped);
        let Some(relation) = self.world.relation_mut(key) else {
            return;
        };
        let part = |name: &Name| (Kind::Other, name.last().to_owned());
        match act {
            Act::AddConstraint(constraint) => {
                constraints::of_table(relation, &key.name, constraint, self.text);
                if constraint.name.is_none() {
                    forget_names(relation);
                }
                if let Some(name) = &constraint.name {
                    relation.parts.insert(part(name), here);
                    if let ConstraintRule::Key { .. } | ConstraintRule::Exclude = constraint.rule {
                        let name = name.last().to_owned();
                        self.may_be(&key.schema, Kind::Index, name, Some(key.clone()));
                    }
                }
            }
            Act::ValidateConstraint(name) => constraints::validated(relation, name.last()),
            Act::DropConstraint { constraint, .. } => {
                constraints::dropped(relation, constraint.last());
                relation.parts.insert(part(constraint), dropped);
                let index = Key {
                    schema: key.schema.clone(),
                    name: constraint.last().to_owned(),
                };
                if let Some(index) = self.world.relation_mut(&index)
                    && index.kind == Kind::Index
                {
                    index.entry.blur();
                }
            }
            Act::RenameConstraint { from, to } => {
                let renamed = Entry {
                    state: State::Renamed(to.last().to_owned()),
                    ..dropped
                };
                relation.parts.insert(part(from), renamed);
                relation.parts.insert(part(to), here);
            }
            _ => self.change_column(key, act, &here, &dropped),
        }
    }

    /// A change of a column, in the tables that inherit it too.
    fn change_column(&mut self, key: &Key, act: &Act, here: &Entry, dropped: &Entry) {
        let Some(relation) = self.world.relation_mut(key) else {
            return;
        };
        let children = relation.children.clone();
        if let Some(columns) = &mut relation.columns {
            change_columns(columns, act, here, dropped, self.text);
        }
        if let Act::AddColumn { column, .. } = act
            && !column.constraints.is_empty()
        {
            constraints::of_column(relation, &key.name, column);
            forget_names(relation);
        }
        if let Act::DropColumn { cascade, .. } = act {
            relation.parts.values_mut().for_each(Entry::blur);
            self.after_column_drop(key, *cascade);
        }
        self.new_sequence(key, act);
        for child in children {
            self.change_column(&child, act, here, dropped);
        }
    }

    /// Indexes that had the column are gone, and views with `CASCADE`.
    fn after_column_drop(&mut self, key: &Key, cascade: bool) {
        for relation in self.world.relations_mut() {
            let view = matches!(relation.kind, Kind::View | Kind::MaterializedView);
            if relation.table.as_ref() == Some(key) || cascade && view {
                relation.entry.blur();
            }
        }
        if cascade {
            self.cascade(Kind::Other, &[]);
        }
    }

    fn new_sequence(&mut self, key: &Key, act: &Act) {
        if let Act::AddColumn { column, .. } = act {
            let column = column.name.last();
            let sequence = format!("{}_{column}_seq", key.name);
            self.may_be(&key.schema, Kind::Sequence, sequence, Some(key.clone()));
            let index = format!("{}_{column}_key", key.name);
            self.may_be(&key.schema, Kind::Index, index, Some(key.clone()));
        }
    }
}

fn change_columns(
    columns: &mut HashMap<String, Column>,
    act: &Act,
    here: &Entry,
    dropped: &Entry,
    text: &str,
) {
    match act {
        Act::AddColumn { column, .. } => {
            let new = Column {
                entry: here.clone(),
                ty: column.ty.last().to_owned(),
                written: text[column.written.clone()].to_owned(),
            };
            let there = columns.get(column.name.last());
            if there.is_none_or(|there| !there.entry.is_here()) {
                columns.insert(column.name.last().to_owned(), new);
            }
        }
        Act::DropColumn { column, .. } => {
            if let Some(there) = columns.get_mut(column.last()) {
                there.entry = dropped.clone();
            }
        }
        Act::RenameColumn { from, to } => {
            let Some(there) = columns.get_mut(from.last()) else {
                return;
            };
            let moved = Column {
                entry: here.clone(),
                ty: there.ty.clone(),
                written: there.written.clone(),
            };
            there.entry = dropped.clone();
            if dropped.state != State::Maybe {
                there.entry.state = State::Renamed(to.last().to_owned());
            }
            columns.insert(to.last().to_owned(), moved);
        }
        Act::ColumnType {
            column,
            ty,
            written,
            ..
        } => {
            if let Some(there) = columns.get_mut(column.last()) {
                ty.last().clone_into(&mut there.ty);
                text[written.clone()].clone_into(&mut there.written);
            }
        }
        _ => {}
    }
}

/// PostgreSQL names a constraint itself, maybe like one that was dropped.
fn forget_names(relation: &mut Relation) {
    for ((kind, _), entry) in &mut relation.parts {
        if *kind == Kind::Other {
            entry.state = State::Maybe;
        }
    }
}
