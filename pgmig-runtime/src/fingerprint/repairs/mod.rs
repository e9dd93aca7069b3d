//! The statements that repair a difference, where there is one way to do it and no data is lost.
//!
//! Every name is written with its schema, so that the statements need no search path. Nothing is
//! guessed: a column with the wrong type is changed only where the new type holds all values of
//! the old one, and an unexpected table or column is never dropped.

mod access;
mod alter;
mod create;

use super::description::{Description, Key, Object};
use super::naming::SchemaName;
use crate::quote::literal;

/// When in the making of a schema a statement can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// A function that needs no table and no type of the schema, and may be needed by them.
    EarlyRoutine,
    Type,
    Sequence,
    Table,
    Column,
    Routine,
    Constraint,
    Index,
    ForeignKey,
    View,
    Behaviour,
    #[default]
    Rest,
}

impl Phase {
    fn of(key: &Key, definition: Option<&str>) -> Self {
        match key.kind.as_str() {
            "enum" | "domain" | "composite type" | "range type" | "base type" | "collation" => {
                Phase::Type
            }
            "sequence" => Phase::Sequence,
            "table" | "foreign table" => Phase::Table,
            "column" => Phase::Column,
            "function" | "procedure" | "aggregate" | "operator" | "operator class" => {
                Phase::Routine
            }
            "constraint" if definition.is_some_and(|text| text.starts_with("FOREIGN KEY")) => {
                Phase::ForeignKey
            }
            "constraint" | "domain constraint" => Phase::Constraint,
            "index" => Phase::Index,
            "view" | "materialized view" => Phase::View,
            "trigger" | "rule" | "policy" | "statistics" => Phase::Behaviour,
            _ => Phase::Rest,
        }
    }
}

/// The statements for one difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repair {
    pub(crate) phase: Phase,
    pub(crate) statements: Vec<String>,
    /// How many of the statements, from the end, need objects of other differences: a foreign key
    /// the other table, an owned sequence its column.
    pub(crate) late: usize,
}

/// Makes the statements that turn the actual schema into the expected one.
pub(crate) struct Repairs<'a> {
    expected: &'a Description,
    actual: &'a Description,
    /// Whether the expected schema's name is one of its objects' too, so that a word in a
    /// definition may mean either.
    ambiguous: bool,
}

impl<'a> Repairs<'a> {
    pub(crate) fn new(expected: &'a Description, actual: &'a Description) -> Self {
        let name = expected.name.quoted();
        let ambiguous = expected.objects.keys().any(|key| key.name == name);
        Repairs {
            expected,
            actual,
            ambiguous,
        }
    }

    /// For an object that does not exist.
    pub(crate) fn missing(&self, key: &Key, object: &Object) -> Repair {
        let Some((mut statements, late)) = self.create_whole(key, object) else {
            return self.repair(key, object, None);
        };
        let count = late.len();
        statements.extend(late);
        Repair {
            late: count,
            ..self.repair(key, object, Some(statements))
        }
    }

    /// For an object that should not exist.
    pub(crate) fn unexpected(&self, key: &Key) -> Repair {
        let statements = self.drop(key).map(|statement| vec![statement]);
        Repair {
            phase: Phase::of(key, None),
            statements: statements.unwrap_or_default(),
            late: 0,
        }
    }

    /// For an attribute that has another value.
    pub(crate) fn different(
        &self,
        key: &Key,
        attribute: &str,
        expected: &Object,
        actual: &Object,
    ) -> Repair {
        self.repair(key, expected, self.alter(key, attribute, expected, actual))
    }

    fn repair(&self, key: &Key, object: &Object, statements: Option<Vec<String>>) -> Repair {
        let phase = match Phase::of(key, object.get("definition")) {
            Phase::Routine if self.is_early(key, object) => Phase::EarlyRoutine,
            phase => phase,
        };
        Repair {
            phase,
            statements: statements.unwrap_or_default(),
            late: 0,
        }
    }

