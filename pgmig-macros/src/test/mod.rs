//! `#[pgmig::test]`: `ast` is the function and what stands in the brackets, `valid` whether that
//! makes a test, `expand` turns it into one.

mod ast;
mod expand;
mod valid;

pub(crate) use expand::expand;
