//! A history like those that people have: what is made is changed, and some of it dropped again.

use crate::script::Script;

/// How many statements of a kind 100 migrations have. The shares are the means of seven public
/// folders (crates.io, dokploy, documenso, ente, langfuse, lemmy, Matrix Authentication Service),
/// their first 100 migrations each, counted before anything was measured; `DO` blocks and what is
/// rarer than 1 in 200 are left out. The folders have 111 to 844 statements, 330 in the middle.
const SHARES: [(Kind, usize); 20] = [
    (Kind::AddColumn, 65),
    (Kind::CreateIndex, 60),
    (Kind::CreateTable, 40),
    (Kind::AddConstraint, 31),
    (Kind::Data, 19),
    (Kind::Default, 16),
    (Kind::CreateView, 10),
    (Kind::DropConstraint, 10),
    (Kind::CreateFunction, 8),
    (Kind::Rename, 8),
    (Kind::DropView, 7),
    (Kind::EnumValue, 7),
    (Kind::CreateTrigger, 7),
    (Kind::ColumnType, 6),
    (Kind::CreateType, 6),
    (Kind::DropColumn, 5),
    (Kind::DropIndex, 4),
    (Kind::DropTable, 3),
    (Kind::DropTrigger, 2),
    (Kind::DropFunction, 1),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    AddColumn,
    CreateIndex,
    CreateTable,
    AddConstraint,
    Data,
    Default,
    CreateView,
    DropConstraint,
    CreateFunction,
    Rename,
    DropView,
    EnumValue,
    CreateTrigger,
    ColumnType,
    CreateType,
    DropColumn,
    DropIndex,
    DropTable,
    DropTrigger,
    DropFunction,
}

/// A thing of a table.
#[derive(Clone)]
struct Of {
    table: String,
    name: String,
    /// What it refers to, or the kind of a column.
    other: String,
}

/// What there is at a point of the history.
#[derive(Default)]
struct Schema {
    tables: Vec<String>,
    columns: Vec<Of>,
    indexes: Vec<Of>,
    keys: Vec<Of>,
    views: Vec<Of>,
    triggers: Vec<Of>,
    functions: Vec<String>,
    types: Vec<String>,
}

/// 100 migrations.
pub fn mixed() -> Vec<Script> {
    let total: usize = SHARES.iter().map(|(_, share)| share).sum();
    let mut made = [0; SHARES.len()];
    let mut schema = Schema::default();
    let mut scripts = vec![String::new(); 100];
    for n in 0..total {
        // The kind that is furthest behind its share comes next, if it can.
        let mut order: Vec<usize> = (0..SHARES.len()).collect();
        order.sort_by_key(|&at| {
            (made[at] * total).cast_signed() - (SHARES[at].1 * (n + 1)).cast_signed()
        });
        let next = order.into_iter().find_map(|at| {
            let (kind, share) = SHARES[at];
            let sql = (made[at] < share).then(|| schema.statement(kind, made[at]))?;
            Some((at, sql?))
        });
        if let Some((at, sql)) = next {
            made[at] += 1;
            scripts[n * 100 / total] += &(sql + ";\n");
        }
    }
    let script = |(n, sql)| Script {
        version: n + 1,
        name: format!("step_{n}"),
        sql,
    };
    scripts.into_iter().enumerate().map(script).collect()
}

impl Schema {
    /// Statement `n` of a kind, where there is what it takes.
    fn statement(&mut self, kind: Kind, n: usize) -> Option<String> {
        if kind == Kind::CreateTable {
            self.tables.push(format!("t{n}"));
            return Some(format!(
                "CREATE TABLE t{n} (\n    id bigint PRIMARY KEY,\n    parent bigint,\n    name text NOT NULL,\n    note text,\n    amount integer NOT NULL DEFAULT 0,\n    at timestamptz NOT NULL DEFAULT now()\n)"
            ));
        }
        let table = self.tables.get(7 * n % self.tables.len().max(1))?.clone();
        match kind {
            Kind::CreateTable
            | Kind::AddColumn
            | Kind::CreateIndex
            | Kind::AddConstraint
            | Kind::Data
            | Kind::Default => Some(self.on_table(kind, n, table)),
            Kind::CreateView
            | Kind::CreateFunction
            | Kind::CreateTrigger
            | Kind::CreateType
            | Kind::EnumValue => self.code(kind, n, table),
            Kind::ColumnType | Kind::Rename | Kind::DropColumn => self.column(kind),
            Kind::DropConstraint
            | Kind::DropView
            | Kind::DropIndex
            | Kind::DropTable
            | Kind::DropTrigger
            | Kind::DropFunction => self.dropped(kind),
        }
    }

