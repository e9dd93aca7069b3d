//! Columns and constraints.

use std::ops::Range;

use super::{Column, ColumnConstraint, Constraint, ConstraintRule, names_in_parens};
use crate::sql::cursor::{Cursor, Name};

/// Words that begin a constraint of a whole table.
const TABLE_CONSTRAINTS: &[&str] = &[
    "CONSTRAINT",
    "CHECK",
    "UNIQUE",
    "PRIMARY",
    "FOREIGN",
    "EXCLUDE",
];

/// Words that begin a constraint of a column, so that what is before them is the type.
const COLUMN_CONSTRAINTS: &[&str] = &[
    "CONSTRAINT",
    "NOT",
    "NULL",
    "CHECK",
    "DEFAULT",
    "GENERATED",
    "UNIQUE",
    "PRIMARY",
    "REFERENCES",
    "COLLATE",
    "DEFERRABLE",
    "INITIALLY",
    "STORAGE",
    "COMPRESSION",
    "OPTIONS",
    "ENFORCED",
];

/// Whether a constraint of a table comes next, and no column.
pub(super) fn at_table_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.at_any(TABLE_CONSTRAINTS) || cursor.at(&["NOT", "NULL"])
}

/// A type: its name without modifiers, whether it is an array. Stops behind it.
pub(super) fn type_name(cursor: &mut Cursor<'_>) -> (Name, bool) {
    cursor.eat(&["SETOF"]);
    let Some(mut name) = cursor.name() else {
        return (Name::default(), false);
    };
    let more: &[&[&str]] = &[
        &["PRECISION"],
        &["VARYING"],
        &["WITH", "TIME", "ZONE"],
        &["WITHOUT", "TIME", "ZONE"],
    ];
    let mut array = false;
    loop {
        if cursor.skip_parens() {
            continue;
        }
        if let Some(words) = more.iter().find(|words| cursor.eat(words)) {
            let written = name.parts.pop().unwrap_or_default();
            let words = words.join(" ").to_ascii_lowercase();
            name.parts.push(format!("{written} {words}"));
        } else if cursor.eat(&["ARRAY"]) {
            array = true;
        } else if cursor.eat(&["["]) {
            array = true;
            while !cursor.done() && !cursor.eat(&["]"]) {
                cursor.bump();
            }
        } else {
            return (name, array);
        }
    }
}

/// A column with its type and constraints. Stops at the `,` or `)` behind it.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Option<Column> {
    let start = cursor.start();
    let name = cursor.word()?;
    let mut column = Column {
        name,
        ..Column::default()
    };
    if !cursor.at_any(COLUMN_CONSTRAINTS) && !cursor.at_any(&[",", ")"]) {
        let start = cursor.start();
        (column.ty, column.array) = type_name(cursor);
        column.written = cursor.since(start);
    }
    while !cursor.done() && !cursor.at_any(&[",", ")"]) {
        constraint_of_column(cursor, &mut column.constraints);
    }
    column.span = cursor.since(start);
    Some(column)
}

/// Passes one constraint of a column, or a word that belongs to none.
fn constraint_of_column(cursor: &mut Cursor<'_>, found: &mut Vec<ColumnConstraint>) {
    if cursor.eat(&["CONSTRAINT"]) {
        let _ = cursor.word();
    } else if cursor.eat(&["NOT", "NULL"]) {
        found.push(ColumnConstraint::NotNull);
    } else if cursor.eat(&["PRIMARY", "KEY"]) {
        found.push(ColumnConstraint::PrimaryKey);
    } else if cursor.eat(&["UNIQUE"]) {
        found.push(ColumnConstraint::Unique);
    } else if cursor.eat(&["DEFAULT"]) {
        found.push(ColumnConstraint::Default(value(cursor)));
    } else if cursor.eat(&["CHECK"]) {
        found.push(ColumnConstraint::Check(in_parens(cursor)));
    } else if cursor.eat(&["REFERENCES"]) {
        if let Some(table) = cursor.name() {
            let columns = names_in_parens(cursor);
            found.push(ColumnConstraint::References { table, columns });
        }
        actions_of_reference(cursor);
    } else if cursor.eat(&["GENERATED"]) {
        let _ = cursor.eat(&["ALWAYS"]) || cursor.eat(&["BY", "DEFAULT"]);
        cursor.eat(&["AS"]);
        if cursor.eat(&["IDENTITY"]) {
            found.push(ColumnConstraint::Identity);
        } else {
            cursor.skip_parens();
            let stored = cursor.eat(&["STORED"]);
            found.push(ColumnConstraint::Generated { stored });
        }
    } else if !cursor.skip_parens() {
        cursor.bump();
    }
}

