//! Whether what was written makes sense, and what it asks for.

use std::env;
use std::path::PathBuf;

use pgmig_core::{Layout, UnknownLayout};
use proc_macro2::Span;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Expr, ExprLit, Lit, LitStr};

use crate::ast::{Argument, Input};

/// What the macro knows of the build it runs in.
pub(crate) struct Environment {
    /// The directory of the calling crate's `Cargo.toml`.
    pub(crate) manifest_dir: Option<PathBuf>,
    /// Whether `PGMIG_LOCKED` makes every draft an error.
    pub(crate) locked: bool,
}

impl Environment {
    /// As Cargo set it for this compiler.
    pub(crate) fn of_this_process() -> Self {
        Environment {
            manifest_dir: env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            locked: env::var("PGMIG_LOCKED").is_ok_and(|value| is_on(&value)),
        }
    }
}

/// `PGMIG_LOCKED=0` and an empty value switch it off, so that one step of a pipeline can.
fn is_on(value: &str) -> bool {
    !["", "0", "false"].contains(&value)
}

/// What is asked for.
pub(crate) struct Request {
    /// The folder on this machine.
    pub(crate) root: PathBuf,
    /// The folder from the crate's directory, with `/`.
    pub(crate) shown: String,
    /// Where messages point.
    pub(crate) span: Span,
}

/// The named arguments.
pub(crate) struct Options {
    /// The crate that the tokens name, `::pgmig` unless `crate = path` says another.
    pub(crate) pgmig: syn::Path,
    /// What is to be done about migrations that another tool has applied.
    pub(crate) adopt: Adopt,
    /// The layout that is named.
    pub(crate) layout: Option<Layout>,
    /// The folder of the tenant scope from the crate's directory, where one is named.
    pub(crate) tenant: Option<String>,
}

const DEFAULT_FOLDER: &str = "migrations";

impl Request {
    /// Finds the folder that `input` means.
    pub(crate) fn new(input: &Input, environment: &Environment) -> syn::Result<Self> {
        let span = match (&input.path, &input.module) {
            (Some(path), _) => path.span(),
            (None, Some(module)) => module.name.span(),
            (None, None) => Span::call_site(),
        };
        let shown = match &input.path {
            Some(path) => relative(path)?,
            None => DEFAULT_FOLDER.to_owned(),
        };
        let Some(manifest_dir) = &environment.manifest_dir else {
            return Err(syn::Error::new(
                span,
                "CARGO_MANIFEST_DIR is not set, and the folder is looked for beside Cargo.toml\n\
                 help: build with cargo, or set it to the directory of the crate",
            ));
        };
        Ok(Request {
            root: manifest_dir.join(&shown),
            shown,
            span,
        })
    }
}

/// The path as it is shown and embedded: `/` between its parts, no `./` before it.
fn relative(path: &LitStr) -> syn::Result<String> {
    let spelt = path.value().replace('\\', "/");
    let drive = spelt.as_bytes().get(1) == Some(&b':');
    if spelt.starts_with('/') || drive {
        return Err(syn::Error::new(
            path.span(),
            "the path is absolute\n\
             note: a build that names a place of one machine cannot be repeated on another\n\
             help: spell the folder relative to Cargo.toml, `../` included",
        ));
    }
    let mut shown = spelt.as_str();
    while let Some(rest) = shown.strip_prefix("./") {
        shown = rest.trim_start_matches('/');
    }
    let shown = shown.trim_end_matches('/');
    if shown.is_empty() || shown == "." {
        return Err(syn::Error::new(
            path.span(),
            "the path names no folder\n\
             help: leave it out for `migrations` beside Cargo.toml",
        ));
    }
    Ok(shown.to_owned())
}

impl Options {
    /// Reads the named arguments; the errors are all there are, and what is wrong has its default.
    pub(crate) fn new(arguments: &[Argument]) -> (Self, Option<syn::Error>) {
        let mut options = Options {
            pgmig: syn::parse_quote!(::pgmig),
            adopt: Adopt::Unsaid,
            layout: None,
            tenant: None,
        };
        let mut errors = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            if arguments[..at].iter().any(|one| one.key == argument.key) {
                let message = format!("`{}` is given twice", argument.key);
                errors.push(syn::Error::new(argument.key.span(), message));
            } else if let Err(error) = options.set(argument) {
                errors.push(error);
            }
        }
        let errors = errors.into_iter().reduce(|mut all, one| {
            all.combine(one);
            all
        });
        (options, errors)
    }

    fn set(&mut self, argument: &Argument) -> syn::Result<()> {
        match (argument.key.unraw().to_string().as_str(), &argument.value) {
            ("crate", Expr::Path(path)) if path.qself.is_none() => {
                self.pgmig = path.path.clone();
                Ok(())
            }
            ("crate", other) => Err(syn::Error::new_spanned(
                quote!(#other),
                "expected the path of pgmig, as in `crate = my_database::pgmig`",
            )),
            ("adopt", value) => {
                let word = text(value, "expected a word in quotes, as in `adopt = \"sqlx\"`")?;
                self.adopt = Adopt::parse(word)?;
                Ok(())
            }
            ("layout", value) => {
                let word = text(
                    value,
                    "expected a word in quotes, as in `layout = \"sqlx\"`",
                )?;
                let layout = word.value().parse();
                self.layout = Some(layout.map_err(|error: UnknownLayout| {
                    syn::Error::new(word.span(), error.to_string())
                })?);
                Ok(())
            }
            ("tenant", value) => {
                let path = "expected a path in quotes, as in `tenant = \"db/tenants\"`";
                self.tenant = Some(relative(text(value, path)?)?);
                Ok(())
            }
            (key, _) => Err(unknown(&argument.key, key)),
        }
    }

    /// What the folder is to be read as.
    pub(crate) fn reading(&self, environment: &Environment) -> pgmig_core::Options {
        let root = environment.manifest_dir.as_ref();
        let tenant = self.tenant.as_ref().zip(root);
        pgmig_core::Options {
            layout: self.layout,
            tenant: tenant.map(|(shown, root)| pgmig_core::TenantFolder {
                root: root.join(shown),
                shown: shown.clone(),
            }),
        }
    }
}

