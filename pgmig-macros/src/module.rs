//! The item form: a module with the static `MIGRATIONS` and one enum a scope.

use pgmig_core::{Folder, Migration, Scope};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::ast::Module;
use crate::value::{private, scope_name};
use crate::variant::variants;

/// The module, with `value` in its static.
///
/// A scope that has no migration has its enum all the same, without `LATEST`; with `stand_in`,
/// after an error, it has one that nobody can spell, so that `LATEST` still resolves.
pub(crate) fn module(
    module: &Module,
    folder: &Folder,
    shown: &str,
    pgmig: &syn::Path,
    value: &TokenStream,
    stand_in: bool,
) -> TokenStream {
    let Module {
        attributes,
        visibility,
        name,
    } = module;
    let private = private(pgmig);
    let documented = attributes.iter().any(|one| one.path().is_ident("doc"));
    let about = (!documented).then(|| {
        let about = format!("The migrations of `{shown}`, as `embed_migrations!` embedded them.");
        quote!(#[doc = #about])
    });
    // Whoever has no `drizzle/` need not wonder what the enum is.
    let scopes = Scope::ALL
        .into_iter()
        .filter(|scope| *scope != Scope::Drizzle || !folder.drizzle.is_empty());
    let enums = scopes.map(|scope| {
        let migrations = folder.of(scope);
        let whose = match scope {
            Scope::Public => "of `public`, once a database",
            Scope::Drizzle => "of `public` that drizzle-kit generated",
            Scope::Tenant => "of the schema of each tenant",
        };
        let scope = Enum {
            private: &private,
            name: scope_name(scope),
            about: format!("The migrations {whose}, in version order."),
            getter: format_ident!("{}", scope.as_str()),
            variants: variants(migrations),
            migrations,
            shown,
            stand_in: stand_in && migrations.is_empty(),
        };
        scope.tokens()
    });
    quote! {
        #about
        #(#attributes)*
        #visibility mod #name {
            /// The migrations that this binary carries.
            pub static MIGRATIONS: #private::Migrations = #value;
            #(#enums)*
        }
    }
}

/// What one enum is made from.
struct Enum<'a> {
    private: &'a TokenStream,
    name: Ident,
    about: String,
    /// `Migrations::public` or `Migrations::tenant`.
    getter: Ident,
    variants: Vec<Ident>,
    migrations: &'a [Migration],
    shown: &'a str,
    stand_in: bool,
}

impl Enum<'_> {
    fn tokens(&self) -> TokenStream {
        let (private, name, about) = (self.private, &self.name, &self.about);
        let (variants, docs) = (&self.variants, self.docs());
        let stand_in = self.stand_in.then(|| {
            quote!(
                #[doc(hidden)]
                __Unreadable
            )
        });
        let constants = self.constants();
        let methods = self.methods();
        quote! {
            #[doc = #about]
            #[derive(
                ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug,
                ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::cmp::PartialOrd,
                ::core::cmp::Ord, ::core::hash::Hash
            )]
            pub enum #name { #(#[doc = #docs] #variants,)* #stand_in }
            impl #name {
                #constants
                #methods
            }
            impl ::core::fmt::Display for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::write!(f, "{}_{}", self.version(), self.name())
                }
            }
            impl ::core::convert::From<#name> for #private::Version<'static> {
                fn from(migration: #name) -> Self {
                    migration.version()
                }
            }
        }
    }

    fn docs(&self) -> Vec<String> {
        let docs = self.migrations.iter().map(|one| {
            let back = match &one.down {
                Some(down) => format!("; `{}/{}` takes it back", self.shown, down.path),
                None => String::new(),
            };
            format!(
                "Version {}: `{}/{}`{back}.",
                one.version, self.shown, one.up.path
            )
        });
        docs.collect()
    }

    fn constants(&self) -> TokenStream {
        let variants = &self.variants;
        let unreadable = format_ident!("__Unreadable");
        let latest = variants.last().or(self.stand_in.then_some(&unreadable));
        let latest = latest.map(|latest| {
            quote! {
                /// The newest.
                pub const LATEST: Self = Self::#latest;
            }
        });
        quote! {
            /// All of them, in version order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];
            #latest
        }
    }

    fn methods(&self) -> TokenStream {
        let (private, getter) = (self.private, &self.getter);
        let migration = if self.variants.is_empty() && !self.stand_in {
            quote!(match self {})
        } else {
            quote!(&MIGRATIONS.#getter()[self as ::core::primitive::usize])
        };
        quote! {
            /// The migration itself.
            pub const fn migration(self) -> &'static #private::Migration {
                #migration
            }
            /// Its version.
            pub const fn version(self) -> #private::Version<'static> {
                self.migration().version()
            }
            /// Its name, as the file spells it.
            pub const fn name(self) -> &'static ::core::primitive::str {
                self.migration().name()
            }
        }
    }
}
