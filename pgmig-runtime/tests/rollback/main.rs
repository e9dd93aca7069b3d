//! Taking migrations back on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contention;
mod outside;
mod plan;
mod steps;
#[path = "../support/mod.rs"]
mod support;

use pgmig_runtime::{Dispatch, Migrations, RollbackTo};
use sqlx::PgPool;
use support::{column, embed};

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];
const A: (&str, &str) = ("public/001_a.sql", "CREATE TABLE a (id int, n int);");
const A_DOWN: (&str, &str) = ("public/001_a.down.sql", "DROP TABLE a;");
const B: (&str, &str) = (
    "public/002_b.sql",
    "CREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\n-- pgmig: down\n\nDROP TABLE b;\n",
);
const C: (&str, &str) = ("public/003_c.sql", "ALTER TABLE a ADD COLUMN m int;");
const C_DOWN: (&str, &str) = (
    "public/003_c.down.sql",
    "ALTER TABLE a DROP COLUMN m;\nCREATE VIEW v AS SELECT n FROM ${schema}.a;\nDROP VIEW v;",
);

fn all() -> &'static Migrations {
    embed(&[A, A_DOWN, B, C, C_DOWN])
}

fn to(version: &str) -> RollbackTo {
    RollbackTo::Version(version.to_owned())
}

/// Version and head of `public` in the ledger.
async fn head(pool: &PgPool) -> Vec<String> {
    let query = "SELECT coalesce(version, 'none') || ' ' || encode(head, 'hex') FROM pgmig.target \
                 WHERE scope = 'public'";
    column(pool, query).await
}
