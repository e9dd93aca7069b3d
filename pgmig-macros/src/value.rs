//! The checked folder as an expression of type `Migrations`.

use std::collections::{BTreeMap, BTreeSet};

use pgmig_core::{Baseline, DrizzleEntry, Folder, Migration, Scope, Script};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use crate::script::{option, script};
use crate::valid::{Adopt, Options};

/// The module that the tokens name. It carries the exact version, so that a macro and a runtime
/// that do not fit fail loudly.
pub(crate) fn private(pgmig: &syn::Path) -> TokenStream {
    let version = env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_");
    let module = format_ident!("__private_{version}");
    quote!(#pgmig::#module)
}

/// What the scope is called in Rust.
pub(crate) fn scope_name(scope: Scope) -> Ident {
    let name = match scope {
        Scope::Public => "Public",
        Scope::Drizzle => "Drizzle",
        Scope::Tenant => "Tenant",
    };
    Ident::new(name, Span::call_site())
}

/// The expression: a block whose statics hold each file once, and the value that points to them.
///
/// Every name is absolute, primitive types too, so that nothing the calling module defines gets
/// in between. Slices of what a `const fn` makes are statics or `const` blocks, because a
/// temporary outside of them does not live for `'static`.
pub(crate) fn value(folder: &Folder, shown: &str, options: &Options) -> TokenStream {
    let pgmig = &options.pgmig;
    let files = Files::of(folder, shown, private(pgmig));
    let private = &files.private;
    let statics = files.statics();
    let [public, drizzle, tenant] = Scope::ALL.map(|scope| files.migrations(folder.of(scope)));
    let repeatable = files.migrations(&folder.repeatable);
    let repeatables = folder.repeatable.len();
    let [publics, drizzles, tenants] = Scope::ALL.map(|scope| folder.of(scope).len());
    let baselines = folder.baselines.iter().map(|one| files.baseline(one));
    let count = folder.baselines.len();
    let entries = files.entries("", &files.paths());
    let here = on_this_machine(shown);
    let out_of_order = folder.out_of_order;
    let ignored = &folder.ignored;
    let tenant_folder = match &folder.tenant_folder {
        Some(tenant) => on_this_machine(&tenant.shown),
        None => quote!(""),
    };
    let adopt = adopt(options.adopt, private);
    quote! {{
        #statics
        static PUBLIC: [#private::Migration; #publics] = #public;
        static DRIZZLE: [#private::Migration; #drizzles] = #drizzle;
        static TENANT: [#private::Migration; #tenants] = #tenant;
        static BASELINES: [#private::Migration; #count] = [#(#baselines),*];
        static REPEATABLE: [#private::Migration; #repeatables] = #repeatable;
        #private::MigrationsParts {
            public: &PUBLIC,
            drizzle: &DRIZZLE,
            tenant: &TENANT,
            baselines: &BASELINES,
            repeatable: &REPEATABLE,
            files: #private::Dir::new("", #entries),
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
    }}
}

/// The files that travel, each with the static that holds it.
struct Files<'a> {
    private: TokenStream,
    folder: &'a Folder,
    shown: &'a str,
    names: BTreeMap<&'a str, Ident>,
    /// Those that are read as text; what is not SQL is only carried.
    scripts: BTreeSet<&'a str>,
}

impl<'a> Files<'a> {
    fn of(folder: &'a Folder, shown: &'a str, private: TokenStream) -> Self {
        let scripts = folder
            .all()
            .flat_map(|one| [Some(&one.up), one.down.as_ref()])
            .chain(folder.baselines.iter().map(|one| Some(&one.script)));
        let scripts: BTreeSet<_> = scripts.flatten().map(|one| one.path.as_str()).collect();
        let mut paths = scripts.clone();
        paths.extend(folder.files.iter().map(String::as_str));
        let names = paths.into_iter().enumerate();
        Files {
            private,
            folder,
            shown,
            names: names
                .map(|(at, path)| (path, format_ident!("FILE_{at}")))
                .collect(),
            scripts,
        }
    }

    fn paths(&self) -> Vec<&'a str> {
        self.names.keys().copied().collect()
    }

    fn statics(&self) -> TokenStream {
        let statics = self.names.iter().map(|(path, name)| {
            let on_disk = format!("/{}", self.folder.shown(self.shown, path));
            let on_disk = quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #on_disk));
            if self.scripts.contains(path) {
                quote!(static #name: &::core::primitive::str = ::core::include_str!(#on_disk);)
            } else {
                quote!(static #name: &[::core::primitive::u8] = ::core::include_bytes!(#on_disk);)
            }
        });
        statics.collect()
    }

    /// The entries of the directory `within`, of which `paths` are all the files below it.
    fn entries(&self, within: &str, paths: &[&str]) -> TokenStream {
        let private = &self.private;
        let mut here: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in paths {
            let rest = &path[within.len()..];
            let end = rest.find('/').map_or(path.len(), |at| within.len() + at);
            here.entry(&path[..end]).or_default().push(path);
        }
        let entries = here.iter().map(|(path, below)| {
            if below.as_slice() == [*path] {
                let name = self.names.get(path);
                let bytes = self.scripts.contains(path).then(|| quote!(.as_bytes()));
                return quote!(#private::DirEntry::File(#private::File::new(#path, #name #bytes)));
            }
            let entries = self.entries(&format!("{path}/"), below);
            quote!(#private::DirEntry::Dir(#private::Dir::new(#path, #entries)))
        });
        quote!(const { &[#(#entries),*] })
    }

    fn migrations(&self, migrations: &[Migration]) -> TokenStream {
        let migrations = migrations.iter().map(|migration| self.migration(migration));
        quote!([#(#migrations),*])
    }

    fn migration(&self, migration: &Migration) -> TokenStream {
        let private = &self.private;
        let scope = scope_name(migration.scope);
        let version = migration.version.as_str();
        let name = &migration.name;
        let [checksum, head] = [migration.checksum.0, migration.head.0].map(bytes);
        let up = self.script(&migration.up);
        let down = option(migration.down.as_ref().map(|down| self.script(down)));
        let (locked, commit_before) = (migration.locked, migration.commit_before);
        let drizzle = migration.drizzle.as_ref();
        let drizzle = option(drizzle.map(|entry| drizzle_entry(entry, private)));
        quote! {
            #private::MigrationParts {
                scope: #private::Scope::#scope,
                version: #version,
                name: #name,
                checksum: #checksum,
                head: #head,
                up: #up,
                down: #down,
                locked: #locked,
                commit_before: #commit_before,
                drizzle: #drizzle,
            }
            .embed()
        }
    }

    /// In the form of a migration: the one with its version, whose script makes all before it too.
    fn baseline(&self, baseline: &Baseline) -> TokenStream {
        let private = &self.private;
        let scope = scope_name(baseline.scope);
        let version = baseline.version.as_str();
        let [checksum, head] = [baseline.checksum.0, baseline.head.0].map(bytes);
        let up = self.script(&baseline.script);
        quote! {
            #private::MigrationParts {
                scope: #private::Scope::#scope,
                version: #version,
                name: "baseline",
                checksum: #checksum,
                head: #head,
                up: #up,
                down: ::core::option::Option::None,
                locked: true,
                commit_before: false,
                drizzle: ::core::option::Option::None,
            }
            .embed()
        }
    }

    fn script(&self, on_disk: &Script) -> TokenStream {
        let text = self.names.get(on_disk.path.as_str());
        let path = self.folder.shown(self.shown, &on_disk.path);
        script(on_disk, &path, text, &self.private)
    }
}

fn drizzle_entry(entry: &DrizzleEntry, private: &TokenStream) -> TokenStream {
    let (created_at, hash) = (entry.created_at, bytes(entry.hash));
    let folder = option(entry.folder.as_ref().map(|folder| quote!(#folder)));
    quote!(#private::DrizzleEntry { created_at: #created_at, hash: #hash, folder: #folder })
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

/// 32 bytes as one byte string: a token instead of 63.
fn bytes(digest: [u8; 32]) -> TokenStream {
    let literal = Literal::byte_string(&digest);
    quote!(*#literal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::samples::Sample;

    fn tokens() -> (Sample, String) {
        let sample = Sample::new(&[
            ("public/001_create.sql", b"CREATE TABLE marker ();"),
            ("public/002_alter.sql", b"ALTER TABLE marker ADD a int;"),
        ]);
        let sample = sample.locked();
        let folder = sample.load().folder;
        let tokens = value(&folder, "db/my migrations", &Options::new(&[]).0);
        syn::parse2::<syn::Expr>(tokens.clone()).unwrap();
        (sample, tokens.to_string())
    }

    #[test]
    fn each_file_is_included_once_and_by_a_path_from_the_manifest() {
        let (_, tokens) = tokens();
        let include = quote!(::core::include_str!(::core::concat!(
            ::core::env!("CARGO_MANIFEST_DIR"),
            "/db/my migrations/public/001_create.sql"
        )));
        assert_eq!(tokens.matches(&include.to_string()).count(), 1, "{tokens}");
        assert_eq!(tokens.matches(":: core :: include_str !").count(), 2);
        assert_eq!(tokens.matches(":: core :: include_bytes !").count(), 1);
        assert_eq!(tokens.matches("CREATE TABLE marker").count(), 0);
    }

    #[test]
    fn no_place_of_this_machine_is_in_the_tokens() {
        let (sample, tokens) = tokens();
        let here = sample.directory().to_str().unwrap();
        assert!(!tokens.contains(here), "{tokens}");
    }

    #[test]
    fn directories_hold_their_files() {
        let (_, tokens) = tokens();
        let directory = r#"Dir :: new ("public" , const { & [:: pgmig :: __private_0_1_0 ::"#;
        assert!(tokens.contains(directory), "{tokens}");
        let lock = r#"File :: new ("pgmig.lock" , FILE_0)"#;
        assert!(tokens.contains(lock), "{tokens}");
        let script = r#"File :: new ("public/001_create.sql" , FILE_1 . as_bytes ())"#;
        assert!(tokens.contains(script), "{tokens}");
    }
}
