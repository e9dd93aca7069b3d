//! Why a database could not be taken over.

use std::fmt;

use super::Tool;
use crate::target::Target;

/// What another tool recorded does not fit the migrations of the binary: all places. Nothing was
/// changed.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdoptionError {
    /// The schema.
    pub target: Target,
    /// The tool.
    pub tool: Tool,
    /// Its table, with the schema.
    pub table: String,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
}

impl fmt::Display for AdoptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "what {} recorded in {} cannot be taken over for schema {}; nothing was changed",
            self.tool, self.table, self.target.schema
        )?;
        for misfit in &self.misfits {
            write!(f, "\n  - ")?;
            misfit.write(f, self.tool)?;
        }
        Ok(())
    }
}

impl std::error::Error for AdoptionError {}

/// One thing that another tool recorded, and that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Misfit {
    /// The tool says itself that a migration is not done: it failed, or was interrupted.
    Unfinished {
        /// What it calls the migration.
        recorded: String,
        /// What it says.
        why: String,
    },
    /// The file is not the one that was applied.
    Edited {
        /// The file.
        path: &'static str,
        /// The checksum that is recorded.
        recorded: String,
        /// The checksum of the file, by the tool's own rule.
        embedded: String,
    },
    /// Something was applied that the binary does not carry.
    Unknown {
        /// What the tool calls it.
        recorded: String,
    },
    /// A migration was not applied, and one after it was.
    Gap {
        /// The file.
        path: &'static str,
        /// The file after it that was applied.
        after: &'static str,
    },
}

impl Misfit {
    fn write(&self, f: &mut fmt::Formatter<'_>, tool: Tool) -> fmt::Result {
        match self {
            Misfit::Unfinished { recorded, why } => write!(
                f,
                "{recorded} is not finished: {why}\
                 \n    = help: finish it or take it back with {tool}, until {tool} says that all is well"
            ),
            Misfit::Edited {
                path,
                recorded,
                embedded,
            } => write!(
                f,
                "{path} is not what {tool} applied\
                 \n    = recorded: {recorded}\
                 \n    = the file: {embedded}\
                 \n    = help: restore the file as it was when it was applied"
            ),
            Misfit::Unknown { recorded } => write!(
                f,
                "{recorded} was applied, but this binary does not carry it\
                 \n    = help: restore the file; the database may have been migrated from another branch"
            ),
            Misfit::Gap { path, after } => {
                write!(f, "{path} was not applied, but {after}, after it, was")?;
                if tool == Tool::Drizzle {
                    write!(
                        f,
                        "\n    = note: drizzle-orm 0.x passes over an entry whose `when` is not after the newest applied one"
                    )?;
                }
                write!(
                    f,
                    "\n    = help: apply it with {tool}, or allow it to be applied late: `out-of-order = true` in pgmig.toml"
                )
            }
        }
    }
}
