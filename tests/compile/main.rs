//! What compiles and what does not: whole crates that use pgmig, built by cargo.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod older;
mod readme;
mod rebuild;
mod scratch;
mod testing;
mod ui;
mod usage;
