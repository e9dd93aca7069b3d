//! Whether what was written is a test, and which.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Attribute, Expr, ExprLit, Lit, Path, Type};

use super::ast::{Function, Option_, Options};

/// A test.
pub(crate) struct Test {
    /// The crate that the tokens name.
    pub(crate) pgmig: Path,
    /// Whose migrations the database has.
    pub(crate) source: Source,
    /// Whether the database has a tenant that no argument asks for.
    pub(crate) tenant: bool,
    /// How many threads, where it says so.
    pub(crate) threads: Option<usize>,
    pub(crate) should_panic: bool,
}

/// What has the migrations.
pub(crate) enum Source {
    /// `crate::MIGRATIONS`.
    Unsaid,
    /// A list.
    Migrations(Expr),
    /// A migrator, for an app that has settings.
    Migrator(Expr),
}

const KNOWN: [&str; 5] = ["migrations", "migrator", "tenant", "threads", "crate"];

impl Test {
    /// Reads the options and looks at the function. The errors are all there are.
    pub(crate) fn new(options: &Options, function: &Function) -> Result<Self, syn::Error> {
        let mut test = Test {
            pgmig: syn::parse_quote!(::pgmig),
            source: Source::Unsaid,
            tenant: false,
            threads: None,
            should_panic: has(&function.attributes, "should_panic"),
        };
        let mut errors: Vec<_> = wrong(function);
        let mut seen: Vec<String> = Vec::new();
        for option in &options.0 {
            let key = option.key.unraw().to_string();
            if seen.contains(&key) {
                let message = format!("`{key}` is given twice");
                errors.push(syn::Error::new(option.key.span(), message));
            } else if let Err(error) = test.set(&key, option) {
                errors.push(error);
            }
            seen.push(key);
        }
        let errors = errors.into_iter().reduce(|mut all, one| {
            all.combine(one);
            all
        });
        errors.map_or(Ok(test), Err)
    }

    fn set(&mut self, key: &str, option: &Option_) -> syn::Result<()> {
        let span = option.key.span();
        match (key, &option.value) {
            ("tenant", None) => self.tenant = true,
            ("tenant", Some(value)) => {
                return Err(refused(
                    value,
                    "`tenant` is a word alone: `#[pgmig::test(tenant)]`",
                ));
            }
            ("migrations" | "migrator", Some(value)) => {
                if !matches!(self.source, Source::Unsaid) {
                    let message =
                        "`migrations` and `migrator` exclude each other: a migrator has its own";
                    return Err(syn::Error::new(span, message));
                }
                self.source = match key {
                    "migrations" => Source::Migrations(value.clone()),
                    _ => Source::Migrator(value.clone()),
                };
            }
            ("threads", Some(value)) => self.threads = Some(number(value)?),
            ("crate", Some(Expr::Path(path))) if path.qself.is_none() => {
                self.pgmig = path.path.clone();
            }
            ("crate", Some(value)) => {
                return Err(refused(
                    value,
                    "expected the path of pgmig, as in `crate = my_database::pgmig`",
                ));
            }
            (key, None) if KNOWN.contains(&key) => {
                return Err(syn::Error::new(
                    span,
                    format!("`{key}` takes a value: `{key} = ...`"),
                ));
            }
            (key, _) => {
                let message = format!(
                    "there is no option `{key}`\nhelp: the options are `migrations = path::MIGRATIONS`, \
                     `migrator = expression`, `tenant`, `threads = number` and `crate = path`"
                );
                return Err(syn::Error::new(span, message));
            }
        }
        Ok(())
    }
}

fn number(value: &Expr) -> syn::Result<usize> {
    let number = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| *number > 0);
    number.ok_or_else(|| {
        refused(
            value,
            "expected a number of threads from 1, as in `threads = 4`",
        )
    })
}

fn refused(value: &Expr, message: &str) -> syn::Error {
    syn::Error::new_spanned(quote!(#value), message)
}

/// Why a function is no test.
fn wrong(function: &Function) -> Vec<syn::Error> {
    let mut errors = Vec::new();
    let mut add = |span: Span, message: &str| errors.push(syn::Error::new(span, message));
    let name = &function.name;
    if !function.qualifiers.iter().any(|word| word == "async") {
        add(name.span(), "a test with a database is an `async fn`");
    }
    for word in &function.qualifiers {
        if word != "async" {
            add(word.span(), "a test is an `async fn` and nothing else");
        }
    }
    if let Some(generics) = &function.generics {
        add(
            generics.span,
            "a test has no generics: nobody says what they are",
        );
    }
    for attribute in &function.attributes {
        let last = attribute.path().segments.last();
        if last.is_some_and(|last| last.ident == "test") {
            let message = "`#[pgmig::test]` makes this a test already\nhelp: remove this attribute";
            errors.push(syn::Error::new_spanned(attribute.path(), message));
        }
    }
    if function.arguments.is_empty() {
        let message = "the test takes nothing of its database\n\
                       help: take what it needs: `pool: PgPool`, `tenant: Uuid`, `db: TestDb`\n\
                       help: if it needs none, it is no test for pgmig: `#[tokio::test]`";
        errors.push(syn::Error::new(name.span(), message));
    }
    for argument in &function.arguments {
        match &argument.of_type {
            None => {
                let message =
                    "a test is a function of its own, and each argument has a type: `pool: PgPool`";
                errors.push(syn::Error::new_spanned(&argument.pattern, message));
            }
            Some(Type::Reference(reference)) => {
                let message = format!(
                    "a test owns what it is handed\nhelp: write `{}`",
                    tokens(&reference.elem)
                );
                errors.push(syn::Error::new_spanned(reference, message));
            }
            Some(_) => {}
        }
    }
    errors
}

fn tokens(of_type: &Type) -> TokenStream {
    of_type.to_token_stream()
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|one| one.path().is_ident(name))
}
