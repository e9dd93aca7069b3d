//! All facts of a schema, object by object.

use std::collections::BTreeMap;

use super::naming::SchemaName;
use crate::quote::literal;

/// One line about one object of a schema.
///
/// Names are quoted as in SQL, where they need it; a value that is a definition names objects with
/// their schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Fact {
    /// `table`, `column`, `index`, ...
    pub kind: String,
    /// The table, view or domain that it is a part of.
    pub parent: Option<String>,
    /// Its name; that of a function with the types of its arguments.
    pub name: String,
    /// `type`, `default`, `definition`, ...
    pub attribute: String,
    /// The value.
    pub value: String,
}

/// All facts of a schema. Made by [`describe`](super::describe).
#[derive(Clone, Debug)]
pub struct Description {
    schema: String,
    pub(crate) name: SchemaName,
    pub(crate) objects: BTreeMap<Key, Object>,
    /// Whether the positions of columns are compared; they are always known.
    pub(crate) column_order: bool,
}

/// What an object is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) parent: Option<String>,
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(kind: &str, parent: Option<&str>, name: &str) -> Self {
        Key {
            kind: kind.to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// The name for reading: `invoices.total`; an index has a name of its own.
    pub(crate) fn display(&self) -> String {
        match &self.parent {
            Some(parent) if self.kind != "index" => format!("{parent}.{}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// The attributes of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) attributes: BTreeMap<String, Value>,
}

/// A value as it is, and in the form that is compared.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) canonical: String,
}

impl Object {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes
            .get(attribute)
            .map(|value| value.text.as_str())
    }
}

impl Description {
    pub(crate) fn new(schema: String, quoted: &str, column_order: bool) -> Self {
        Description {
            column_order,
            name: SchemaName::new(&schema, quoted),
            schema,
            objects: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, fact: Fact, canonical: String) {
        let key = Key {
            parent: fact.parent,
            kind: fact.kind,
            name: fact.name,
        };
        let value = Value {
            text: fact.value,
            canonical,
        };
        let object = self.objects.entry(key).or_default();
        object.attributes.insert(fact.attribute, value);
    }

    /// The schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Whether the schema has no object, or does not exist.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The facts.
    pub fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        self.objects.iter().flat_map(|(key, object)| {
            object.attributes.iter().map(|(attribute, value)| Fact {
                kind: key.kind.clone(),
                parent: key.parent.clone(),
                name: key.name.clone(),
                attribute: attribute.clone(),
                value: value.text.clone(),
            })
        })
    }

    pub(crate) fn get(&self, kind: &str, parent: Option<&str>, name: &str) -> Option<&Object> {
        self.objects.get(&Key::new(kind, parent, name))
    }

    /// Sets the labels of an enum. True when it had others.
    pub(crate) fn set_labels(&mut self, name: &str, labels: &[String]) -> bool {
        let quoted = |key: &&Key| {
            key.kind == "enum" && key.name.trim_matches('"').replace("\"\"", "\"") == name
        };
        let Some(key) = self.objects.keys().find(quoted).cloned() else {
            return false;
        };
        let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
        let text = labels.join(", ");
        let value = self
            .objects
            .get_mut(&key)
            .and_then(|object| object.attributes.get_mut("labels"));
        match value {
            Some(value) if value.text != text => {
                value.canonical.clone_from(&text);
                value.text = text;
                true
            }
            _ => false,
        }
    }

    /// The tables of this schema that a table is a child of, each with the bounds of a partition.
    pub(crate) fn parents(&self, table: &str) -> Vec<(String, Option<String>)> {
        let Some(object) = self.get("table", None, table) else {
            return Vec::new();
        };
        let partition = object.get("partition of");
        let inherited: Vec<&str> = object
            .get("inherits")
            .into_iter()
            .flat_map(|list| list.split(", "))
            .collect();
        let tables = self.objects.keys().filter(|key| key.kind == "table");
        let parents = tables.filter_map(|key| {
            let qualified = format!("{}.{}", self.name.quoted(), key.name);
            let bounds =
                partition.and_then(|text| text.strip_prefix(&qualified)?.strip_prefix(' '));
            let is_parent = bounds.is_some() || inherited.contains(&qualified.as_str());
            is_parent.then(|| (key.name.clone(), bounds.map(str::to_owned)))
        });
        parents.collect()
    }

    /// What is a part of the object: a table's columns and constraints, a domain's constraints.
    pub(crate) fn parts<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        self.objects
            .iter()
            .filter(move |(key, _)| key.parent.as_deref() == Some(name))
    }
}
