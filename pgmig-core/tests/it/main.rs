//! Tests of the crate from outside, one program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod baseline;
mod edit;
mod folder;
mod fuzz;
mod git;
mod layout;
mod layouts;
mod lock;
mod reformatted;
mod sql;
mod tree;
