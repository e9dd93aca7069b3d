//! The checked folder as an expression of type `Migrations`.

use std::str::FromStr as _;

use pgmig_core::Folder;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::valid::{Adopt, Options};
use crate::{files, rows};

/// The module that the tokens name. It carries the exact version, so that a macro and a runtime
/// that do not fit fail loudly.
pub(crate) fn private(pgmig: &syn::Path) -> TokenStream {
    let version = env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_");
    let module = format_ident!("__private_{version}");
    quote!(#pgmig::#module)
}

/// The expression: a block whose tables hold what is embedded, and the value that points to them.
///
/// Every name is absolute, primitive types too, so that nothing the calling module defines gets
/// in between; `p` is the block's own.
pub(crate) fn value(folder: &Folder, shown: &str, options: &Options) -> syn::Result<TokenStream> {
    let pgmig = &options.pgmig;
    let private = private(pgmig);
    let texts = files::texts(folder);
    let mut tables = files::tables(folder, shown, &texts);
    tables.push_str(&rows::tables(folder, shown, &texts));
    let tables = cut(&tables)?;
    let here = on_this_machine(shown);
    let out_of_order = folder.out_of_order;
    let ignored = &folder.ignored;
    let tenant_folder = match &folder.tenant_folder {
        Some(tenant) => on_this_machine(&tenant.shown),
        None => quote!(""),
    };
    let adopt = adopt(options.adopt, &private);
    Ok(quote! {{
        use #private as p;
        #tables
        p::MigrationsParts {
            public: &PUBLIC,
            drizzle: &DRIZZLE,
            tenant: &TENANT,
            baselines: &BASELINES,
            repeatable: &REPEATABLE,
            files: p::Dir::new("", &FILES),
            folder: #here,
            tenant_folder: #tenant_folder,
            ignored: &[#(#ignored),*],
            compare_folder: ::core::cfg!(debug_assertions),
            out_of_order: #out_of_order,
            adopt: #adopt,
            app: ::core::concat!(
                ::core::env!("CARGO_PKG_NAME"), " ", ::core::env!("CARGO_PKG_VERSION")
            ),
        }
        .embed()
    }})
}

/// A text as tokens. By rustc itself where it is there: proc-macro2 would read the text too.
fn cut(text: &str) -> syn::Result<TokenStream> {
    if !proc_macro::is_available() {
        return Ok(text.parse()?);
    }
    let tokens = proc_macro::TokenStream::from_str(text);
    let tokens = tokens.map_err(|error| syn::Error::new(Span::call_site(), error));
    tokens.map(TokenStream::from)
}

/// Where a folder is. A release build does not look for it, so it does not carry where it was.
fn on_this_machine(shown: &str) -> TokenStream {
    let path = format!("/{shown}");
    quote! {
        if ::core::cfg!(debug_assertions) {
            ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)
        } else {
            #shown
        }
    }
}

/// What is asked for about migrations of another tool.
fn adopt(adopt: Adopt, private: &TokenStream) -> TokenStream {
    let tool = match adopt {
        Adopt::Unsaid => return quote!(#private::Adopt::Refuse),
        Adopt::Any => return quote!(#private::Adopt::Any),
        Adopt::Nothing => return quote!(#private::Adopt::Nothing),
        Adopt::From(tool) => Ident::new(tool, Span::call_site()),
    };
    quote!(#private::Adopt::From(#private::Tool::#tool))
}
