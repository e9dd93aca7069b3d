//! `cargo pgmig` as a person runs it: the real binary, in a folder of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agrees;
mod baseline;
mod check;
mod database;
mod diagram;
mod diff;
#[cfg(unix)]
mod drizzle;
mod errors;
mod init;
mod lint;
mod lock;
mod merge;
mod new;
mod place;
mod project;
mod provision;
mod readme;
mod renumber;
mod shadow;
