//! The tables of a schema, as PostgreSQL's catalog has them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

/// The tables of a schema and the references between them.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) tables: Vec<Table>,
    pub(super) references: Vec<Reference>,
}

/// A table. One of another schema has only the columns that are referred to.
#[derive(Debug)]
pub(super) struct Table {
    /// With its schema, where that is another one.
    pub(super) name: String,
    pub(super) outside: bool,
    pub(super) columns: Vec<Column>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) of_type: String,
    pub(super) not_null: bool,
    /// Part of the primary key.
    pub(super) primary: bool,
    /// Unique by itself.
    pub(super) unique: bool,
    /// Part of a foreign key.
    pub(super) refers: bool,
}

/// A foreign key. Tables and columns by their positions.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) from: (usize, Vec<usize>),
    pub(super) to: (usize, Vec<usize>),
    /// Whether at most one row refers to a row.
    pub(super) unique: bool,
    /// Whether a row may refer to none.
    pub(super) optional: bool,
}

/// A table by its schema and its name.
type Key = (String, String);

/// A constraint: its name and kind, its table and columns, the other table and its columns.
struct Constraint {
    name: String,
    kind: String,
    table: Key,
    columns: Vec<String>,
    other: Option<Key>,
    others: Vec<String>,
}

/// Columns of ordinary and partitioned tables, but not of partitions: those are their parent's.
const COLUMNS: &str = "
    SELECT n.nspname::text, c.relname::text, a.attname::text,
           pg_catalog.format_type(a.atttypid, a.atttypmod), coalesce(a.attnotnull, false)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname IN ($$schemas$$) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\", a.attnum";

