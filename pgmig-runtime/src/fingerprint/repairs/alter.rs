//! Changes one attribute of an object that exists.

use super::{Repairs, option_list, options};
use crate::fingerprint::description::{Key, Object};

/// An attribute of an object that has another value than it should.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) key: &'a Key,
    pub(super) attribute: &'a str,
    pub(super) want: Option<&'a str>,
    pub(super) have: Option<&'a str>,
}

impl Repairs<'_> {
    /// The statements that give `attribute` its expected value.
    pub(super) fn alter(
        &self,
        key: &Key,
        attribute: &str,
        expected: &Object,
        actual: &Object,
    ) -> Option<Vec<String>> {
        let (want, have) = (expected.get(attribute), actual.get(attribute));
        let change = Change {
            key,
            attribute,
            want,
            have,
        };
        let name = || self.name(&key.name);
        let altered = match (key.kind.as_str(), attribute) {
            (_, "comment") => self.comment(key, want)?,
            ("table", _) => return self.alter_table(change),
            ("column", _) => return self.alter_column(change),
            ("view" | "materialized view", "options") => {
                return set_options(&format!("ALTER {}", self.address(key)?), want, have);
            }
            ("view", "definition") => {
                let created = self.create(key, expected)?;
                created.replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
            }
            ("function" | "procedure", "definition") => self.create(key, expected)?,
            ("constraint", "definition") => {
                return self.alter_constraint(key, expected, want?, have?);
            }
            ("index" | "statistics" | "trigger" | "rule", "definition") | ("policy", _) => {
                return self.make_again(key, expected);
            }
            ("index", "validity") => return self.rebuild(key, want),
            ("constraint", "options") => {
                return set_options(&format!("ALTER INDEX {}", name()), want, have);
            }
            ("trigger" | "rule", "firing") => self.firing(key, want),
            ("statistics", "target") => {
                let target = want.unwrap_or("-1");
                format!("ALTER STATISTICS {} SET STATISTICS {target}", name())
            }
            ("sequence", "definition") => format!("ALTER SEQUENCE {} {}", name(), want?),
            ("sequence", "owned by") => {
                let owner = want.map_or("NONE".to_owned(), |column| self.name(column));
                format!("ALTER SEQUENCE {} OWNED BY {owner}", name())
            }
            ("enum", "labels") => return self.add_labels(key, want?, have?),
            ("domain", "default" | "nullability") => self.alter_domain(change)?,
            ("domain constraint", "definition") => {
                let parent = self.parent(key);
                return Some(vec![
                    format!("ALTER DOMAIN {parent} DROP CONSTRAINT {}", key.name),
                    self.create(key, expected)?,
                ]);
            }
            _ => return self.alter_access(change),
        };
        Some(vec![altered])
    }

    fn alter_table(&self, change: Change<'_>) -> Option<Vec<String>> {
        let Change { key, have, .. } = change;
        let table = format!("ALTER TABLE {}", self.name(&key.name));
        let action = match (change.attribute, change.want) {
            ("persistence", Some("unlogged")) => "SET UNLOGGED".to_owned(),
            ("persistence", Some(_)) => "SET LOGGED".to_owned(),
            ("options" | "toast options", want) => return set_options(&table, want, have),
            ("row security", Some(_)) => "ENABLE ROW LEVEL SECURITY".to_owned(),
            ("row security", None) => "DISABLE ROW LEVEL SECURITY".to_owned(),
            ("forced row security", Some(_)) => "FORCE ROW LEVEL SECURITY".to_owned(),
            ("forced row security", None) => "NO FORCE ROW LEVEL SECURITY".to_owned(),
            ("replica identity", None) => "REPLICA IDENTITY DEFAULT".to_owned(),
            ("replica identity", Some(identity)) => match identity.strip_prefix("index ") {
                Some(index) => format!("REPLICA IDENTITY USING INDEX {index}"),
                None => format!("REPLICA IDENTITY {}", identity.to_uppercase()),
            },
            ("partition of", Some(_)) => return self.attach(key, have),
            ("clustered on", Some(index)) => format!("CLUSTER ON {index}"),
            ("clustered on", None) => "SET WITHOUT CLUSTER".to_owned(),
            _ => return self.alter_access(change),
        };
        Some(vec![format!("{table} {action}")])
    }

    fn alter_column(&self, change: Change<'_>) -> Option<Vec<String>> {
        let key = change.key;
        let column = format!("ALTER TABLE {} ALTER COLUMN {}", self.parent(key), key.name);
        let action = match (change.attribute, change.want, change.have) {
            ("type", Some(want), Some(have)) if is_wider(have, want) => format!("TYPE {want}"),
            ("nullability", Some("not null"), None) => "SET NOT NULL".to_owned(),
            ("nullability", None, _) => "DROP NOT NULL".to_owned(),
            ("default", Some(default), _) => format!("SET DEFAULT {}", self.sql(default)?),
            ("default", None, _) => "DROP DEFAULT".to_owned(),
            ("identity", Some(identity), Some(_)) => {
                format!("SET GENERATED {}", identity.to_uppercase())
            }
            ("identity", None, _) => "DROP IDENTITY".to_owned(),
            ("identity sequence", Some(want), Some(have))
                if first_word(want) == first_word(have) =>
            {
                return Some(vec![format!("ALTER SEQUENCE {}", self.name(want))]);
            }
            ("storage", Some(storage), _) => format!("SET STORAGE {}", storage.to_uppercase()),
            ("compression", compression, _) => {
                format!("SET COMPRESSION {}", compression.unwrap_or("default"))
            }
            ("statistics", target, _) => format!("SET STATISTICS {}", target.unwrap_or("-1")),
            ("options", want, have) => return set_options(&column, want, have),
            _ => return self.alter_access(change),
        };
        Some(vec![format!("{column} {action}")])
    }

    fn alter_constraint(
        &self,
        key: &Key,
        expected: &Object,
        want: &str,
        have: &str,
    ) -> Option<Vec<String>> {
        let table = format!("ALTER TABLE {}", self.parent(key));
        // The definitions name different schemas; without a name in them they say the same.
        let have = self.actual.name.left_out_of(have);
        if have.strip_suffix(" NOT VALID") == Some(&self.expected.name.left_out_of(want)) {
            return Some(vec![format!("{table} VALIDATE CONSTRAINT {}", key.name)]);
        }
        let mut statements = vec![format!(
            "{table} DROP CONSTRAINT {0}, ADD CONSTRAINT {0} {1}",
            key.name,
            self.sql(want)?
        )];
        statements.extend(self.finish(key, expected)?);
        Some(statements)
    }

    fn alter_domain(&self, change: Change<'_>) -> Option<String> {
        let action = match (change.attribute, change.want) {
            ("default", Some(default)) => format!("SET DEFAULT {}", self.sql(default)?),
            ("default", None) => "DROP DEFAULT".to_owned(),
            (_, Some(_)) => "SET NOT NULL".to_owned(),
            (_, None) => "DROP NOT NULL".to_owned(),
        };
        let domain = self.name(&change.key.name);
        Some(format!("ALTER DOMAIN {domain} {action}"))
    }

    /// DROP, CREATE, and what is lost with the DROP.
    fn make_again(&self, key: &Key, expected: &Object) -> Option<Vec<String>> {
        let mut statements = vec![self.drop(key)?, self.create(key, expected)?];
        statements.extend(self.finish(key, expected)?);
        Some(statements)
    }

    /// A partitioned index becomes valid by attaching the partitions' indexes, not by REINDEX.
    fn rebuild(&self, key: &Key, want: Option<&str>) -> Option<Vec<String>> {
        let table = self.actual.get("table", None, key.parent.as_deref()?);
        let partitioned = table.is_some_and(|table| table.get("partition key").is_some());
        let rebuilt = want.is_none() && !partitioned;
        rebuilt.then(|| vec![format!("REINDEX INDEX {}", self.name(&key.name))])
    }

    /// A partition is attached to its table, with its bounds.
    fn attach(&self, key: &Key, have: Option<&str>) -> Option<Vec<String>> {
        let (parent, bounds) = self.expected.parents(&key.name).into_iter().next()?;
        let mut statements = Vec::new();
        if have.is_some() {
            let (from, _) = self.actual.parents(&key.name).into_iter().next()?;
            statements.push(format!(
                "ALTER TABLE {} DETACH PARTITION {}",
                self.name(&from),
                self.name(&key.name)
            ));
        }
        let bounds = self.sql(&bounds?)?;
        statements.push(format!(
            "ALTER TABLE {} ATTACH PARTITION {} {bounds}",
            self.name(&parent),
            self.name(&key.name)
        ));
        Some(statements)
    }

    fn firing(&self, key: &Key, want: Option<&str>) -> String {
        let how = match want {
            None => "ENABLE",
            Some("disabled") => "DISABLE",
            Some("replica") => "ENABLE REPLICA",
            Some(_) => "ENABLE ALWAYS",
        };
        format!(
            "ALTER TABLE {} {how} {} {}",
            self.parent(key),
            key.kind.to_uppercase(),
            key.name
        )
    }

    /// Labels can be added anywhere, but neither removed nor moved.
    fn add_labels(&self, key: &Key, want: &str, have: &str) -> Option<Vec<String>> {
        let (want, have) = (literals(want), literals(have));
        let mut left = have.iter().peekable();
        let mut statements = Vec::new();
        let mut before: Option<&String> = None;
        for label in &want {
            if left.peek() == Some(&label) {
                left.next();
            } else {
                let place = match (before, have.first()) {
                    (Some(before), _) => format!(" AFTER {before}"),
                    (None, Some(first)) => format!(" BEFORE {first}"),
                    (None, None) => String::new(),
                };
                statements.push(format!(
                    "ALTER TYPE {} ADD VALUE {label}{place}",
                    self.name(&key.name)
                ));
            }
            before = Some(label);
        }
        left.peek().is_none().then_some(statements)
    }
}

