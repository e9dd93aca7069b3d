//! `#[pgmig::test]` and `TestDb`: what a test is handed, what is shared, what is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fate;
mod forms;
mod hundred;

pgmig::embed_migrations! { mod migrations }

/// What a test finds that names none.
pub(crate) use migrations::MIGRATIONS;
