//! `embed_migrations!`, the macro of pgmig. Use it through the crate `pgmig`.

use proc_macro::TokenStream;

/// Embeds a folder of migrations.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    input
}
