//! What is in the tables and sequences of schemas, and what a database has besides schemas.

use std::collections::BTreeMap;

use pgmig_core::baseline::Anew;
use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::replay::PREFIX;
use crate::dev::error::Error;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) has_default: bool,
    /// Schema and table as SQL writes them.
    quoted_table: String,
    quoted: String,
    /// Of all values in the order of the rows.
    digest: String,
}

impl Column {
    /// As a person names it.
    pub(super) fn shown(&self) -> String {
        let table = shown(&self.schema, &self.table);
        format!("column {table}.{}", self.column)
    }

    /// The query for its values in the order of the rows, which is the order in which they are
    /// dumped.
    pub(super) fn values(&self) -> String {
        format!(
            "SELECT coalesce(pg_catalog.quote_literal({}::text), 'NULL') FROM {} ORDER BY ctid",
            self.quoted, self.quoted_table
        )
    }

    pub(super) fn is_of(&self, anew: &Anew) -> bool {
        (&self.schema, &self.table, &self.column) == (&anew.schema, &anew.table, &anew.column)
    }
}

/// What schemas hold.
#[derive(Debug, Default)]
pub(super) struct Contents {
    columns: Vec<Column>,
    /// What is compared as it is: the number of rows of a table, where a sequence stands, an
    /// extension.
    others: BTreeMap<String, String>,
}

impl Contents {
    pub(super) async fn read(pool: &PgPool, schemas: &[String]) -> Result<Self, Error> {
        let mut contents = Contents::default();
        for schema in schemas {
            contents.read_tables(pool, schema).await?;
            contents.read_sequences(pool, schema).await?;
        }
        for fact in texts(pool, BESIDES).await? {
            contents.others.insert(fact, "there".to_owned());
        }
        Ok(contents)
    }

    async fn read_tables(&mut self, pool: &PgPool, schema: &str) -> Result<(), Error> {
        let mut tables: Vec<(String, String, Vec<Column>)> = Vec::new();
        for row in rows(pool, &tables_of(schema)).await? {
            let text = |at: usize| row.try_get::<String, _>(at).map_err(Error::Catalog);
            let (table, quoted_table) = (text(0)?, text(1)?);
            if tables.last().is_none_or(|(name, ..)| *name != table) {
                tables.push((table.clone(), quoted_table.clone(), Vec::new()));
            }
            let column: Option<String> = row.try_get(2).map_err(Error::Catalog)?;
            if let (Some(column), Some((.., columns))) = (column, tables.last_mut()) {
                columns.push(Column {
                    schema: schema.to_owned(),
                    table,
                    column,
                    has_default: text(4)? == "true",
                    quoted_table,
                    quoted: text(3)?,
                    digest: String::new(),
                });
            }
        }
        for (table, quoted, columns) in tables {
            let digests = columns.iter().map(|column| {
                format!(
                    ", pg_catalog.md5(coalesce(pg_catalog.string_agg(coalesce(pg_catalog.quote_literal({}::text), 'NULL'), ',' ORDER BY ctid), ''))",
                    column.quoted
                )
            });
            let digests: String = digests.collect();
            let query = format!("SELECT pg_catalog.count(*)::text{digests} FROM {quoted}");
            for row in rows(pool, &query).await? {
                let text = |at: usize| row.try_get::<String, _>(at).map_err(Error::Catalog);
                let table = shown(schema, &table);
                self.others.insert(format!("rows of {table}"), text(0)?);
                for (at, column) in columns.iter().enumerate() {
                    self.columns.push(Column {
                        digest: text(at + 1)?,
                        ..column.clone()
                    });
                }
            }
        }
        Ok(())
    }

