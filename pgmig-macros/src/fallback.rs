//! What stands in after an error: it type-checks, so that a person sees one message and not ten.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast;
use crate::value::private;

/// A `Migrations` without migrations.
pub(crate) fn value(pgmig: &syn::Path) -> TokenStream {
    let private = private(pgmig);
    quote! {
        #private::MigrationsParts {
            public: &[],
            drizzle: &[],
            tenant: &[],
            baselines: &[],
            repeatable: &[],
            files: #private::Dir::new("", &[]),
            folder: "",
            tenant_folder: "",
            ignored: &[],
            compare_folder: false,
            out_of_order: false,
            adopt: #private::Adopt::Refuse,
            app: "",
        }
        .embed()
    }
}

/// For input that could not be read: `error`, and a value unless a module was being written.
pub(crate) fn unreadable(input: &TokenStream, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    if ast::looks_like_module(input) {
        return errors;
    }
    let value = value(&syn::parse_quote!(::pgmig));
    quote!({ #errors #value })
}
