//! The item form: a module with the static `MIGRATIONS` and one enum a scope.

use pgmig_core::{Absent, Folder, Migration, Scope, Script, Version};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::ast::Module;
use crate::rows::scope_name;
use crate::value::private;
use crate::variant::variants;

/// The module, with `value` in its static; `absent` after an error, if there was one.
///
/// A scope that has no migration has its enum all the same, without `LATEST`. After an error it
/// has a variant that nobody can spell, so that `LATEST` resolves, and one for each migration that
/// is known by name only.
pub(crate) fn module(
    module: &Module,
    folder: &Folder,
    absent: Option<&[Absent]>,
    shown: &str,
    pgmig: &syn::Path,
    value: &TokenStream,
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
    let enums = Scope::ALL.map(|scope| {
        let listed = listed(scope, folder, absent.unwrap_or_default(), shown);
        // Whoever has no `drizzle/` need not wonder what the enum is.
        if scope == Scope::Drizzle && listed.is_empty() {
            return TokenStream::new();
        }
        let variants = variants(listed.iter().map(|one| (one.version, one.name)));
        let scope = Enum {
            private: &private,
            scope,
            stand_in: absent.is_some() && variants.is_empty(),
            variants,
            docs: listed.into_iter().map(|one| one.doc).collect(),
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

/// A migration as the enum lists it.
struct Listed<'a> {
    version: &'a Version,
    name: &'a str,
    doc: String,
}

/// The migrations of a scope in version order, those that are known by name only among them.
fn listed<'a>(
    scope: Scope,
    folder: &'a Folder,
    absent: &'a [Absent],
    shown: &str,
) -> Vec<Listed<'a>> {
    let present = folder.of(scope).iter().map(|one| Listed {
        version: &one.version,
        name: &one.name,
        doc: doc(one, folder, shown),
    });
    let absent = absent.iter().filter(|one| one.scope == scope);
    let absent = absent.map(|one| Listed {
        version: &one.version,
        name: &one.name,
        doc: String::new(),
    });
    let mut listed: Vec<_> = present.chain(absent).collect();
    listed.sort_by_key(|one| one.version);
    listed
}

fn doc(migration: &Migration, folder: &Folder, shown: &str) -> String {
    let file = |script: &Script| folder.shown(shown, &script.path);
    let back = match &migration.down {
        Some(down) => format!("; `{}` takes it back", file(down)),
        None => String::new(),
    };
    let (version, up) = (&migration.version, file(&migration.up));
    format!("Version {version}: `{up}`{back}.")
}

/// What one enum is made from.
struct Enum<'a> {
    private: &'a TokenStream,
    scope: Scope,
    variants: Vec<Ident>,
    docs: Vec<String>,
    stand_in: bool,
}

impl Enum<'_> {
    fn tokens(&self) -> TokenStream {
        let (private, name, about) = (
            self.private,
            format_ident!("{}", scope_name(self.scope)),
            self.about(),
        );
        let (variants, docs) = (&self.variants, &self.docs);
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

    fn about(&self) -> String {
        let whose = match self.scope {
            Scope::Public => "of `public`, once a database",
            Scope::Drizzle => "of `public` that drizzle-kit generated",
            Scope::Tenant => "of the schema of each tenant",
        };
        format!("The migrations {whose}, in version order.")
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
        // `Migrations::public`, `drizzle` or `tenant`.
        let (private, getter) = (self.private, format_ident!("{}", self.scope.as_str()));
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
