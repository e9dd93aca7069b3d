//! What was written between the brackets of `embed_migrations!`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, LitStr, Token, Visibility};

/// The whole of it: `"path", key = value` or `pub mod migrations = "path", key = value`.
pub(crate) struct Input {
    /// The module, where the macro is an item; else it is an expression.
    pub(crate) module: Option<Module>,
    /// The folder, where one is spelt.
    pub(crate) path: Option<LitStr>,
    /// The named arguments.
    pub(crate) arguments: Vec<Argument>,
}

/// `pub mod migrations`, with the attributes on it.
pub(crate) struct Module {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
}

/// `key = value`.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

/// Whether half-typed input is on its way to a module: then what stands in for it has to be items.
pub(crate) fn looks_like_module(input: &TokenStream) -> bool {
    input.clone().into_iter().next().is_some_and(|first| {
        let first = first.to_string();
        ["#", "pub", "mod"].contains(&first.as_str())
    })
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        let plain = attributes.is_empty() && matches!(visibility, Visibility::Inherited);
        if plain && !input.peek(Token![mod]) {
            let path = path_or_nothing(input)?;
            let arguments = arguments(input, path.is_some())?;
            return Ok(Input {
                module: None,
                path,
                arguments,
            });
        }
        input.parse::<Token![mod]>()?;
        let name = input.parse()?;
        let path = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(path(input)?),
            None => None,
        };
        let arguments = arguments(input, true)?;
        Ok(Input {
            module: Some(Module {
                attributes,
                visibility,
                name,
            }),
            path,
            arguments,
        })
    }
}

/// The path of the expression form: there, or left out before the end or a named argument.
fn path_or_nothing(input: ParseStream<'_>) -> syn::Result<Option<LitStr>> {
    let named = input.peek(Ident::peek_any) && input.peek2(Token![=]);
    if input.is_empty() || named {
        return Ok(None);
    }
    path(input).map(Some)
}

fn path(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let here = input.fork();
    input.parse().map_err(|_| {
        here.error(
            "expected a path in quotes\n\
             help: the folder is spelt out, relative to Cargo.toml: `embed_migrations!(\"db/migrations\")`, \
             or `embed_migrations! { pub mod migrations = \"db/migrations\" }`",
        )
    })
}

/// `, key = value` until the end; a module may close with `;`, as one does in a file.
fn arguments(input: ParseStream<'_>, after_something: bool) -> syn::Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    let mut separated = !after_something;
    loop {
        if input.parse::<Option<Token![;]>>()?.is_some() || input.is_empty() {
            break;
        }
        if !separated {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
        }
        arguments.push(argument(input)?);
        separated = false;
    }
    if input.is_empty() {
        Ok(arguments)
    } else {
        Err(input.error("a macro embeds one folder: nothing may follow the `;`"))
    }
}

fn argument(input: ParseStream<'_>) -> syn::Result<Argument> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error(
            "expected `key = value`\n\
             note: a macro embeds one folder; what follows its path are named arguments",
        ));
    }
    let key = input.call(Ident::parse_any)?;
    input.parse::<Token![=]>()?;
    let value = input.parse()?;
    Ok(Argument { key, value })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn parse(text: &str) -> syn::Result<Input> {
        syn::parse_str(text)
    }

    fn message(text: &str) -> String {
        match parse(text) {
            Ok(_) => panic!("`{text}` parses"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_expression_has_a_path_or_none() {
        assert!(parse("").unwrap().path.is_none());
        let input = parse(r#""db/migrations","#).unwrap();
        assert!(input.module.is_none());
        assert_eq!(input.path.unwrap().value(), "db/migrations");
    }

    #[test]
    fn a_module_has_attributes_a_visibility_and_a_path_or_none() {
        let input = parse("/** docs */ pub(crate) mod migrations;").unwrap();
        let module = input.module.unwrap();
        assert_eq!(module.name, "migrations");
        assert_eq!(module.attributes.len(), 1);
        assert!(matches!(module.visibility, Visibility::Restricted(_)));
        let input = parse(r#"mod m = "db/migrations""#).unwrap();
        assert_eq!(input.path.unwrap().value(), "db/migrations");
    }

    #[test]
    fn named_arguments_follow_the_path_and_may_stand_alone() {
        for text in [
            r#"crate = db::pgmig, layout = "sqlx""#,
            r#""db", crate = db::pgmig, layout = "sqlx","#,
            r#"mod m, crate = db::pgmig, layout = "sqlx""#,
            r#"pub mod m = "db", crate = db::pgmig, layout = "sqlx";"#,
        ] {
            let input = parse(text).unwrap();
            let keys: Vec<_> = input.arguments.iter().map(|a| a.key.to_string()).collect();
            assert_eq!(keys, ["crate", "layout"], "{text}");
        }
    }

    #[test]
    fn anything_but_a_quoted_path_is_told_what_to_write() {
        for text in ["concat!(\"a\")", "FOLDER", "1", "mod m = FOLDER"] {
            let message = message(text);
            assert!(
                message.starts_with("expected a path in quotes"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_second_folder_is_refused() {
        assert!(message(r#""a" "b""#).contains("expected `,`"));
        assert!(message(r#""a", "b""#).starts_with("expected `key = value`"));
        assert!(message("mod a; mod b").contains("nothing may follow"));
    }
}
