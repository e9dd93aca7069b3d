//! Where a tool keeps its record, and whether there is one.

use sqlx::postgres::PgRow;

use super::{Adopt, Tool};
use crate::db::truth;
use crate::quote;
use crate::target::Target;

/// A table in which a tool keeps its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) tool: Tool,
    schema: String,
    table: String,
    /// Whether the table has the column that sets two forms of it apart: `dirty` of
    /// golang-migrate, `name` of Drizzle 1.0.
    pub(super) marked: bool,
}

impl Source {
    /// The tables that may be there for a target.
    pub(super) fn candidates(target: &Target, adopt: &Adopt, is_drizzles: bool) -> Vec<Source> {
        let tools: Vec<Tool> = match adopt {
            Adopt::Nothing => Vec::new(),
            Adopt::From(tool) | Adopt::FromTable(tool, _) => vec![*tool],
            Adopt::Refuse | Adopt::Any => Tool::ALL.to_vec(),
        };
        // What is in `drizzle` is about the whole database, and about files that drizzle-kit made.
        let belongs = |tool: &Tool| {
            let drizzles = *tool == Tool::Drizzle;
            drizzles == is_drizzles && !(drizzles && target.tenant.is_some())
        };
        let tools = tools.into_iter().filter(belongs);
        tools
            .map(|tool| {
                let (schema, table) = match adopt {
                    Adopt::FromTable(_, named) => match named.split_once('.') {
                        Some((schema, table)) => (Some(schema), table),
                        None => (None, named.as_str()),
                    },
                    _ => tool.table(),
                };
                Source {
                    tool,
                    schema: schema.unwrap_or(&target.schema).to_owned(),
                    table: table.to_owned(),
                    marked: false,
                }
            })
            .collect()
    }

    /// The table's name in SQL.
    pub(super) fn quoted(&self) -> String {
        format!(
            "{}.{}",
            quote::ident(&self.schema),
            quote::ident(&self.table)
        )
    }

    /// The table's name for a person.
    pub(super) fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    /// The query for which of them are there: two columns each, in their order.
    pub(super) fn look(candidates: &[Source]) -> String {
        let columns = candidates.iter().enumerate().map(|(at, source)| {
            let table = format!("pg_catalog.to_regclass({})", quote::literal(&source.quoted()));
            let marker = if source.tool == Tool::Drizzle {
                "name"
            } else {
                "dirty"
            };
            format!(
                "{table} IS NOT NULL AS here{at}, EXISTS (SELECT FROM pg_catalog.pg_attribute AS a \
                 WHERE a.attrelid = {table} AND a.attname = '{marker}' AND NOT a.attisdropped) AS marked{at}"
            )
        });
        let columns: Vec<String> = columns.collect();
        format!("SELECT {}", columns.join(", "))
    }

    /// Those of the candidates that are there, by the answer to [`look`](Self::look).
    pub(super) fn there(candidates: Vec<Source>, row: &PgRow) -> sqlx::Result<Vec<Source>> {
        let mut there = Vec::new();
        for (at, mut source) in candidates.into_iter().enumerate() {
            source.marked = truth(row, &format!("marked{at}"))?;
            // Two tools have a table of this name.
            let other = match source.tool {
                Tool::GolangMigrate => !source.marked,
                Tool::Dbmate => source.marked,
                _ => false,
            };
            if truth(row, &format!("here{at}"))? && !other {
                there.push(source);
            }
        }
        Ok(there)
    }

    /// An expression that changes whenever the table does.
    pub(super) fn state(&self) -> String {
        format!(
            "(SELECT pg_catalog.count(*) || ' ' || coalesce(pg_catalog.md5(pg_catalog.string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {} AS t)",
            self.quoted()
        )
    }
}
