//! Migrations of any number, the same for all who apply them.

use pgmig_compat::embed;
use pgmig_runtime::Migrations;

use crate::Result;

/// A migration as a file has it.
#[derive(Clone, Debug)]
pub struct Script {
    /// From 1.
    pub version: usize,
    /// `create_t0`.
    pub name: String,
    /// Its statements.
    pub sql: String,
}

/// The table that tenants are listed in.
pub const REGISTRY: &str =
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);";

/// So many migrations, each second one a new table: three statements in two migrations.
pub fn history(count: usize) -> Vec<Script> {
    (0..count).map(|n| step(n / 2, n)).collect()
}

fn step(table: usize, n: usize) -> Script {
    let (name, sql) = match n % 2 {
        0 => (
            format!("create_t{table}"),
            format!(
                "CREATE TABLE t{table} (\n    id bigint PRIMARY KEY,\n    up bigint,\n    name text NOT NULL,\n    note text,\n    at timestamptz NOT NULL DEFAULT now()\n);\n\
                 CREATE INDEX t{table}_name ON t{table} (name);\n"
            ),
        ),
        _ => (
            format!("refer_t{table}"),
            format!(
                "ALTER TABLE t{table}\n    ADD COLUMN done boolean NOT NULL DEFAULT false,\n    ADD FOREIGN KEY (up) REFERENCES t0 (id);\n"
            ),
        ),
    };
    Script {
        version: n + 1,
        name,
        sql,
    }
}

/// Migration `version`: a new column on the first table.
pub fn column(version: usize) -> Script {
    Script {
        version,
        name: format!("add_c{version}"),
        sql: format!("ALTER TABLE t0 ADD COLUMN c{version} text;\n"),
    }
}

/// All of it in one text.
pub fn joined(scripts: &[Script]) -> String {
    scripts.iter().map(|script| script.sql.as_str()).collect()
}

/// Embeds migrations of `public` as the macro does.
pub fn embed_public(scripts: &[Script]) -> Result<&'static Migrations> {
    embedded(&[("public", scripts)])
}

/// Embeds the registry of tenants, and migrations of the tenant scope.
pub fn embed_tenant(scripts: &[Script]) -> Result<&'static Migrations> {
    embedded(&[("public", &[registry()]), ("tenant", scripts)])
}

/// Ten tables in ten migrations, and a column of one of them in each that follows.
pub fn altering(count: usize) -> Vec<Script> {
    let step = |n: usize| match n {
        0..10 => (
            format!("create_t{n}"),
            format!("CREATE TABLE t{n} (id bigint PRIMARY KEY);\n"),
        ),
        _ => (
            format!("add_c{n}"),
            format!("ALTER TABLE t{} ADD COLUMN c{n} text;\n", n % 10),
        ),
    };
    (0..count)
        .map(|n| {
            let (name, sql) = step(n);
            Script {
                version: n + 1,
                name,
                sql,
            }
        })
        .collect()
}

/// Embeds a tenant scope, with a baseline of all its migrations if there is one.
pub fn embed_from(scripts: &[Script], baseline: Option<&str>) -> Result<&'static Migrations> {
    let root = tempfile::tempdir()?;
    write(
        root.path(),
        &[("public", &[registry()]), ("tenant", scripts)],
    )?;
    pgmig_core::edit::lock(&pgmig_core::load(root.path(), "migrations"), &[])?.apply()?;
    if let Some(text) = baseline {
        let loaded = pgmig_core::load(root.path(), "migrations");
        pgmig_core::edit::baseline(&loaded, pgmig_core::Scope::Tenant, text)?.apply()?;
    }
    read(root.path())
}

fn registry() -> Script {
    Script {
        version: 1,
        name: "create_tenants".to_owned(),
        sql: REGISTRY.to_owned(),
    }
}

fn embedded(scopes: &[(&str, &[Script])]) -> Result<&'static Migrations> {
    let root = tempfile::tempdir()?;
    write(root.path(), scopes)?;
    read(root.path())
}

fn write(root: &std::path::Path, scopes: &[(&str, &[Script])]) -> Result<()> {
    for (scope, scripts) in scopes {
        let folder = root.join(scope);
        std::fs::create_dir(&folder)?;
        for script in *scripts {
            let file = format!("{:04}_{}.sql", script.version, script.name);
            std::fs::write(folder.join(file), &script.sql)?;
        }
    }
    Ok(())
}

fn read(root: &std::path::Path) -> Result<&'static Migrations> {
    let embedded = embed(root, None, false);
    match embedded.errors.first() {
        Some(error) => Err(error.to_string().into()),
        None => Ok(embedded.migrations),
    }
}
