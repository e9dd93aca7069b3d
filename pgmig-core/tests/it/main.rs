//! Tests of the crate from outside, one program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edit;
mod folder;
mod lock;
mod tree;
