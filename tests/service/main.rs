//! The example service as a person runs it: the real binary, on a real PostgreSQL.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod boot;
mod commands;
mod demo;
mod http;
mod program;
mod readme;
