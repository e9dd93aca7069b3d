//! `ALTER`.

use std::collections::HashMap;

use super::{Event, constraints};
use crate::sql::cursor::Name;
use crate::sql::ddl::{Act, Alter, ConstraintRule, Kind};
use crate::sql::names::world::{Column, Entry, Key, Relation, State};

impl Event<'_> {
    pub(super) fn alter(&mut self, alter: &Alter) {
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
