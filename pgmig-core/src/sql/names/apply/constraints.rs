//! Foreign keys and checks of a table.

use crate::sql::ddl::{Column, ColumnConstraint, Constraint, ConstraintRule};
use crate::sql::names::world::{Check, Relation};
use crate::sql::token::{Lexer, Token};

/// Adds those of a column.
pub(super) fn of_column(relation: &mut Relation, table: &str, column: &Column) {
    for constraint in &column.constraints {
        if let ColumnConstraint::References { table: other, .. } = constraint {
            let name = format!("{table}_{}_fkey", column.name.last());
            relation.references.push((name, other.clone()));
        }
    }
}

/// Adds one of the whole table.
pub(super) fn of_table(relation: &mut Relation, table: &str, constraint: &Constraint, text: &str) {
    let name = constraint.name.as_ref().map(|name| name.last().to_owned());
    match &constraint.rule {
        ConstraintRule::ForeignKey {
            columns,
            table: other,
            ..
        } => {
            let column = columns.first().map_or("", |column| column.last());
            let name = name.unwrap_or_else(|| format!("{table}_{column}_fkey"));
            relation.references.push((name, other.clone()));
        }
        ConstraintRule::Check(condition) => relation.checks.push(Check {
            name,
            not_null: not_null(&text[condition.clone()]),
            valid: !constraint.not_valid,
        }),
        _ => {}
    }
}

/// A check holds for all rows from now on.
pub(super) fn validated(relation: &mut Relation, name: &str) {
    for check in &mut relation.checks {
        check.valid |= check.name.as_deref() == Some(name);
    }
}

/// A constraint is gone.
pub(super) fn dropped(relation: &mut Relation, name: &str) {
    relation.references.retain(|(other, _)| other != name);
    relation
        .checks
        .retain(|check| check.name.as_deref() != Some(name));
}

/// The column in `(column IS NOT NULL)`.
fn not_null(condition: &str) -> Option<String> {
    let tokens: Vec<Token> = Lexer::new(condition)
        .filter(|token| !token.is_trivia())
        .collect();
    let words: Vec<&str> = tokens
        .iter()
        .map(|token| &condition[token.range()])
        .filter(|word| *word != "(" && *word != ")")
        .collect();
    let [column, is, not, null] = words.as_slice() else {
        return None;
    };
    let matches = is.eq_ignore_ascii_case("is")
        && not.eq_ignore_ascii_case("not")
        && null.eq_ignore_ascii_case("null");
    matches.then(|| crate::sql::cursor::fold(column))
}
