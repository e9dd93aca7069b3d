//! The fingerprint: what it sees, and what it does not mistake for a change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod lab;
mod mutations;
mod sameness;