    fn on_table(&mut self, kind: Kind, n: usize, table: String) -> String {
        let of = |table: &str, name: String, other: &str| Of {
            table: table.to_owned(),
            name,
            other: other.to_owned(),
        };
        match kind {
            Kind::AddColumn => {
                const TYPES: [&str; 4] = [
                    "text",
                    "integer NOT NULL DEFAULT 0",
                    "boolean NOT NULL DEFAULT false",
                    "timestamptz",
                ];
                let kind = TYPES[n % 4];
                self.columns.push(of(&table, format!("c{n}"), kind));
                format!("ALTER TABLE {table} ADD COLUMN c{n} {kind}")
            }
            Kind::CreateIndex => {
                let column = ["name", "parent", "at", "amount"][n % 4];
                let unique = if n % 5 == 0 { "UNIQUE " } else { "" };
                self.indexes.push(of(&table, format!("i{n}"), column));
                format!("CREATE {unique}INDEX i{n} ON {table} ({column})")
            }
            Kind::AddConstraint => {
                let other = self.tables[n % self.tables.len()].clone();
                self.keys.push(of(&table, format!("f{n}"), &other));
                format!(
                    "ALTER TABLE {table} ADD CONSTRAINT f{n} FOREIGN KEY (parent) REFERENCES {other} (id)"
                )
            }
            Kind::Data => format!("UPDATE {table} SET note = '' WHERE note IS NULL"),
            _ => {
                let change = ["SET DEFAULT ''", "SET NOT NULL", "DROP NOT NULL"][n % 3];
                format!("ALTER TABLE {table} ALTER COLUMN note {change}")
            }
        }
    }

    fn code(&mut self, kind: Kind, n: usize, table: String) -> Option<String> {
        let of = |name: String, other: String| Of {
            table: table.clone(),
            name,
            other,
        };
        match kind {
            Kind::CreateView => {
                self.views.push(of(format!("v{n}"), String::new()));
                Some(format!(
                    "CREATE VIEW v{n} AS SELECT id, name, amount FROM {table} WHERE amount > 0"
                ))
            }
            Kind::CreateFunction => {
                self.functions.push(format!("fn{n}"));
                Some(format!(
                    "CREATE FUNCTION fn{n}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$"
                ))
            }
            Kind::CreateTrigger => {
                let function = self.functions.last()?.clone();
                self.triggers.push(of(format!("g{n}"), function.clone()));
                Some(format!(
                    "CREATE TRIGGER g{n} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
                ))
            }
            Kind::CreateType => {
                self.types.push(format!("e{n}"));
                Some(format!("CREATE TYPE e{n} AS ENUM ('a', 'b')"))
            }
            _ => {
                let name = self.types.get(n % self.types.len().max(1))?;
                Some(format!("ALTER TYPE {name} ADD VALUE 'x{n}'"))
            }
        }
    }

    /// Changes the oldest column of a kind that was not changed yet.
    fn column(&mut self, kind: Kind) -> Option<String> {
        let of = match kind {
            Kind::Rename => "text",
            Kind::ColumnType => "integer NOT NULL DEFAULT 0",
            _ => "timestamptz",
        };
        let at = self.columns.iter().position(|column| column.other == of)?;
        let Of { table, name, .. } = self.columns.remove(at);
        Some(match kind {
            Kind::Rename => format!("ALTER TABLE {table} RENAME COLUMN {name} TO {name}b"),
            Kind::ColumnType => format!("ALTER TABLE {table} ALTER COLUMN {name} TYPE bigint"),
            _ => format!("ALTER TABLE {table} DROP COLUMN {name}"),
        })
    }

    /// Drops the oldest, or of views the newest: those are dropped to be made anew.
    fn dropped(&mut self, kind: Kind) -> Option<String> {
        let oldest = |things: &mut Vec<Of>| (!things.is_empty()).then(|| things.remove(0));
        match kind {
            Kind::DropConstraint => {
                let key = oldest(&mut self.keys)?;
                Some(format!(
                    "ALTER TABLE {} DROP CONSTRAINT {}",
                    key.table, key.name
                ))
            }
            Kind::DropView => Some(format!("DROP VIEW {}", self.views.pop()?.name)),
            Kind::DropIndex => Some(format!("DROP INDEX {}", oldest(&mut self.indexes)?.name)),
            Kind::DropTrigger => {
                let trigger = oldest(&mut self.triggers)?;
                Some(format!(
                    "DROP TRIGGER {} ON {}",
                    trigger.name, trigger.table
                ))
            }
            Kind::DropFunction => {
                let used = |name: &String| self.triggers.iter().any(|one| one.other == *name);
                let at = self.functions.iter().position(|name| !used(name))?;
                Some(format!("DROP FUNCTION {}()", self.functions.remove(at)))
            }
            _ => self.dropped_table(),
        }
    }

    fn dropped_table(&mut self) -> Option<String> {
        let used = |table: &String| {
            let key = |key: &Of| key.table == *table || key.other == *table;
            self.keys.iter().any(key) || self.views.iter().any(|view| view.table == *table)
        };
        let at = self.tables.iter().position(|table| !used(table))?;
        let table = self.tables.remove(at);
        for things in [&mut self.columns, &mut self.indexes, &mut self.triggers] {
            things.retain(|one| one.table != table);
        }
        Some(format!("DROP TABLE {table}"))
    }
}
