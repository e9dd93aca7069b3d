//! `DROP`.

use super::Event;
use crate::sql::cursor::Name;
use crate::sql::ddl::{Drop, Kind};
use crate::sql::names::world::{Entry, Key, State};

impl Event<'_> {
    pub(super) fn drop(&mut self, drop: &Drop) {
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
    pub(super) fn cascade(&mut self, kind: Kind, names: &[Name]) {
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
}
