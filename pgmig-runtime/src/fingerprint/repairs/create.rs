//! Makes an object that is missing, from its facts.

use super::{Phase, Repairs, option_list, options};
use crate::fingerprint::description::{Key, Object};

impl Repairs<'_> {
    /// The object with all its parts, comments and flags; and what has to wait until all other
    /// objects are there.
    pub(super) fn create_whole(
        &self,
        key: &Key,
        object: &Object,
    ) -> Option<(Vec<String>, Vec<String>)> {
        let mut statements = vec![self.create(key, object)?];
        statements.extend(self.finish(key, object)?);
        let mut late = Vec::new();
        if key.parent.is_none() {
            let mut parts: Vec<_> = self.expected.parts(&key.name).collect();
            parts.sort_by_key(|(part, object)| Phase::of(part, object.get("definition")));
            for (part, object) in parts {
                let waits = Phase::of(part, object.get("definition")) >= Phase::ForeignKey;
                let list = if waits { &mut late } else { &mut statements };
                if key.kind == "view" && object.get("default").is_some() {
                    list.extend(self.alter(part, "default", object, &Object::default())?);
                }
                if part.kind != "column" {
                    list.push(self.create(part, object)?);
                }
                list.extend(self.finish(part, object)?);
            }
        }
        for attribute in ["replica identity", "clustered on", "owned by"] {
            if object.get(attribute).is_some() {
                late.extend(self.alter(key, attribute, object, &Object::default())?);
            }
        }
        Some((statements, late))
    }

    /// The statement that makes the object itself.
    pub(super) fn create(&self, key: &Key, object: &Object) -> Option<String> {
        let definition = || self.sql(object.get("definition")?);
        let name = || self.name(&key.name);
        match key.kind.as_str() {
            "table" => self.create_table(key, object),
            "column" => self.add_column(key, object),
            "constraint" => Some(format!(
                "ALTER TABLE {} ADD CONSTRAINT {} {}",
                self.parent(key),
                key.name,
                definition()?
            )),
            "domain constraint" => Some(format!(
                "ALTER DOMAIN {} ADD CONSTRAINT {} {}",
                self.parent(key),
                key.name,
                definition()?
            )),
            // A partitioned index is written with ONLY, which would not build it on the partitions.
            "index" => Some(definition()?.replacen(" ON ONLY ", " ON ", 1)),
            "function" | "procedure" | "trigger" | "rule" | "statistics" => {
                Some(definition()?.trim_end().to_owned())
            }
            "aggregate" => self.create_aggregate(key, object),
            "sequence" => Some(format!("CREATE SEQUENCE {} {}", name(), definition()?)),
            "enum" => Some(format!(
                "CREATE TYPE {} AS ENUM ({})",
                name(),
                object.get("labels")?
            )),
            "composite type" => Some(format!(
                "CREATE TYPE {} AS ({})",
                name(),
                self.sql(object.get("attributes")?)?
            )),
            "range type" => Some(format!(
                "CREATE TYPE {} AS RANGE ({})",
                name(),
                definition()?
            )),
            "domain" => self.create_domain(key, object),
            "view" | "materialized view" => {
                let options = option_list(options(object.get("options")));
                let with = if options.is_empty() {
                    options
                } else {
                    format!(" WITH ({options})")
                };
                Some(format!(
                    "CREATE {}{with} AS{}",
                    self.address(key)?,
                    spaced(&definition()?)
                ))
            }
            "policy" => self.create_policy(key, object),
            _ => None,
        }
    }

    /// What the statement that makes an object does not say: flags and comments.
    pub(super) fn finish(&self, key: &Key, object: &Object) -> Option<Vec<String>> {
        const FLAGS: &[&str] = &[
            "storage",
            "compression",
            "statistics",
            "row security",
            "forced row security",
            "firing",
            "target",
            "comment",
        ];
        let nothing = Object::default();
        let mut statements = Vec::new();
        for attribute in FLAGS
            .iter()
            .filter(|attribute| object.get(attribute).is_some())
        {
            statements.extend(self.alter(key, attribute, object, &nothing)?);
        }
        // Of a column only: those of a table are part of the statement that makes it.
        if key.kind == "column" && object.get("options").is_some() {
            statements.extend(self.alter(key, "options", object, &nothing)?);
        }
        Some(statements)
    }

    fn create_table(&self, key: &Key, object: &Object) -> Option<String> {
        let unlogged = match object.get("persistence") {
            Some("unlogged") => "UNLOGGED ",
            _ => "",
        };
        if object.get("of type").is_some() || object.get("access method").is_some() {
            return None;
        }
        let mut columns: Vec<_> = self
            .expected
            .parts(&key.name)
            .filter(|(part, _)| part.kind == "column")
            .collect();
        columns.sort_by_key(|(_, column)| {
            column
                .get("position")
                .and_then(|position| position.parse::<u32>().ok())
        });
        let columns = columns
            .into_iter()
            .map(|(part, column)| self.column(part, column));
        let columns = columns.collect::<Option<Vec<_>>>()?.join(", ");
        let mut statement = match object.get("partition of") {
            Some(parent) => format!(
                "CREATE {unlogged}TABLE {} PARTITION OF {}",
                self.name(&key.name),
                self.sql(parent)?
            ),
            None => format!(
                "CREATE {unlogged}TABLE {} ({columns})",
                self.name(&key.name)
            ),
        };
        if let Some(parents) = object.get("inherits") {
            statement.push_str(&format!(" INHERITS ({})", self.sql(parents)?));
        }
        if let Some(partition_key) = object.get("partition key") {
            statement.push_str(&format!(" PARTITION BY {}", self.sql(partition_key)?));
        }
        let set = options(object.get("options"))
            .into_iter()
            .chain(options(object.get("toast options")));
        let set = option_list(set);
        if !set.is_empty() {
            statement.push_str(&format!(" WITH ({set})"));
        }
        Some(statement)
    }

    fn add_column(&self, key: &Key, object: &Object) -> Option<String> {
        let table = self.actual.get("table", None, key.parent.as_deref()?)?;
        if table.get("partition of").is_some() || table.get("inherits").is_some() {
            // It comes with the parent's.
            return None;
        }
        Some(format!(
            "ALTER TABLE {} ADD COLUMN {}",
            self.parent(key),
            self.column(key, object)?
        ))
    }

    /// A column as it stands in CREATE TABLE and ADD COLUMN.
    fn column(&self, key: &Key, object: &Object) -> Option<String> {
        let mut column = format!("{} {}", key.name, self.sql(object.get("type")?)?);
        if let Some(collation) = object.get("collation") {
            column.push_str(&format!(" COLLATE {}", self.sql(collation)?));
        }
        match object.get("nullability") {
            None => {}
            Some("not null") => column.push_str(" NOT NULL"),
            Some(_) => return None,
        }
        if let Some(default) = object.get("default") {
            column.push_str(&format!(" DEFAULT {}", self.sql(default)?));
        }
        if let Some(generated) = object.get("generated") {
            column.push_str(&format!(" GENERATED ALWAYS AS {}", self.sql(generated)?));
        }
        if let Some(identity) = object.get("identity") {
            let options = object
                .get("identity sequence")
                .and_then(|sequence| sequence.split_once(" INCREMENT "));
            let options = options.map_or(String::new(), |(_, options)| {
                format!(" (INCREMENT {options})")
            });
            column.push_str(&format!(
                " GENERATED {} AS IDENTITY{options}",
                identity.to_uppercase()
            ));
        }
        Some(column)
    }

    fn create_aggregate(&self, key: &Key, object: &Object) -> Option<String> {
        let definition = object.get("definition")?;
        if definition.contains("DIRECT ARGUMENTS") {
            return None;
        }
        Some(format!(
            "CREATE AGGREGATE {} ({})",
            self.name(&self.sql(&key.name)?),
            self.sql(definition)?
        ))
    }

    fn create_domain(&self, key: &Key, object: &Object) -> Option<String> {
        let mut statement = format!(
            "CREATE DOMAIN {} AS {}",
            self.name(&key.name),
            self.sql(object.get("type")?)?
        );
        if let Some(collation) = object.get("collation") {
            statement.push_str(&format!(" COLLATE {}", self.sql(collation)?));
        }
        if let Some(default) = object.get("default") {
            statement.push_str(&format!(" DEFAULT {}", self.sql(default)?));
        }
        if object.get("nullability").is_some() {
            statement.push_str(" NOT NULL");
        }
        Some(statement)
    }

    pub(super) fn create_policy(&self, key: &Key, object: &Object) -> Option<String> {
        let mut statement = format!(
            "CREATE POLICY {} ON {} {} TO {}",
            key.name,
            self.parent(key),
            object.get("command")?,
            object.get("roles")?
        );
        if let Some(using) = object.get("using") {
            statement.push_str(&format!(" USING ({})", self.sql(using)?));
        }
        if let Some(check) = object.get("check") {
            statement.push_str(&format!(" WITH CHECK ({})", self.sql(check)?));
        }
        Some(statement)
    }
}

/// A view's definition begins with a space, unless that of another version does not.
fn spaced(definition: &str) -> String {
    format!(" {}", definition.trim_start())
}
