//! What is created, changed and dropped.

use super::Verify;
use crate::sql::check::One;
use crate::sql::cursor::{Cursor, Name};
use crate::sql::ddl::{
    Act, Alter, ColumnConstraint, Constraint, ConstraintRule, Create, CreateIndex, CreateTable,
    Drop, Kind,
};
use crate::sql::names::told;

impl Verify<'_> {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        if !table.if_not_exists && !table.temporary {
            self.free_relation(&table.name);
        }
        for from in table.like.iter().chain(&table.parents) {
            self.relation(Kind::Table, from);
        }
        for column in &table.columns {
            self.references(&column.constraints, Some(&table.name));
        }
        for constraint in &table.constraints {
            self.constraint(constraint, Some(&table.name));
        }
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        self.relation(Kind::Table, &index.table);
        if let Some(name) = &index.name
            && !index.if_not_exists
            && let Some(table) = self.world.resolve(self.scope, &index.table)
        {
            // It is made in the schema of its table.
            let placed = Name {
                parts: vec![table.schema, name.last().to_owned()],
                span: name.span.clone(),
            };
            let relation = self.world.relation(&self.world.key(self.scope, &placed));
            if let Some(there) = relation.filter(|there| there.entry.is_here()) {
                let text = self.checked.text;
                self.found
                    .push(told::taken(text, there.kind.word(), name, &there.entry));
            }
        }
    }

    /// Tells of a name of a relation that is taken.
    fn free_relation(&mut self, name: &Name) {
        let key = self.world.key(self.scope, name);
        if let Some(there) = self.world.relation(&key)
            && there.entry.is_here()
        {
            let text = self.checked.text;
            self.found
                .push(told::taken(text, there.kind.word(), name, &there.entry));
        }
    }

    pub(super) fn create(&mut self, create: &Create) {
        if let Some(table) = &create.table {
            self.relation(Kind::Table, table);
        }
        if create.tolerant || create.temporary {
            return;
        }
        match create.kind {
            Kind::View | Kind::MaterializedView | Kind::Sequence => {
                self.free_relation(&create.name);
            }
            Kind::Trigger | Kind::Policy | Kind::Rule => {
                let taken = create
                    .table
                    .as_ref()
                    .and_then(|table| self.certain(table))
                    .and_then(|table| {
                        let part = (create.kind, create.name.last().to_owned());
                        table.parts.get(&part)
                    })
                    .filter(|entry| entry.is_here())
                    .cloned();
                if let Some(entry) = taken {
                    let (text, kind) = (self.checked.text, create.kind.word());
                    self.found
                        .push(told::taken(text, kind, &create.name, &entry));
                }
            }
            Kind::Type | Kind::Domain => {
                let key = self.world.key(self.scope, &create.name);
                let there = self
                    .world
                    .schemas
                    .get(&key.schema)
                    .and_then(|schema| schema.others.get(&(create.kind, key.name)))
                    .filter(|entry| entry.is_here());
                if let Some(entry) = there {
                    let (text, kind) = (self.checked.text, create.kind.word());
                    self.found
                        .push(told::taken(text, kind, &create.name, entry));
                }
            }
            _ => {}
        }
    }

    pub(super) fn alter(&mut self, alter: &Alter) {
        if alter.if_exists {
            return;
        }
        if alter.kind.is_relation() {
            self.relation(alter.kind, &alter.name);
        } else {
            self.other(alter.kind, &alter.name, alter.table.as_ref());
        }
        for action in &alter.actions {
            self.act(alter, &action.act);
        }
    }

    fn act(&mut self, alter: &Alter, act: &Act) {
        match act {
            Act::AddColumn { column, .. } => self.references(&column.constraints, None),
            Act::AddConstraint(constraint) => self.constraint(constraint, None),
            Act::AttachPartition(other) | Act::Inherit(other) | Act::NoInherit(other) => {
                self.relation(alter.kind, other);
            }
            Act::DetachPartition { partition, .. } => self.relation(Kind::Table, partition),
            Act::DropConstraint {
                if_exists: false,
                constraint,
            } => self.part(Kind::Other, "constraint", constraint, &alter.name),
            Act::RenameConstraint { from, .. } => {
                self.part(Kind::Other, "constraint", from, &alter.name);
            }
            Act::RenameTo(to) if alter.kind.is_relation() => {
                if let Some(key) = self.world.resolve(self.scope, &alter.name) {
                    let placed = Name {
                        parts: vec![key.schema, to.last().to_owned()],
                        span: to.span.clone(),
                    };
                    let key = self.world.key(self.scope, &placed);
                    if let Some(there) = self.world.relation(&key)
                        && there.entry.is_here()
                    {
                        let text = self.checked.text;
                        self.found
                            .push(told::taken(text, there.kind.word(), to, &there.entry));
                    }
                }
            }
            _ => {}
        }
    }

    /// Tells of a trigger, a policy or a constraint that its table certainly no longer has.
    fn part(&mut self, kind: Kind, word: &str, name: &Name, table: &Name) {
        let gone = self
            .certain(table)
            .and_then(|table| table.parts.get(&(kind, name.last().to_owned())))
            .filter(|entry| entry.is_gone())
            .cloned();
        if let Some(entry) = gone {
            self.found
                .push(told::gone(self.checked.text, word, name, &entry));
        }
    }

    fn other(&mut self, kind: Kind, name: &Name, table: Option<&Name>) {
        if let Some(table) = table {
            self.relation(Kind::Table, table);
            return self.part(kind, kind.word(), name, table);
        }
        let key = self.world.key(self.scope, name);
        let gone = self
            .world
            .schemas
            .get(&key.schema)
            .filter(|schema| !schema.open)
            .and_then(|schema| schema.others.get(&(kind, key.name)))
            .filter(|entry| entry.is_gone());
        if let Some(entry) = gone {
            self.found
                .push(told::gone(self.checked.text, kind.word(), name, entry));
        }
    }

    pub(super) fn drop(&mut self, drop: &Drop) {
        if drop.if_exists {
            return;
        }
        for name in &drop.names {
            if drop.kind.is_relation() {
                self.relation(drop.kind, name);
            } else {
                self.other(drop.kind, name, drop.table.as_ref());
            }
        }
    }

    fn references(&mut self, constraints: &[ColumnConstraint], own: Option<&Name>) {
        for constraint in constraints {
            if let ColumnConstraint::References { table, .. } = constraint
                && !is_same(table, own)
            {
                self.relation(Kind::Table, table);
            }
        }
    }

    fn constraint(&mut self, constraint: &Constraint, own: Option<&Name>) {
        match &constraint.rule {
            ConstraintRule::ForeignKey { table, .. } if !is_same(table, own) => {
                self.relation(Kind::Table, table);
            }
            ConstraintRule::Key {
                using_index: Some(index),
                ..
            } => self.relation(Kind::Index, index),
            _ => {}
        }
    }

    /// `COMMENT ON TABLE`, `GRANT ... ON table`.
    pub(super) fn commented(&mut self, statement: &One<'_>) {
        let mut cursor = Cursor::new(self.checked.text.masked, &statement.raw.tokens);
        if cursor.eat(&["COMMENT", "ON"]) {
            let kind = if cursor.eat(&["TABLE"]) {
                Kind::Table
            } else if cursor.eat(&["VIEW"]) {
                Kind::View
            } else if cursor.eat(&["INDEX"]) {
                Kind::Index
            } else {
                return;
            };
            if let Some(name) = cursor.name() {
                self.relation(kind, &name);
            }
        }
    }
}

/// Whether a table refers to itself.
fn is_same(name: &Name, own: Option<&Name>) -> bool {
    own.is_some_and(|own| own.last() == name.last())
}