/// `ON DELETE SET DEFAULT` is no default of the column.
fn actions_of_reference(cursor: &mut Cursor<'_>) {
    loop {
        if cursor.eat(&["MATCH"]) || cursor.eat(&["NOT", "DEFERRABLE"]) {
            cursor.eat_any(&["FULL", "PARTIAL", "SIMPLE"]);
        } else if cursor.eat(&["ON"]) {
            cursor.bump();
            if cursor.eat(&["SET"]) {
                cursor.bump();
                cursor.skip_parens();
            } else {
                cursor.eat(&["NO"]);
                cursor.bump();
            }
        } else {
            return;
        }
    }
}

/// The bytes of an expression: up to the next constraint or the end of the column.
fn value(cursor: &mut Cursor<'_>) -> Range<usize> {
    let start = cursor.start();
    if !cursor.skip_parens() {
        // `DEFAULT NULL` is a value that looks like a constraint.
        cursor.bump();
    }
    let mut brackets = 0usize;
    while !cursor.done() {
        if cursor.at(&["["]) {
            brackets += 1;
        } else if cursor.at(&["]"]) {
            brackets = brackets.saturating_sub(1);
        } else if brackets == 0 && (cursor.at_any(&[",", ")"]) || cursor.at_any(COLUMN_CONSTRAINTS))
        {
            break;
        }
        if !cursor.skip_parens() {
            cursor.bump();
        }
    }
    cursor.since(start)
}

fn in_parens(cursor: &mut Cursor<'_>) -> Range<usize> {
    let start = cursor.start();
    cursor.skip_parens();
    cursor.since(start)
}

/// A constraint of a table. Stops at the `,` or `)` behind it.
pub(super) fn constraint(cursor: &mut Cursor<'_>) -> Option<Constraint> {
    let start = cursor.start();
    let name = if cursor.eat(&["CONSTRAINT"]) {
        cursor.word()
    } else {
        None
    };
    let rule = rule(cursor)?;
    let mut not_valid = false;
    while !cursor.done() && !cursor.at_any(&[",", ")"]) {
        if cursor.eat(&["NOT", "VALID"]) {
            not_valid = true;
        } else if !cursor.skip_parens() {
            cursor.bump();
        }
    }
    Some(Constraint {
        name,
        rule,
        not_valid,
        span: cursor.since(start),
    })
}

fn rule(cursor: &mut Cursor<'_>) -> Option<ConstraintRule> {
    if cursor.eat(&["CHECK"]) {
        return Some(ConstraintRule::Check(in_parens(cursor)));
    }
    if cursor.eat(&["FOREIGN", "KEY"]) {
        let columns = names_in_parens(cursor);
        cursor.eat(&["REFERENCES"]).then_some(())?;
        let table = cursor.name()?;
        let referenced = names_in_parens(cursor);
        actions_of_reference(cursor);
        return Some(ConstraintRule::ForeignKey {
            columns,
            table,
            referenced,
        });
    }
    if cursor.eat(&["NOT", "NULL"]) {
        return cursor.word().map(ConstraintRule::NotNull);
    }
    if cursor.eat(&["EXCLUDE"]) {
        return Some(ConstraintRule::Exclude);
    }
    let primary = cursor.eat(&["PRIMARY", "KEY"]);
    if !primary && !cursor.eat(&["UNIQUE"]) {
        return None;
    }
    let _ = cursor.eat(&["NULLS", "NOT", "DISTINCT"]) || cursor.eat(&["NULLS", "DISTINCT"]);
    let using_index = if cursor.eat(&["USING", "INDEX"]) {
        cursor.word()
    } else {
        None
    };
    let columns = if using_index.is_none() {
        names_in_parens(cursor)
    } else {
        Vec::new()
    };
    Some(ConstraintRule::Key {
        primary,
        columns,
        using_index,
    })
}