const CONSTRAINTS: &str = "
    SELECT k.conname::text, k.contype::text, n.nspname::text, c.relname::text,
           (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
            FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(number, at)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
           fn.nspname::text, fc.relname::text,
           (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
            FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(number, at)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
    WHERE n.nspname IN ($$schemas$$) AND k.contype IN ('p', 'u', 'f') AND NOT c.relispartition
      AND k.conparentid = 0
    ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\", k.conname COLLATE \"C\"";

/// Reads a schema, and what it refers to in `public`. The names are our own.
pub(super) async fn read(connection: &mut PgConnection, schema: &str) -> sqlx::Result<Schema> {
    // A type of the schema is written without it.
    let path = format!("SET search_path TO {schema}, public");
    sqlx::raw_sql(AssertSqlSafe(path))
        .execute(&mut *connection)
        .await?;
    let schemas = format!("'{schema}', 'public'");
    let query = |text: &str| AssertSqlSafe(text.replace("$$schemas$$", &schemas));
    let rows = sqlx::query(query(COLUMNS))
        .fetch_all(&mut *connection)
        .await?;
    let mut tables: BTreeMap<Key, Vec<Column>> = BTreeMap::new();
    for row in rows {
        let columns = tables
            .entry((row.try_get(0)?, row.try_get(1)?))
            .or_default();
        if let Some(name) = row.try_get(2)? {
            columns.push(Column {
                name,
                of_type: short(row.try_get(3)?),
                not_null: row.try_get(4)?,
                primary: false,
                unique: false,
                refers: false,
            });
        }
    }
    let rows = sqlx::query(query(CONSTRAINTS))
        .fetch_all(&mut *connection)
        .await?;
    let constraints = rows.iter().map(|row| {
        let (schema, table): (Option<String>, Option<String>) = (row.try_get(5)?, row.try_get(6)?);
        Ok(Constraint {
            name: row.try_get(0)?,
            kind: row.try_get(1)?,
            table: (row.try_get(2)?, row.try_get(3)?),
            columns: row.try_get::<Option<_>, _>(4)?.unwrap_or_default(),
            other: schema.zip(table),
            others: row.try_get::<Option<_>, _>(7)?.unwrap_or_default(),
        })
    });
    let constraints = constraints.collect::<sqlx::Result<Vec<_>>>()?;
    Ok(assemble(schema, tables, &constraints))
}

/// Marks keys, leaves out what the schema does not refer to, and joins the tables.
fn assemble(
    schema: &str,
    mut tables: BTreeMap<Key, Vec<Column>>,
    constraints: &[Constraint],
) -> Schema {
    for constraint in constraints {
        let columns = tables.get_mut(&constraint.table).into_iter().flatten();
        for column in columns.filter(|column| constraint.columns.contains(&column.name)) {
            match constraint.kind.as_str() {
                "p" => column.primary = true,
                "u" => column.unique |= constraint.columns.len() == 1,
                _ => column.refers = true,
            }
        }
    }
    let own: Vec<&Constraint> = constraints
        .iter()
        .filter(|one| one.kind == "f" && one.table.0 == schema)
        .collect();
    let mut wanted: BTreeMap<&Key, BTreeSet<&String>> = BTreeMap::new();
    for reference in &own {
        if let Some(other) = reference.other.as_ref().filter(|other| other.0 != schema) {
            wanted.entry(other).or_default().extend(&reference.others);
        }
    }
    tables.retain(|key, columns| {
        let others = wanted.get(key);
        if let Some(others) = others {
            columns.retain(|column| others.contains(&column.name));
        }
        key.0 == schema || others.is_some()
    });
    let references = own
        .iter()
        .filter_map(|one| reference(one, &tables, constraints));
    let references = references.collect();
    let tables = tables.into_iter().map(|((of, name), columns)| Table {
        outside: of != schema,
        name: if of == schema {
            name
        } else {
            format!("{of}.{name}")
        },
        columns,
    });
    Schema {
        name: schema.to_owned(),
        tables: tables.collect(),
        references,
    }
}

fn reference(
    constraint: &Constraint,
    tables: &BTreeMap<Key, Vec<Column>>,
    constraints: &[Constraint],
) -> Option<Reference> {
    let end = |key: &Key, names: &[String]| {
        let table = tables.keys().position(|one| one == key)?;
        let columns = tables.get(key)?;
        let at = |name| {
            columns
                .iter()
                .position(|column: &Column| &column.name == name)
        };
        let positions = names.iter().filter_map(at).collect::<Vec<_>>();
        (!positions.is_empty()).then_some((table, positions))
    };
    let from = end(&constraint.table, &constraint.columns)?;
    let columns = tables.get(&constraint.table)?;
    let is_key = |other: &Constraint| {
        let same = other
            .columns
            .iter()
            .all(|name| constraint.columns.contains(name));
        other.kind != "f" && other.table == constraint.table && same
    };
    Some(Reference {
        name: constraint.name.clone(),
        optional: from
            .1
            .iter()
            .any(|at| columns.get(*at).is_some_and(|one| !one.not_null)),
        unique: constraints.iter().any(is_key),
        to: end(constraint.other.as_ref()?, &constraint.others)?,
        from,
    })
}

/// A type as one writes it.
fn short(of_type: String) -> String {
    let of_type = of_type
        .replace("character varying", "varchar")
        .replace("character(", "char(");
    let of_type = of_type.replace(" without time zone", "");
    // `timestamp(3) with time zone[]` is `timestamptz(3)[]`.
    match of_type.split_once(" with time zone") {
        Some((time, rest)) => {
            let digits = time.find('(').unwrap_or(time.len());
            let (name, digits) = time.split_at(digits);
            format!("{name}tz{digits}{rest}")
        }
        None => of_type,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_type_is_written_as_people_write_it() {
        for (long, written) in [
            ("timestamp with time zone", "timestamptz"),
            ("timestamp(3) with time zone[]", "timestamptz(3)[]"),
            ("time(0) without time zone", "time(0)"),
            ("character varying(20)", "varchar(20)"),
            ("character(3)", "char(3)"),
            ("bit varying(8)", "bit varying(8)"),
        ] {
            assert_eq!(short(long.to_owned()), written);
        }
    }
}
