//! The examples as a person runs them: the real binaries, on a real PostgreSQL.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adopt;
mod boot;
mod commands;
mod demo;
mod drizzle;
mod export;
mod http;
mod migrator;
mod program;
mod readme;
mod rollback;
mod verify;
