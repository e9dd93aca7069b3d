//! A database with one of each kind of object in a schema.

use pgmig_runtime::{Description, FingerprintOptions, describe, fingerprint};
use pgmig_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

/// One of each kind of object.
pub(crate) const EVERYTHING: &str = include_str!("everything.sql");

/// A database, and a connection to it.
pub(crate) struct Lab {
    pub(crate) connection: PgConnection,
    pub(crate) db: TestDatabase,
}

impl Lab {
    pub(crate) async fn new() -> Lab {
        let db = TestDatabase::create().await.unwrap();
        let connection = db.connect().await.unwrap();
        Lab { connection, db }
    }

    /// A database with `schemas`, each with one of each kind of object.
    pub(crate) async fn with(schemas: &[&str]) -> Lab {
        let mut lab = Lab::new().await;
        for schema in schemas {
            lab.fill(schema, EVERYTHING).await;
        }
        lab
    }

    pub(crate) async fn run(&mut self, sql: impl Into<String>) {
        self.try_run(sql).await.unwrap();
    }

    pub(crate) async fn try_run(&mut self, sql: impl Into<String>) -> Result<(), String> {
        let sql = sql.into();
        let done = self
            .connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.clone())))
            .await;
        done.map(drop)
            .map_err(|error| format!("{error}\nin: {sql:.2000}"))
    }

    /// Runs a script in a schema, which is made where it does not exist.
    pub(crate) async fn fill(&mut self, schema: &str, script: &str) {
        let quoted = quoted(schema);
        self.run(format!(
            "BEGIN; CREATE SCHEMA IF NOT EXISTS {quoted}; SET LOCAL search_path = {quoted}, public;\n{script};\nCOMMIT"
        ))
        .await;
    }

    pub(crate) async fn describe(&mut self, schema: &str) -> Description {
        self.describe_with(schema, &FingerprintOptions::new().exact(true))
            .await
    }

    pub(crate) async fn describe_with(
        &mut self,
        schema: &str,
        options: &FingerprintOptions,
    ) -> Description {
        describe(&mut self.connection, schema, options)
            .await
            .unwrap()
    }

    /// The fingerprint of one schema.
    pub(crate) async fn print(&mut self, schema: &str, options: &FingerprintOptions) -> String {
        let found = fingerprint(&mut self.connection, &[schema], options)
            .await
            .unwrap();
        assert_eq!(found.len(), 1, "{schema} has a fingerprint");
        found[0].to_string()
    }

    pub(crate) fn major(&self) -> u32 {
        self.db.server().major()
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The differences in words.
pub(crate) fn words(expected: &Description, actual: &Description) -> Vec<String> {
    expected
        .diff(actual)
        .iter()
        .map(ToString::to_string)
        .collect()
}
