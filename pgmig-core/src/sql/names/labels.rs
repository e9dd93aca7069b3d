//! Enum values that are used in the transaction that adds them.

use std::ops::Range;

use super::world::{Found, World};
use crate::Problem;
use crate::sql::check::{Checked, One};
use crate::sql::cursor::{Cursor, Name, fold};
use crate::sql::ddl::{Act, Change, Column, ColumnConstraint};
use crate::sql::squawk::query::Uses;
use crate::sql::token::{Token, TokenKind};

/// The values that a script has added so far, each with its type. Before PostgreSQL 17 those of a
/// type that the script created are no exception.
#[derive(Debug, Default)]
pub(super) struct Labels {
    added: Vec<(String, String)>,
}

impl Labels {
    /// Takes in what a statement does.
    pub(super) fn note(&mut self, change: &Change) {
        let Change::Alter(alter) = change else {
            return;
        };
        for action in &alter.actions {
            // With `IF NOT EXISTS` it may have been there before.
            if let Act::AddValue {
                label,
                if_not_exists: false,
                ..
            } = &action.act
            {
                let ty = alter.name.last().to_owned();
                self.added.push((ty, label.clone()));
            }
        }
    }

    /// Tells of a value that a statement uses too early.
    pub(super) fn check(
        &self,
        world: &World,
        checked: &Checked<'_>,
        statement: &One<'_>,
        uses: &Uses,
    ) -> Option<Problem> {
        if !checked.script.transactional {
            return None;
        }
        self.added.iter().find_map(|(ty, label)| {
            let search = Search {
                world,
                checked,
                statement,
                uses,
                ty,
                written: format!("'{}'", label.replace('\'', "''")),
            };
            let span = search.span()?;
            let title = format!("`{label}` is used in the transaction that adds it");
            Some(
                checked
                    .text
                    .error("enum-value-used", title, span)
                    .note("PostgreSQL takes a new enum value only once it has been committed")
                    .help("use it in a migration of its own; pgmig commits in between"),
            )
        })
    }
}

/// The search for one value in one statement.
struct Search<'a> {
    world: &'a World,
    checked: &'a Checked<'a>,
    statement: &'a One<'a>,
    uses: &'a Uses,
    ty: &'a str,
    written: String,
}

impl Search<'_> {
    fn text(&self, token: Token) -> &str {
        &self.checked.text.masked[token.range()]
    }

    /// The place where the value is certainly used as one of its type.
    fn span(&self) -> Option<Range<usize>> {
        let tokens = &self.statement.raw.tokens;
        let mut places = tokens.iter().enumerate().filter(|(_, token)| {
            token.kind == TokenKind::String && self.text(**token) == self.written
        });
        let found = places.find(|(at, token)| {
            self.is_cast(*at) || self.is_default(token.range()) || self.is_compared(*at)
        });
        found
            .map(|(_, token)| token.range())
            .or_else(|| self.inserted())
    }

    /// `'value'::type`, `CAST('value' AS type)`.
    fn is_cast(&self, at: usize) -> bool {
        let tokens = &self.statement.raw.tokens;
        let mut cursor = Cursor::new(self.checked.text.masked, &tokens[at + 1..]);
        (cursor.eat(&["::"]) || cursor.eat(&["AS"]))
            && cursor.name().is_some_and(|name| name.last() == self.ty)
    }

    /// The default of a column of the type.
    fn is_default(&self, place: Range<usize>) -> bool {
        let within = |range: &Range<usize>| range.start <= place.start && place.end <= range.end;
        let of_column = |column: &Column| {
            column.ty.last() == self.ty
                && column.constraints.iter().any(|constraint| {
                    matches!(constraint, ColumnConstraint::Default(range) if within(range))
                })
        };
        match &self.statement.change {
            Change::CreateTable(table) => table.columns.iter().any(of_column),
            Change::Alter(alter) => alter.actions.iter().any(|action| match &action.act {
                Act::AddColumn { column, .. } => of_column(column),
                Act::SetDefault(column, range) => {
                    within(range) && self.has_type(&alter.name, column.last())
                }
                _ => false,
            }),
            _ => false,
        }
    }

    /// `column = 'value'`, in `SET` and in conditions.
    fn is_compared(&self, at: usize) -> bool {
        let tokens = &self.statement.raw.tokens;
        let Some((column, operator)) = at
            .checked_sub(2)
            .and_then(|column| Some((tokens.get(column)?, tokens.get(column + 1)?)))
        else {
            return false;
        };
        let operator = self.text(*operator);
        let name = matches!(column.kind, TokenKind::Word | TokenKind::Quoted);
        name && matches!(operator, "=" | "<>" | "!=") && {
            let column = fold(self.text(*column));
            let tables = &self.uses.relations;
            tables.iter().any(|used| self.has_type(&used.name, &column))
        }
    }

    /// `INSERT INTO t (a, b) VALUES (1, 'value')`.
    fn inserted(&self) -> Option<Range<usize>> {
        let mut cursor = Cursor::new(self.checked.text.masked, &self.statement.raw.tokens);
        if !cursor.eat(&["INSERT", "INTO"]) {
            return None;
        }
        let table = cursor.name()?;
        let mut columns = Vec::new();
        let mut list = cursor.parens()?;
        while !list.done() {
            columns.extend(list.word().map(|name| name.last().to_owned()));
            list.item();
            list.eat(&[","]);
        }
        if !cursor.eat(&["VALUES"]) {
            return None;
        }
        while let Some(mut row) = cursor.parens() {
            for column in &columns {
                let place = row.item();
                row.eat(&[","]);
                let value = &self.checked.text.masked[place.clone()];
                if value == self.written && self.has_type(&table, column) {
                    return Some(place);
                }
            }
            cursor.eat(&[","]);
        }
        None
    }

    fn has_type(&self, table: &Name, column: &str) -> bool {
        let Found::Here(_, relation) = self.world.find(self.checked.scope, table) else {
            return false;
        };
        relation
            .columns
            .as_ref()
            .and_then(|columns| columns.get(column))
            .is_some_and(|column| column.ty == self.ty)
    }
}
