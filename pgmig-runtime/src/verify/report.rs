//! What a verification found.

use std::fmt;
use std::time::Duration;

use crate::Scope;
use crate::fingerprint::{Difference, SchemaName};

/// What is true of the schemas, compared with what their migrations make.
///
/// `Display` tells it in lines: a line a group of schemas that drifted in the same way, below it a
/// line a difference, and what could not be verified.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Verification {
    /// How many schemas are as they should be.
    pub sound: usize,
    /// The others, those that differ in the same way together; the largest group first.
    pub drifted: Vec<DriftGroup>,
    /// Schemas that could not be compared.
    pub unverified: Vec<Unverified>,
    /// Statements of the migrations that a replay leaves out, so that what they do is not verified.
    pub not_replayed: Vec<NotReplayed>,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ms", with = "crate::report::milliseconds")
    )]
    pub duration: Duration,
}

impl Verification {
    /// Whether no schema drifted. What could not be verified does not count.
    pub fn is_sound(&self) -> bool {
        self.drifted.is_empty()
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drifted: usize = self.drifted.iter().map(|group| group.schemas.len()).sum();
        match drifted {
            0 => write!(
                f,
                "{}",
                count(
                    self.sound,
                    "is what its migrations make",
                    "are what their migrations make"
                )
            )?,
            drifted => write!(
                f,
                "{}; {}",
                count(
                    drifted,
                    "is not what its migrations make",
                    "are not what their migrations make"
                ),
                count(self.sound, "is", "are")
            )?,
        }
        for group in &self.drifted {
            write!(f, "\n{group}")?;
        }
        for unverified in &self.unverified {
            write!(
                f,
                "\n{}: not verified: {}",
                unverified.schema, unverified.why
            )?;
        }
        Ok(())
    }
}

fn count(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 schema {one}"),
        count => format!("{count} schemas {many}"),
    }
}

/// Schemas that differ from what their migrations make, all in the same way.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DriftGroup {
    /// Whose schemas they are.
    pub scope: Scope,
    /// The schemas, by name.
    pub schemas: Vec<String>,
    /// What is different. The statements that repair it are for the first of the schemas;
    /// [`repair`](Self::repair) has them for each.
    pub differences: Vec<Difference>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) name: SchemaName,
}

impl DriftGroup {
    /// The statements that repair what can be repaired mechanically in one of the schemas, in an
    /// order that works.
    pub fn repair(&self, schema: &str) -> Vec<String> {
        let name = SchemaName::new(schema, &crate::quote::ident(schema));
        let statements = crate::fingerprint::repair(&self.differences);
        let of_first = self.schemas.first().is_some_and(|first| first == schema);
        let rename = |statement: &str| match of_first {
            true => statement.to_owned(),
            false => self.name.replaced_in(statement, &name),
        };
        statements.into_iter().map(rename).collect()
    }
}

impl fmt::Display for DriftGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let shown: Vec<&str> = self
            .schemas
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        write!(f, "{}", shown.join(", "))?;
        if self.schemas.len() > SHOWN {
            write!(f, " and {} more", self.schemas.len() - SHOWN)?;
        }
        write!(f, ":")?;
        for difference in &self.differences {
            write!(f, "\n  - {difference}")?;
        }
        Ok(())
    }
}

/// A schema that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unverified {
    /// The schema.
    pub schema: String,
    /// Why not, in words.
    pub why: &'static str,
}

/// A statement that a replay leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NotReplayed {
    /// The file, from the crate's directory.
    pub path: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// What the statement is: `CREATE ROLE`.
    pub kind: &'static str,
}
