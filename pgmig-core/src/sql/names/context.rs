//! What a lint may ask about the statement at hand and the state before it.

use std::collections::HashSet;
use std::ops::Range;

use super::code;
use super::world::{Found, Relation, World};
use crate::lint::Rule;
use crate::sql::body::{self, Language};
use crate::sql::check::{Checked, One};
use crate::sql::cursor::{Cursor, Name};
use crate::sql::ddl::{Action, Alter, Change, Kind};
use crate::sql::slot::STAND_IN;
use crate::{Problem, Scope};

/// A statement of a draft, before it runs.
pub(crate) struct Context<'a> {
    pub(super) world: &'a World,
    /// The tables that this script created before this statement.
    pub(super) fresh: &'a HashSet<String>,
    /// The script.
    pub(crate) checked: &'a Checked<'a>,
    /// The statement.
    pub(crate) statement: &'a One<'a>,
}

impl<'a> Context<'a> {
    /// What is said of a place in the statement.
    pub(crate) fn problem(&self, rule: &Rule, title: String, span: Range<usize>) -> Problem {
        let problem = self.checked.text.error(rule.name, title, span);
        match rule.lock {
            Some(lock) => problem.note(format!("takes the lock {lock}: {}", effect(lock))),
            None => problem,
        }
    }

    /// The statement's tokens.
    pub(crate) fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.checked.text.masked, &self.statement.raw.tokens)
    }

    /// The text of a place in the script.
    pub(crate) fn text(&self, span: &Range<usize>) -> &'a str {
        &self.checked.text.masked[span.clone()]
    }

    /// The bytes of the statement's first words, as many as its kind has.
    pub(crate) fn head(&self) -> Range<usize> {
        let words = self.statement.facts.kind.split(' ').count();
        let tokens = &self.statement.raw.tokens;
        let last = tokens.get(words - 1).or(tokens.last());
        self.statement.raw.range().start..last.map_or(0, |token| token.end)
    }

    /// Whether the same script created the table, so that nobody uses it yet.
    pub(crate) fn is_new(&self, table: &Name) -> bool {
        self.is_new_name(table.last())
    }

    /// The same by its name alone.
    pub(crate) fn is_new_name(&self, table: &str) -> bool {
        self.fresh.contains(table) || self.world.temporary.contains_key(table)
    }

    /// What a rule finds in each thing that is done to a table that was there before the migration.
    pub(crate) fn each_action(
        &self,
        find: impl Fn(&Alter, &Action) -> Option<Problem>,
    ) -> Vec<Problem> {
        match &self.statement.change {
            Change::Alter(alter)
                if matches!(
                    alter.kind,
                    Kind::Table | Kind::ForeignTable | Kind::MaterializedView
                ) && !self.is_new(&alter.name) =>
            {
                let actions = alter.actions.iter();
                actions.filter_map(|action| find(alter, action)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn relation(&self, table: &Name) -> Option<&Relation> {
        match self.world.find(self.checked.scope, table) {
            Found::Here(_, relation) => Some(relation),
            _ => None,
        }
    }

    /// A column's type as it was written, where it is known.
    pub(crate) fn column_type(&self, table: &Name, column: &Name) -> Option<&str> {
        let columns = self.relation(table)?.columns.as_ref()?;
        let column = columns.get(column.last())?;
        (!column.written.is_empty()).then_some(column.written.as_str())
    }

    /// Whether a check that holds for all rows says that the column is not null.
    pub(crate) fn is_checked_not_null(&self, table: &Name, column: &Name) -> bool {
        self.relation(table).is_some_and(|relation| {
            let checks = relation.checks.iter();
            checks
                .filter(|check| check.valid)
                .any(|check| check.not_null.as_deref() == Some(column.last()))
        })
    }

    /// Whether the table has a check that holds for all rows.
    pub(crate) fn has_check(&self, table: &Name) -> bool {
        self.relation(table)
            .is_some_and(|relation| relation.checks.iter().any(|check| check.valid))
    }

    /// The tables of `public` to which a tenant's table has foreign keys, with the constraints.
    pub(crate) fn references_to_public(&self, table: &Name) -> Vec<(String, String)> {
        let references = self.relation(table).map(|relation| &relation.references);
        references
            .into_iter()
            .flatten()
            .filter(|(_, other)| self.is_public(other))
            .map(|(name, other)| (name.clone(), other.last().to_owned()))
            .collect()
    }

    /// Whether a `DO` block runs SQL that is put together while it runs and may change the schema.
    pub(crate) fn runs_unknown_sql(&self) -> bool {
        let text = self.checked.text.masked;
        let body = body::body(text, self.statement.raw);
        body.is_none_or(|body| {
            body.language != Language::Plpgsql || code::effect(&text[body.range]).dynamic
        })
    }

    /// Whether a tenant's migration means a table of `public`.
    pub(crate) fn is_public(&self, table: &Name) -> bool {
        if self.checked.scope != Scope::Tenant {
            return false;
        }
        match table.schema() {
            Some(schema) => schema == "public",
            None => match self.world.find(Scope::Tenant, table) {
                Found::Here(key, _) => key.schema != STAND_IN,
                _ => false,
            },
        }
    }
}

/// What a lock keeps others from (Explicit Locking, "Table-Level Locks").
fn effect(lock: &str) -> &'static str {
    match lock {
        "ACCESS EXCLUSIVE" => "reads and writes of the table wait",
        "SHARE ROW EXCLUSIVE" | "SHARE" | "EXCLUSIVE" => "writes to the table wait",
        _ => "other changes of the table wait",
    }
}
