//! Whether the names in a statement mean something.

mod columns;
mod objects;
mod uses;

pub(super) use uses::moved;

use super::told;
use super::world::{Found, Relation, World};
use crate::sql::check::{Checked, One};
use crate::sql::cursor::Name;
use crate::sql::ddl::{Change, Kind};
use crate::sql::squawk::query::Uses;
use crate::{Problem, Scope};

/// The check of one statement.
pub(super) struct Verify<'a> {
    /// What there is.
    pub(super) world: &'a World,
    /// Whose schema is changed.
    pub(super) scope: Scope,
    /// The script.
    pub(super) checked: &'a Checked<'a>,
    /// What is found.
    pub(super) found: Vec<Problem>,
    /// Relations that were told to mean nothing.
    pub(super) unknown: Vec<Name>,
}

impl Verify<'_> {
    /// What can be told before the statement runs: whether its tables are there.
    pub(super) fn before(&mut self, statement: &One<'_>, uses: &Uses) {
        match &statement.change {
            Change::CreateTable(table) => self.create_table(table),
            Change::CreateIndex(index) => self.create_index(index),
            Change::Create(create) => self.create(create),
            Change::Alter(alter) => self.alter(alter),
            Change::Drop(drop) => self.drop(drop),
            Change::Other => self.commented(statement),
        }
        self.relations(statement, uses);
    }

    /// What can be told once it has run: whether its columns are there.
    pub(super) fn after(&mut self, statement: &One<'_>, uses: &Uses) {
        match &statement.change {
            Change::CreateTable(table) => self.columns_of_table(table),
            Change::CreateIndex(index) => self.columns_of(&index.table, &index.columns),
            Change::Alter(alter) => self.columns_of_alter(alter),
            _ => {}
        }
        self.columns_of_queries(statement, uses);
    }

    /// Tells of a relation that is not there.
    fn relation(&mut self, kind: Kind, name: &Name) {
        match self.world.find(self.scope, name) {
            Found::Here(..) | Found::Maybe => {}
            Found::Gone(relation) => {
                self.found
                    .push(told::gone_relation(self.checked.text, name, relation));
            }
            Found::Unknown => {
                if kind == Kind::Index && self.has_unnamed_indexes(name) {
                    return;
                }
                let problem = told::unknown(self.checked.text, self.world, self.scope, kind, name);
                self.found.push(problem);
                self.unknown.push(name.clone());
            }
        }
    }

    fn has_unnamed_indexes(&self, name: &Name) -> bool {
        let key = self.world.key(self.scope, name);
        let schema = self.world.schemas.get(&key.schema);
        schema.is_some_and(|schema| schema.unnamed_indexes)
    }

    /// The relation that a name certainly means.
    fn certain(&self, name: &Name) -> Option<&Relation> {
        match self.world.find(self.scope, name) {
            Found::Here(_, relation) => Some(relation),
            _ => None,
        }
    }
}
