//! A database in which migrations were replayed, or their baseline.

use std::collections::BTreeSet;

use pgmig_core::Scope;
use pgmig_core::baseline::Anew;
use pgmig_runtime::{Adopt, FingerprintOptions, Migrations, Migrator, Uuid, describe};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;

use super::contents::{Column, Contents, texts};
use crate::dev::error::Error;
use crate::dev::server::ServerArgs;

/// What the schema of the replayed tenant begins with: nothing else is called so, so that every
/// place where it is named can be found.
pub(super) const PREFIX: &str = "pgmig_baseline_";

/// The schema in which a scope is replayed.
pub(super) fn schema(scope: Scope) -> String {
    match scope {
        Scope::Tenant => {
            let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), ());
            format!("{PREFIX}{random:016x}")
        }
        Scope::Public | Scope::Drizzle => "public".to_owned(),
    }
}

/// How a schema comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By every migration.
    Migrations,
    /// By the baseline.
    Baseline,
}

/// A database with what came of it.
pub(super) struct Replay {
    /// Dropped with the value.
    database: TestDatabase,
    pool: PgPool,
    scope: Scope,
    contents: Contents,
    schemas: Vec<String>,
}

/// What `pg_dump` said.
pub(super) struct Dumped {
    pub(super) text: String,
    /// Its name and version.
    pub(super) program: String,
    /// The role that made what is dumped.
    pub(super) owner: String,
}

impl Replay {
    pub(super) async fn of(
        server: &ServerArgs,
        migrations: &'static Migrations,
        scope: Scope,
        schema: &str,
        kind: Kind,
    ) -> Result<Self, Error> {
        let database = server.database().await?;
        let pool = database.pool();
        let tenant_schema = schema.to_owned();
        let migrator = Migrator::new(migrations)
            .tenant_schema(move |_| tenant_schema.clone())
            .adopt(Adopt::Nothing)
            .drizzle_ledger(false)
            .baselines(kind == Kind::Baseline);
        migrator.run_public(&pool).await?;
        if scope == Scope::Tenant {
            migrator.run_tenant(&pool, Uuid::nil()).await?;
        }
        let schemas = match scope {
            Scope::Tenant => vec![schema.to_owned()],
            Scope::Public | Scope::Drizzle => texts(&pool, SCHEMAS).await?,
        };
        Ok(Replay {
            contents: Contents::read(&pool, &schemas).await?,
            database,
            pool,
            scope,
            schemas,
        })
    }

    /// The values that are another in a second replay, each with a default that makes it.
    pub(super) async fn anew(&self, again: &Replay) -> Result<Vec<Anew>, Error> {
        let (columns, mut wrong) = self.contents.differences(&again.contents);
        let mut anew = Vec::new();
        for column in columns {
            if !column.has_default {
                wrong.push(format!(
                    "{}: another value each time, and the column has no default that makes one",
                    column.shown()
                ));
                continue;
            }
            let rows = self.other_rows(again, &column).await?;
            anew.push(Anew {
                schema: column.schema,
                table: column.table,
                column: column.column,
                rows,
            });
        }
        match wrong.is_empty() {
            true => Ok(anew),
            false => Err(Error::NotRepeatable {
                scope: self.scope,
                differences: wrong,
            }),
        }
    }

    /// In what the database differs from one that began with the baseline, in words.
    pub(super) async fn differences(
        &self,
        begun: &Replay,
        anew: &[Anew],
    ) -> Result<Vec<String>, Error> {
        let options = FingerprintOptions::new()
            .exact(true)
            .column_order(true)
            .grants(true)
            .owners(true);
        let mut differences = Vec::new();
        let schemas: BTreeSet<&String> = self.schemas.iter().chain(&begun.schemas).collect();
        for schema in schemas {
            let [expected, made] = [&self.pool, &begun.pool];
            let expected = describe(expected, schema, &options).await?;
            let made = describe(made, schema, &options).await?;
            let found = expected.diff(&made);
            differences.extend(found.iter().map(|one| format!("{schema}: {one}")));
        }
        let (columns, others) = self.contents.differences(&begun.contents);
        differences.extend(others);
        for column in columns {
            let rows = self.other_rows(begun, &column).await?;
            let expected = anew.iter().find(|one| column.is_of(one));
            let expected = expected.is_some_and(|one| rows.is_subset(&one.rows));
            if !expected {
                differences.push(format!("{}: other values", column.shown()));
            }
        }
        Ok(differences)
    }

    /// The rows in which a column has another value in another replay.
    async fn other_rows(&self, other: &Replay, column: &Column) -> Result<BTreeSet<usize>, Error> {
        let query = column.values();
        let here = texts(&self.pool, &query).await?;
        let there = texts(&other.pool, &query).await?;
        let pairs = here.iter().zip(&there).enumerate();
        let differ = pairs.filter(|(_, (here, there))| here != there);
        Ok(differ.map(|(row, _)| row).collect())
    }

    /// What `pg_dump` says of it.
    pub(super) fn dump(&self) -> Result<Dumped, Error> {
        let failed = |why: String| Error::Dump { why };
        let ran = |output: std::io::Result<std::process::Output>| {
            let output = output.map_err(|error| failed(error.to_string()))?;
            match output.status.success() {
                true => String::from_utf8(output.stdout).map_err(|error| failed(error.to_string())),
                false => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
            }
        };
        let version = self.database.client("pg_dump")?.arg("--version").output();
        let which = match self.scope {
            Scope::Tenant => format!("--schema={}", self.schemas.join("")),
            Scope::Public | Scope::Drizzle => "--exclude-schema=pgmig".to_owned(),
        };
        let mut command = self.database.client("pg_dump")?;
        command
            .args([
                "--column-inserts",
                "--rows-per-insert=100",
                "--encoding=UTF8",
            ])
            .args(["--no-sync", &which]);
        Ok(Dumped {
            text: ran(command.output())?,
            program: ran(version)?.trim().to_owned(),
            owner: self.database.options().get_username().to_owned(),
        })
    }
}

/// The schemas that migrations of `public` may have made.
const SCHEMAS: &str = "SELECT n.nspname::text FROM pg_catalog.pg_namespace AS n \
    WHERE NOT pg_catalog.starts_with(n.nspname::text, 'pg_') AND n.nspname NOT IN ('information_schema', 'pgmig') ORDER BY 1";
