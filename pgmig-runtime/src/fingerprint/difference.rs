//! A difference, in words.

use std::fmt;

use super::description::{Description, Key};
use super::repairs::{Phase, Repair};

/// One difference between what a schema should be and what it is.
///
/// `Display` tells it in one line: `column invoices.total is integer, expected bigint`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Difference {
    /// `table`, `column`, `index`, ...
    pub kind: String,
    /// The object's name, quoted as in SQL: `invoices.total`.
    pub object: String,
    /// What is different.
    pub change: Change,
    /// The statements that repair it, in order; empty where there is more than one way, or where
    /// data could be lost. They name the schema; only the body of an SQL function needs it to be
    /// first on the search path, as its migration did.
    pub repair: Vec<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) phase: Phase,
    #[cfg_attr(feature = "serde", serde(skip))]
    late: usize,
    /// What follows the object's name when it is told.
    #[cfg_attr(feature = "serde", serde(skip))]
    words: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) table: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) name: String,
}

/// What is different about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "change", rename_all = "kebab-case")
)]
pub enum Change {
    /// It does not exist.
    Missing,
    /// It should not exist.
    Unexpected,
    /// It has another value in one attribute.
    Different {
        /// The attribute.
        attribute: String,
        /// What it should be; `None` is PostgreSQL's default, or nothing.
        expected: Option<String>,
        /// What it is.
        actual: Option<String>,
    },
}

impl Difference {
    pub(crate) fn new(actual: &Description, key: &Key, change: Change, repair: Repair) -> Self {
        let object = actual.name.left_out_of(&key.display());
        let words = words(actual, key, &change);
        Difference {
            kind: key.kind.clone(),
            object,
            change,
            table: key.parent.clone(),
            name: key.name.clone(),
            repair: repair.statements,
            phase: repair.phase,
            late: repair.late,
            words,
        }
    }

    /// The order to tell them in: as one would build the schema.
    pub(crate) fn order(&self) -> (Phase, String, String) {
        (self.phase, self.object.clone(), self.words.clone())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.object.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}{}", self.kind, self.object, self.words)
    }
}

/// What follows the object's name.
fn words(actual: &Description, key: &Key, change: &Change) -> String {
    let (attribute, expected, found) = match change {
        Change::Missing => return " missing".to_owned(),
        Change::Unexpected => return " unexpected".to_owned(),
        Change::Different {
            attribute,
            expected,
            actual,
        } => (attribute.as_str(), expected, actual),
    };
    let read = |value: &Option<String>| match value {
        Some(value) => actual.name.left_out_of(value),
        None => default_of(attribute).to_owned(),
    };
    let (expected, found) = (read(expected), read(found));
    if let Some(line) = differing_line(&found, &expected) {
        return format!(": {attribute} differs in {line}");
    }
    match attribute {
        "type" | "nullability" | "validity" | "persistence" => {
            format!(" is {found}, expected {expected}")
        }
        "definition" if key.kind == "index" => format!(" is {found}, expected {expected}"),
        "definition" => format!(" is {found}, expected {expected}"),
        _ => format!(": {attribute} is {found}, expected {expected}"),
    }
}

/// What PostgreSQL does where an attribute is not set.
fn default_of(attribute: &str) -> &'static str {
    match attribute {
        "nullability" => "nullable",
        "validity" => "valid",
        "row security" | "forced row security" => "disabled",
        "firing" | "enforcement" => "enabled",
        "storage" | "compression" | "collation" | "access method" | "replica identity"
        | "statistics" | "target" => "the default",
        _ => "none",
    }
}

/// Where one of two texts has several lines: the first line that differs, with both forms.
fn differing_line(found: &str, expected: &str) -> Option<String> {
    if !found.contains('\n') && !expected.contains('\n') {
        return None;
    }
    let (mut left, mut right) = (found.lines(), expected.lines());
    let mut number = 1;
    loop {
        let (found, expected) = (left.next(), right.next());
        if found.is_none() && expected.is_none() {
            return None;
        }
        if found != expected {
            let shown = |line: Option<&str>| {
                line.map_or("absent".to_owned(), |line| format!("`{}`", line.trim()))
            };
            return Some(format!(
                "line {number}: {}, expected {}",
                shown(found),
                shown(expected)
            ));
        }
        number += 1;
    }
}

/// All differences of one schema.
///
/// `Display` tells them in one line: `tenant_x: index invoices_due_idx missing; column
/// invoices.total is integer, expected bigint`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Drift {
    /// The schema.
    pub schema: String,
    /// What is different, as one would build the schema: types, tables, columns, ...
    pub differences: Vec<Difference>,
}

impl Drift {
    /// What is different in `actual`; `None` when nothing is.
    pub fn between(expected: &Description, actual: &Description) -> Option<Self> {
        let differences = expected.diff(actual);
        (!differences.is_empty()).then(|| Drift {
            schema: actual.schema().to_owned(),
            differences,
        })
    }

    /// The statements that repair all that can be repaired mechanically, in an order that works:
    /// what should not be there goes first, so that its name and place are free.
    pub fn repair(&self) -> Vec<&str> {
        repair(&self.differences)
    }

    /// Whether [`repair`](Self::repair) repairs everything.
    pub fn is_repairable(&self) -> bool {
        self.differences
            .iter()
            .all(|difference| !difference.repair.is_empty())
    }
}

/// The statements of several differences, in an order that works.
pub(crate) fn repair(differences: &[Difference]) -> Vec<&str> {
    let (mut drops, mut first, mut last, mut routines) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for difference in differences {
        let statements = difference.repair.iter().map(String::as_str);
        match (&difference.change, difference.phase) {
            // Something that is repaired may still call it.
            (Change::Unexpected, Phase::Routine) => routines.extend(statements),
            (Change::Unexpected, _) => drops.extend(statements),
            _ => {
                let (now, late) = difference
                    .repair
                    .split_at(difference.repair.len() - difference.late);
                first.extend(now.iter().map(String::as_str));
                last.extend(late.iter().map(String::as_str));
            }
        }
    }
    drops.reverse();
    [drops, first, last, routines].concat()
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.schema)?;
        for (index, difference) in self.differences.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{difference}")?;
        }
        Ok(())
    }
}