/// SET for options that should be there, RESET for those that should not.
fn set_options(alter: &str, want: Option<&str>, have: Option<&str>) -> Option<Vec<String>> {
    let (want, have) = (options(want), options(have));
    let gone = have
        .iter()
        .filter(|(name, _)| !want.iter().any(|(kept, _)| kept == name));
    let gone: Vec<&str> = gone.map(|(name, _)| *name).collect();
    let set = option_list(want.into_iter().filter(|option| !have.contains(option)));
    let mut statements = Vec::new();
    if !set.is_empty() {
        statements.push(format!("{alter} SET ({set})"));
    }
    if !gone.is_empty() {
        statements.push(format!("{alter} RESET ({})", gone.join(", ")));
    }
    Some(statements)
}

fn first_word(text: &str) -> &str {
    text.split(" AS ").next().unwrap_or_default()
}

/// Whether every value of type `from` is one of type `to`, and none is written otherwise.
fn is_wider(from: &str, to: &str) -> bool {
    let length = |text: &str| -> Option<u32> {
        text.strip_prefix("character varying(")?
            .strip_suffix(')')?
            .parse()
            .ok()
    };
    match (from, to) {
        ("smallint", "integer" | "bigint" | "numeric") | ("integer", "bigint" | "numeric") => true,
        ("bigint", "numeric") | ("real", "double precision") => true,
        ("character varying", "text") => true,
        (from, "text" | "character varying") => length(from).is_some(),
        (from, to) => length(from)
            .zip(length(to))
            .is_some_and(|(from, to)| from < to),
    }
}

/// The string constants of a list, quotes included.
fn literals(list: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut current = String::new();
    let mut inside = false;
    for c in list.chars() {
        inside ^= c == '\'';
        if inside || !matches!(c, ',' | ' ') {
            current.push(c);
        } else if !current.is_empty() {
            literals.push(std::mem::take(&mut current));
        }
    }
    if !current.is_empty() {
        literals.push(current);
    }
    literals
}
