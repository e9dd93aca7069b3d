//! The only place that knows squawk: the rest of [`crate::sql`] sees [`lexer::Lexeme`]s and what
//! [`syntax`] finds wrong.
//!
//! Squawk's lexer and parser were chosen by measurement (`docs/sql-checks.md`). Their releases
//! are not semver, so whatever replaces them has to replace this module and nothing else.

pub(crate) mod lexer;
mod message;
pub(crate) mod query;
pub(crate) mod syntax;
mod tree;
mod validate;
