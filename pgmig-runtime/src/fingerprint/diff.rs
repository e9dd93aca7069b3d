//! Compares two descriptions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::description::{Description, Key, Object, Value};
use super::difference::{Change, Difference};
use super::repairs::{Repair, Repairs};

impl Description {
    /// What is different in `actual`, object by object; `self` is what is expected.
    ///
    /// Both must have been made with the same [`FingerprintOptions`](super::FingerprintOptions).
    /// A part of a table that is missing as a whole is not told again. The names of the schemas do
    /// not count, and a text that has one of them by coincidence is no difference.
    pub fn diff(&self, actual: &Description) -> Vec<Difference> {
        let mut comparison = Comparison {
            expected: self,
            actual,
            repairs: Repairs::new(self, actual),
            differences: Vec::new(),
        };
        comparison.compare();
        let mut differences = comparison.differences;
        let families = Families::of(self, actual);
        let implied: Vec<bool> = differences
            .iter()
            .map(|it| families.imply(it, &differences))
            .collect();
        let mut implied = implied.into_iter();
        differences.retain(|_| !implied.next().unwrap_or(false));
        differences.sort_by_cached_key(Difference::order);
        differences
    }
}

/// Two descriptions, and what was found different so far.
struct Comparison<'a> {
    expected: &'a Description,
    actual: &'a Description,
    repairs: Repairs<'a>,
    differences: Vec<Difference>,
}

impl Comparison<'_> {
    fn compare(&mut self) {
        let nothing = Object::default();
        let (expected, found) = (
            keyed(self.expected, self.actual),
            keyed(self.actual, self.expected),
        );
        for (known, (key, object)) in &expected {
            match found.get(known) {
                Some((_, other)) => self.compare_attributes(key, object, other),
                None if is_implied(self.expected, &found, key) => {}
                None if is_only_attributes(key, object) => {
                    self.compare_attributes(key, object, &nothing)
                }
                None => {
                    let key = renamed(key, self.expected, self.actual);
                    let repair = self.repairs.missing(&key, object);
                    self.push(&key, Change::Missing, repair);
                }
            }
        }
        for (known, (key, object)) in &found {
            if expected.contains_key(known) || is_implied(self.actual, &expected, key) {
                continue;
            }
            if is_only_attributes(key, object) {
                self.compare_attributes(key, &nothing, object);
            } else {
                self.push(key, Change::Unexpected, self.repairs.unexpected(key));
            }
        }
    }

    fn push(&mut self, key: &Key, change: Change, repair: Repair) {
        self.differences
            .push(Difference::new(self.actual, key, change, repair));
    }

    /// Compares the attributes of an object that both sides have.
    fn compare_attributes(&mut self, key: &Key, left: &Object, right: &Object) {
        let differs = |attribute: &str| {
            let left = left
                .attributes
                .get(attribute)
                .map(|value| compared(value, self.actual));
            let right = right
                .attributes
                .get(attribute)
                .map(|value| compared(value, self.expected));
            left != right
        };
        let attributes: BTreeSet<&String> = left
            .attributes
            .keys()
            .chain(right.attributes.keys())
            .collect();
        let changed = attributes.into_iter().filter(|attribute| {
            let implied = match attribute.as_str() {
                "position" => {
                    !self.expected.column_order || columns_differ(self.expected, self.actual, key)
                }
                "reads" => differs("definition"),
                _ => false,
            };
            !implied && differs(attribute)
        });
        for attribute in changed.collect::<Vec<_>>() {
            let expected = left
                .get(attribute)
                .map(|text| self.expected.name.replaced_in(text, &self.actual.name));
            let change = Change::Different {
                attribute: attribute.clone(),
                expected,
                actual: right.get(attribute).map(str::to_owned),
            };
            self.push(
                key,
                change,
                self.repairs.different(key, attribute, left, right),
            );
        }
    }
}

