//! The only place that knows squawk: everything else sees [`lexer::Lexeme`]s.
//!
//! Squawk's lexer and parser were chosen by measurement (`docs/sql-checks.md`). Their releases
//! are not semver, so whatever replaces them has to replace this module and nothing else.

pub(crate) mod lexer;