    async fn read_sequences(&mut self, pool: &PgPool, schema: &str) -> Result<(), Error> {
        let query = format!(
            "SELECT s.sequencename::text, pg_catalog.format('SELECT last_value || '' '' || is_called FROM %I.%I', s.schemaname, s.sequencename) \
             FROM pg_catalog.pg_sequences AS s WHERE s.schemaname = {}",
            literal(schema)
        );
        for row in rows(pool, &query).await? {
            let text = |at: usize| row.try_get::<String, _>(at).map_err(Error::Catalog);
            let name = format!("sequence {}", shown(schema, &text(0)?));
            let stands = texts(pool, &text(1)?).await?.join("");
            self.others.insert(name, stands);
        }
        Ok(())
    }

    /// The columns whose values differ, and what differs besides, in words. A table with another
    /// number of rows is told once.
    pub(super) fn differences(&self, other: &Contents) -> (Vec<Column>, Vec<String>) {
        let mut words = Vec::new();
        let names: std::collections::BTreeSet<&String> =
            self.others.keys().chain(other.others.keys()).collect();
        for name in names {
            let nothing = "not there".to_owned();
            let [expected, made] =
                [self, other].map(|one| one.others.get(name).unwrap_or(&nothing).clone());
            if expected != made {
                words.push(format!("{name}: {made}, expected {expected}"));
            }
        }
        let differs = |column: &&Column| {
            let mut others = other.columns.iter();
            let same = |one: &&Column| {
                (&one.schema, &one.table, &one.column)
                    == (&column.schema, &column.table, &column.column)
            };
            let rows = format!("rows of {}", shown(&column.schema, &column.table));
            self.others.get(&rows) == other.others.get(&rows)
                && others
                    .find(same)
                    .is_some_and(|one| one.digest != column.digest)
        };
        let columns = self.columns.iter().filter(differs).cloned();
        (columns.collect(), words)
    }
}

/// A table or a sequence as a person names it.
pub(super) fn shown(schema: &str, name: &str) -> String {
    match schema {
        "public" => name.to_owned(),
        schema if schema.starts_with(PREFIX) => name.to_owned(),
        schema => format!("{schema}.{name}"),
    }
}

/// The query for the tables of a schema and those of their columns that are stored as they are
/// given.
fn tables_of(schema: &str) -> String {
    format!(
        "SELECT c.relname::text, pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname::text, pg_catalog.format('%I', a.attname), \
         coalesce(a.atthasdef OR a.attidentity <> '', false)::text \
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
         WHERE c.relkind = 'r' AND n.nspname = {} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') \
         ORDER BY c.relname, a.attnum",
        literal(schema)
    )
}

/// What a database has that is in no schema.
const BESIDES: &str = "SELECT pg_catalog.concat_ws(' ', 'extension', e.extname, e.extversion) FROM pg_catalog.pg_extension AS e \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'event trigger', t.evtname) FROM pg_catalog.pg_event_trigger AS t \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'publication', p.pubname) FROM pg_catalog.pg_publication AS p \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'foreign server', s.srvname) FROM pg_catalog.pg_foreign_server AS s \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'language', l.lanname) FROM pg_catalog.pg_language AS l \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'cast', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype) FROM pg_catalog.pg_cast AS c WHERE c.oid >= 16384 \
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'default privileges', d.defaclobjtype, d.defaclnamespace::pg_catalog.regnamespace, d.defaclacl) FROM pg_catalog.pg_default_acl AS d";

/// A string constant; the names of schemas here have no backslash that would mean anything.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The first column of a query that returns texts.
pub(super) async fn texts(pool: &PgPool, query: &str) -> Result<Vec<String>, Error> {
    let rows = rows(pool, query).await?;
    let texts = rows.iter().map(|row| row.try_get(0));
    texts.collect::<Result<_, _>>().map_err(Error::Catalog)
}

async fn rows(pool: &PgPool, query: &str) -> Result<Vec<sqlx::postgres::PgRow>, Error> {
    let sql = AssertSqlSafe(query.to_owned());
    let rows = sqlx::raw_sql(sql).fetch_all(pool).await;
    rows.map_err(Error::Catalog)
}