/// What is to be done about migrations that another tool has applied.
#[derive(Clone, Copy)]
pub(crate) enum Adopt {
    Unsaid,
    Any,
    Nothing,
    /// The variant of the runtime's `Tool`.
    From(&'static str),
}

impl Adopt {
    fn parse(word: &LitStr) -> syn::Result<Self> {
        const TOOLS: [(&str, &str); 10] = [
            ("sqlx", "Sqlx"),
            ("refinery", "Refinery"),
            ("diesel", "Diesel"),
            ("sea-orm", "SeaOrm"),
            ("golang-migrate", "GolangMigrate"),
            ("goose", "Goose"),
            ("dbmate", "Dbmate"),
            ("prisma", "Prisma"),
            ("flyway", "Flyway"),
            ("drizzle", "Drizzle"),
        ];
        let written = word.value();
        match written.as_str() {
            "any" => return Ok(Adopt::Any),
            "nothing" => return Ok(Adopt::Nothing),
            _ => {}
        }
        if let Some((_, variant)) = TOOLS.iter().find(|(name, _)| *name == written) {
            return Ok(Adopt::From(variant));
        }
        let names = TOOLS.map(|(name, _)| name).join("`, `");
        Err(syn::Error::new(
            word.span(),
            format!("unknown tool `{written}`; it is `any`, `nothing` or one of `{names}`"),
        ))
    }
}

fn text<'a>(value: &'a Expr, expected: &str) -> syn::Result<&'a LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(text),
        other => Err(syn::Error::new_spanned(quote!(#other), expected)),
    }
}

fn unknown(key: &syn::Ident, word: &str) -> syn::Error {
    syn::Error::new(
        key.span(),
        format!(
            "unknown argument `{word}`\n\
             help: a path in quotes, `layout = \"sqlx\"`, `tenant = \"db/tenants\"`, \
             `adopt = \"sqlx\"` and `crate = path::to::pgmig` are all there is"
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn shown(path: &str) -> Result<String, String> {
        relative(&LitStr::new(path, Span::call_site())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_is_spelt_with_slashes_and_without_a_leading_dot() {
        assert_eq!(shown("db/migrations").unwrap(), "db/migrations");
        assert_eq!(shown(r"db\my migrations\").unwrap(), "db/my migrations");
        assert_eq!(shown(".//./db/").unwrap(), "db");
        assert_eq!(shown("../größe/迁移").unwrap(), "../größe/迁移");
    }

    #[test]
    fn an_absolute_path_is_refused_on_every_platform() {
        for path in [
            "/srv/migrations",
            r"C:\migrations",
            "C:/migrations",
            r"\\host\share",
        ] {
            assert!(shown(path).unwrap_err().starts_with("the path is absolute"));
        }
    }

    #[test]
    fn a_path_to_nowhere_is_refused() {
        for path in ["", ".", "./"] {
            assert!(
                shown(path)
                    .unwrap_err()
                    .starts_with("the path names no folder")
            );
        }
    }

    #[test]
    fn every_wrong_argument_is_told_at_once() {
        let input: Input =
            syn::parse_str(r#""db", layuot = "sqlx", crate = "x", crate = a::b"#).unwrap();
        let (options, errors) = Options::new(&input.arguments);
        let errors: Vec<_> = errors.unwrap().into_iter().map(|e| e.to_string()).collect();
        assert!(errors[0].starts_with("unknown argument `layuot`"));
        assert!(errors[1].starts_with("expected the path of pgmig"));
        assert_eq!(errors[2], "`crate` is given twice");
        let pgmig = &options.pgmig;
        assert_eq!(quote!(#pgmig).to_string(), ":: pgmig");
    }

    #[test]
    fn locked_is_switched_off_by_nothing_and_by_zero() {
        assert!(is_on("1") && is_on("true"));
        assert!(!is_on("") && !is_on("0") && !is_on("false"));
    }

    #[test]
    fn without_cargo_the_folder_cannot_be_found() {
        let environment = Environment {
            manifest_dir: None,
            locked: false,
        };
        let input: Input = syn::parse_str("").unwrap();
        let error = Request::new(&input, &environment).err().unwrap();
        assert!(error.to_string().starts_with("CARGO_MANIFEST_DIR"));
    }
}
