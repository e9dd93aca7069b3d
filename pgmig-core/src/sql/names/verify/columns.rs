//! Columns.

use super::Verify;
use super::uses::moved;
use crate::sql::check::One;
use crate::sql::cursor::Name;
use crate::sql::ddl::{
    Act, Alter, Column, ColumnConstraint, Constraint, ConstraintRule, CreateTable,
};
use crate::sql::names::told;
use crate::sql::names::world::{Found, Relation};
use crate::sql::squawk::query::{ColumnUse, Level, Of, Uses};

impl Verify<'_> {
    pub(super) fn columns_of_table(&mut self, table: &CreateTable) {
        for column in &table.columns {
            self.columns_of_column(column);
        }
        for constraint in &table.constraints {
            self.columns_of_constraint(&table.name, constraint);
        }
    }

    fn columns_of_column(&mut self, column: &Column) {
        for constraint in &column.constraints {
            if let ColumnConstraint::References { table, columns } = constraint {
                self.columns_of(table, columns);
            }
        }
    }

    fn columns_of_constraint(&mut self, own: &Name, constraint: &Constraint) {
        match &constraint.rule {
            ConstraintRule::Key { columns, .. } => self.columns_of(own, columns),
            ConstraintRule::NotNull(column) => self.columns_of(own, std::slice::from_ref(column)),
            ConstraintRule::ForeignKey {
                columns,
                table,
                referenced,
            } => {
                self.columns_of(own, columns);
                self.columns_of(table, referenced);
            }
            ConstraintRule::Check(_) | ConstraintRule::Exclude => {}
        }
    }

    /// Tells of columns that a table certainly does not have.
    pub(super) fn columns_of(&mut self, table: &Name, columns: &[Name]) {
        let Some(relation) = self.certain(table) else {
            return;
        };
        let text = self.checked.text;
        let found: Vec<_> = columns
            .iter()
            .filter_map(|column| told::column(text, table, relation, column))
            .collect();
        self.found.extend(found);
    }

    /// The columns that an `ALTER TABLE` needs; what it drops and renames was looked at before.
    pub(super) fn columns_of_alter(&mut self, alter: &Alter) {
        for action in &alter.actions {
            match &action.act {
                Act::AddColumn { column, .. } => self.columns_of_column(column),
                Act::AddConstraint(constraint) => {
                    self.columns_of_constraint(&alter.name, constraint);
                }
                _ => {}
            }
        }
    }

    /// The columns that an `ALTER TABLE` changes, drops or adds.
    pub(in crate::sql::names) fn columns_altered(&mut self, alter: &Alter) {
        let Some(relation) = self.certain(&alter.name) else {
            return;
        };
        let text = self.checked.text;
        let mut added: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for action in &alter.actions {
            let column = match &action.act {
                Act::AddColumn {
                    column,
                    if_not_exists,
                } => {
                    let there = relation
                        .columns
                        .as_ref()
                        .and_then(|columns| columns.get(column.name.last()));
                    let dropped = alter.actions.iter().any(|other| {
                        matches!(&other.act, Act::DropColumn { column: gone, .. } if gone.last() == column.name.last())
                    });
                    if let Some(there) = there.filter(|there| there.entry.is_here())
                        && !if_not_exists
                        && !dropped
                    {
                        found.push(told::taken(text, "column", &column.name, &there.entry));
                    }
                    added.push(column.name.last());
                    continue;
                }
                Act::DropColumn {
                    column,
                    if_exists: false,
                    ..
                } => column,
                Act::RenameColumn { from, .. } => from,
                Act::ColumnType { column, .. }
                | Act::SetDefault(column, _)
                | Act::SetNotNull(column)
                | Act::DropNotNull(column)
                | Act::Column(column) => column,
                _ => continue,
            };
            if !added.contains(&column.last()) {
                found.extend(told::column(text, &alter.name, relation, column));
            }
        }
        self.found.extend(found);
    }

    /// The columns in queries and expressions.
    pub(super) fn columns_of_queries(&mut self, statement: &One<'_>, uses: &Uses) {
        let start = statement.raw.range().start;
        for used in &uses.columns {
            let name = moved(
                &Name {
                    parts: vec![used.name.clone()],
                    span: used.span.clone(),
                },
                start,
            );
            match &used.of {
                Of::Table(table) => self.columns_of(table, std::slice::from_ref(&name)),
                Of::Alias(alias, level) => self.column_of_alias(&uses.levels, alias, *level, &name),
                Of::Any { level, output } => {
                    self.column_of_any(&uses.levels, used, (*level, *output), &name);
                }
            }
        }
    }

    fn column_of_alias(&mut self, levels: &[Level], alias: &str, level: usize, name: &Name) {
        let mut at = Some(level);
        while let Some(level) = at.and_then(|at| levels.get(at)) {
            let source = level.sources.iter().find(|source| source.alias == alias);
            if let Some(source) = source {
                if let Some(table) = &source.table {
                    self.columns_of(table, std::slice::from_ref(name));
                }
                return;
            }
            at = level.outer;
        }
    }

    /// A column without a qualifier: told only where everything that it could belong to is known.
    fn column_of_any(
        &mut self,
        levels: &[Level],
        used: &ColumnUse,
        (level, output): (usize, bool),
        name: &Name,
    ) {
        let mut tables: Vec<(&Name, &Relation)> = Vec::new();
        let mut at = Some(level);
        while let Some(level) = at.and_then(|at| levels.get(at)) {
            let is_output = output && level.outputs.contains(&used.name);
            if level.open || is_output {
                return;
            }
            for source in &level.sources {
                let Some(table) = &source.table else { return };
                let Found::Here(_, relation) = self.world.find(self.scope, table) else {
                    return;
                };
                let Some(columns) = &relation.columns else {
                    return;
                };
                let there = columns
                    .get(&used.name)
                    .is_some_and(|column| !column.entry.is_gone());
                // A table's own name means its whole row.
                if there || source.alias == used.name {
                    return;
                }
                tables.push((table, relation));
            }
            at = level.outer;
        }
        let text = self.checked.text;
        // The innermost table that had it, or the only one.
        let had = tables.iter().find(|(_, relation)| {
            relation
                .columns
                .as_ref()
                .is_some_and(|columns| columns.contains_key(&used.name))
        });
        let problem = match (had, tables.as_slice()) {
            (Some((table, relation)), _) | (None, [(table, relation)]) => {
                told::column(text, table, relation, name)
            }
            (None, []) => None,
            (None, several) => {
                let shown: Vec<String> = several
                    .iter()
                    .map(|(table, _)| format!("`{}`", told::written(table)))
                    .collect();
                let title = format!("none of the tables has a column `{}`", used.name);
                Some(
                    text.error("unknown-column", title, name.span.clone())
                        .note(format!("the tables here are {}", shown.join(", "))),
                )
            }
        };
        self.found.extend(problem);
    }
}
