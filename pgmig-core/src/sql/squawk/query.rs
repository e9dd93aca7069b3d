//! Which tables and columns a statement speaks of, and in which query.
//!
//! A query is a [`Level`]: its tables are its sources, and what it does not find there it looks for
//! in the level outside it. A source whose columns are written nowhere (a subquery, a function)
//! leaves the level open, so that nothing is said about names without a qualifier.

mod from;
mod walk;

use std::ops::Range;

use super::tree::Tree;
use crate::sql::cursor::Name;

/// What a statement speaks of.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// Tables, views and sequences, in the order of the text.
    pub(crate) relations: Vec<RelationUse>,
    /// Columns.
    pub(crate) columns: Vec<ColumnUse>,
    /// The queries.
    pub(crate) levels: Vec<Level>,
}

/// A table that is named.
#[derive(Clone, Debug)]
pub(crate) struct RelationUse {
    /// As it is written; the span is in the text that was given.
    pub(crate) name: Name,
    /// Whether rows of it are written.
    pub(crate) written: bool,
}

/// A column that is named.
#[derive(Clone, Debug)]
pub(crate) struct ColumnUse {
    /// Its name.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// Whose it is.
    pub(crate) of: Of,
}

/// Whose a column is.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    /// Of a source of a level or one outside it.
    Alias(String, usize),
    /// Of some source of a level or one outside it.
    Any {
        /// The level.
        level: usize,
        /// Whether it may also be the name of something that is selected (`ORDER BY`).
        output: bool,
    },
    /// Of this table and no other.
    Table(Name),
}

/// A query.
#[derive(Debug, Default)]
pub(crate) struct Level {
    /// The query outside it.
    pub(crate) outer: Option<usize>,
    /// What it reads.
    pub(crate) sources: Vec<Source>,
    /// Whether there is more than the sources: parameters, variables.
    pub(crate) open: bool,
    /// The names of what it selects.
    pub(crate) outputs: Vec<String>,
}

/// Something that a query reads.
#[derive(Debug)]
pub(crate) struct Source {
    /// What the query calls it.
    pub(crate) alias: String,
    /// The table; `None` where its columns are not a table's.
    pub(crate) table: Option<Name>,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// In a script.
    Script,
    /// In a function, where any name may be a parameter or a variable.
    Function,
}

/// What a statement speaks of. `text` is one statement without its `;`.
pub(crate) fn uses(text: &str, place: Where) -> Uses {
    let tree = Tree::sql(text);
    let mut walk = walk::Walk::new(&tree, text, place);
    walk.statement();
    walk.uses
}