/// The key as it would be in the other schema.
fn renamed(key: &Key, own: &Description, other: &Description) -> Key {
    Key {
        name: own.name.replaced_in(&key.name, &other.name),
        ..key.clone()
    }
}

/// A description's objects by the form of their key in which both sides agree.
type Keyed<'a> = BTreeMap<Cow<'a, Key>, (&'a Key, &'a Object)>;

fn keyed<'a>(one: &'a Description, other: &Description) -> Keyed<'a> {
    let known = |key: &'a Key| {
        // Only the types of a function's arguments are names with a schema.
        if key.name.contains('(') {
            let name = other.name.taken_out_of(&one.name.taken_out_of(&key.name));
            Cow::Owned(Key {
                name,
                ..key.clone()
            })
        } else {
            Cow::Borrowed(key)
        }
    };
    one.objects
        .iter()
        .map(|(key, object)| (known(key), (key, object)))
        .collect()
}

/// Whether the object that `key` is a part of is absent from the other side as a whole.
fn is_implied(own: &Description, others: &Keyed<'_>, key: &Key) -> bool {
    let Some(parent) = &key.parent else {
        return false;
    };
    let wholes = own
        .objects
        .keys()
        .filter(|whole| whole.parent.is_none() && whole.name == *parent);
    wholes
        .into_iter()
        .any(|whole| !others.contains_key(whole) && whole.kind != "sequence")
}

/// A view's column is no object of its own: only what is set on it is known.
fn is_only_attributes(key: &Key, object: &Object) -> bool {
    key.kind == "column" && object.get("type").is_none() || key.kind == "schema"
}

/// The canonical form, which lacks its own schema's name already, without the other's as well.
fn compared(value: &Value, other: &Description) -> String {
    other.name.taken_out_of(&value.canonical)
}

/// Whether the tables have other columns, so that their positions differ as a consequence.
fn columns_differ(expected: &Description, actual: &Description, key: &Key) -> bool {
    let columns = |of: &Description| -> Vec<String> {
        let parts = of.parts(key.parent.as_deref().unwrap_or_default());
        parts
            .filter(|(part, _)| part.kind == "column")
            .map(|(part, _)| part.name.clone())
            .collect()
    };
    columns(expected) != columns(actual)
}

/// Which tables are children of which, as partitions or by inheritance, in both schemas.
struct Families {
    /// Child and parent.
    pairs: Vec<(String, String)>,
}

impl Families {
    fn of(expected: &Description, actual: &Description) -> Self {
        let mut pairs = Vec::new();
        for key in expected.objects.keys().filter(|key| key.kind == "table") {
            let parents = expected.parents(&key.name);
            let found = actual.parents(&key.name);
            let both = parents
                .into_iter()
                .filter(|(parent, _)| found.iter().any(|(other, _)| other == parent));
            pairs.extend(both.map(|(parent, _)| (key.name.clone(), parent)));
        }
        Families { pairs }
    }

    /// Whether a difference follows from another: a child's column from the parent's; keys and
    /// indexes that a partition has of its own once it is detached.
    fn imply(&self, difference: &Difference, all: &[Difference]) -> bool {
        let Some(table) = &difference.table else {
            return false;
        };
        if difference.kind == "column" {
            let mut parents = self
                .pairs
                .iter()
                .filter(|(child, _)| child == table)
                .map(|(_, parent)| parent);
            return parents.any(|parent| {
                all.iter().any(|other| {
                    other.kind == "column"
                        && other.table.as_ref() == Some(parent)
                        && other.name == difference.name
                        && other.change == difference.change
                })
            });
        }
        matches!(difference.kind.as_str(), "constraint" | "index")
            && difference.change == Change::Unexpected
            && all.iter().any(|other| {
                let detached = matches!(&other.change, Change::Different { attribute, .. } if attribute == "partition of");
                detached && other.table.is_none() && other.name == *table
            })
    }
}
