//! The macros of pgmig. Use them through the crate `pgmig`, which documents them.
//!
//! `embed_migrations!` is a pipeline of nouns: `ast` is what was written, `valid` what it asks for, `expand` turns the
//! checked folder into tokens (`value` with the text of its `rows` and `files`, `module` with names from `variant`),
//! and `fallback` stands in after an error, so that one mistake gives one message. All of it works
//! on `proc_macro2` tokens, so that the tests under each file need no compiler. `#[pgmig::test]` is
//! another, in `test`.

mod ast;
mod expand;
mod fallback;
mod files;
mod module;
mod rows;
#[cfg(test)]
mod samples;
mod test;
mod valid;
mod value;
mod variant;

use proc_macro::TokenStream;

#[allow(missing_docs)] // Documented where it is re-exported, in `pgmig`.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    expand::expand(input.into(), &valid::Environment::of_this_process()).into()
}

#[allow(missing_docs)] // Documented where it is re-exported, in `pgmig`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    test::expand(options.into(), function.into()).into()
}
