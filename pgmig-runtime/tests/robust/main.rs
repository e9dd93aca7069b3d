//! What goes wrong around a run: locks, lost connections, restarts, rights, poolers, dropped
//! futures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod files;
mod locks;
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use pgmig_runtime::{Dispatch, Retry};

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];
const A: (&str, &str) = ("public/001_a.sql", "CREATE TABLE a (id int, n int);");
const B: (&str, &str) = ("public/002_b.sql", "ALTER TABLE a ADD COLUMN m int;");
const CIC: (&str, &str) = (
    "public/003_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY a_n ON a (n);\nINSERT INTO a (id) VALUES (7);",
);

fn quick() -> Retry {
    Retry::default()
        .attempts(3)
        .delay(Duration::from_millis(10))
}