    /// Whether a function can be made before the tables: its head names nothing of the schema but
    /// itself, and its body is not checked when it is made (PL/pgSQL) or has no table's name.
    fn is_early(&self, key: &Key, object: &Object) -> bool {
        let Some((head, body)) = object
            .get("definition")
            .and_then(|text| text.split_once("\nAS $"))
        else {
            return false;
        };
        let qualifier = format!("{}.", self.expected.name.quoted());
        let names_a_relation = || {
            let mut relations = self.expected.objects.keys().filter(|key| {
                matches!(
                    key.kind.as_str(),
                    "table" | "view" | "materialized view" | "foreign table"
                )
            });
            relations.any(|relation| body.contains(&relation.name))
        };
        key.kind != "aggregate"
            && head.matches(&qualifier).count() == 1
            && (head.contains("\n LANGUAGE plpgsql") || !names_a_relation())
    }

    fn schema(&self) -> &SchemaName {
        &self.actual.name
    }

    /// A name in the actual schema, as SQL.
    fn name(&self, name: &str) -> String {
        format!("{}.{name}", self.schema().quoted())
    }

    /// SQL of the expected schema for the actual one; `None` where that cannot be told.
    fn sql(&self, text: &str) -> Option<String> {
        if self.ambiguous && self.expected.name.is_ambiguous_in(text) {
            return None;
        }
        Some(self.expected.name.replaced_in(text, self.schema()))
    }

    /// The table, view or domain that the object is a part of.
    fn parent(&self, key: &Key) -> String {
        self.name(key.parent.as_deref().unwrap_or_default())
    }

    /// The words after DROP, ALTER and COMMENT ON that name the object.
    fn address(&self, key: &Key) -> Option<String> {
        let word = match key.kind.as_str() {
            "column" => return Some(format!("COLUMN {}.{}", self.parent(key), key.name)),
            "constraint" => {
                return Some(format!("CONSTRAINT {} ON {}", key.name, self.parent(key)));
            }
            "domain constraint" => {
                return Some(format!(
                    "CONSTRAINT {} ON DOMAIN {}",
                    key.name,
                    self.parent(key)
                ));
            }
            "trigger" | "rule" | "policy" => {
                return Some(format!(
                    "{} {} ON {}",
                    key.kind.to_uppercase(),
                    key.name,
                    self.parent(key)
                ));
            }
            "function" | "procedure" | "aggregate" => {
                return Some(format!(
                    "{} {}",
                    key.kind.to_uppercase(),
                    self.name(&self.sql(&key.name)?)
                ));
            }
            "enum" | "composite type" | "range type" | "base type" => "TYPE",
            "table" => "TABLE",
            "foreign table" => "FOREIGN TABLE",
            "view" => "VIEW",
            "materialized view" => "MATERIALIZED VIEW",
            "index" => "INDEX",
            "sequence" => "SEQUENCE",
            "domain" => "DOMAIN",
            "statistics" => "STATISTICS",
            _ => return None,
        };
        Some(format!("{word} {}", self.name(&key.name)))
    }

    /// DROP, for what holds no data and can be made again.
    fn drop(&self, key: &Key) -> Option<String> {
        match key.kind.as_str() {
            "constraint" => Some(format!(
                "ALTER TABLE {} DROP CONSTRAINT {}",
                self.parent(key),
                key.name
            )),
            "domain constraint" => Some(format!(
                "ALTER DOMAIN {} DROP CONSTRAINT {}",
                self.parent(key),
                key.name
            )),
            "function" | "procedure" => Some(format!(
                "DROP {} {}",
                key.kind.to_uppercase(),
                self.name(&key.name)
            )),
            "index" | "view" | "trigger" | "rule" | "policy" | "statistics" => {
                Some(format!("DROP {}", self.address(key)?))
            }
            _ => None,
        }
    }

    /// COMMENT ON, with NULL for none.
    fn comment(&self, key: &Key, comment: Option<&str>) -> Option<String> {
        let text = comment.map_or("NULL".to_owned(), literal);
        Some(format!("COMMENT ON {} IS {text}", self.address(key)?))
    }
}

/// `a=1, b=2` of a relation's or column's options as pairs.
fn options(list: Option<&str>) -> Vec<(&str, &str)> {
    let list = list.into_iter().flat_map(|list| list.split(", "));
    list.filter_map(|option| option.split_once('=')).collect()
}

/// Options as they stand between parentheses.
fn option_list<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{name} = {}", literal(value)));
    pairs.collect::<Vec<_>>().join(", ")
}
