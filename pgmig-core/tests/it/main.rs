//! Tests of the crate from outside, one program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod folder;
mod tree;
