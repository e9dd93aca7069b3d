//! What was written: a function, and the options of the attribute.

use proc_macro2::{Group, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, ReturnType, Token, Type, Visibility, parenthesized};

/// A function, as far as it matters to a test. Its body is any group of tokens: whether that is
/// Rust is the compiler's to say.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) qualifiers: Vec<Ident>,
    pub(crate) name: Ident,
    /// `<'a, T>`, which a test cannot have.
    pub(crate) generics: Option<Token![<]>,
    pub(crate) arguments: Punctuated<Argument, Token![,]>,
    pub(crate) output: ReturnType,
    pub(crate) body: Group,
}

/// `mut pool: PgPool`.
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) pattern: TokenStream,
    /// None of `self`.
    pub(crate) of_type: Option<Type>,
}

/// `migrations = shop::MIGRATIONS`, or a word alone: `tenant`.
pub(crate) struct Option_ {
    pub(crate) key: Ident,
    pub(crate) value: Option<Expr>,
}

/// What stands in the brackets.
pub(crate) struct Options(pub(crate) Punctuated<Option_, Token![,]>);

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Punctuated::parse_terminated(input).map(Options)
    }
}

impl Parse for Option_ {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Option_ { key, value })
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let mut qualifiers = Vec::new();
        while is_qualifier(input) {
            qualifiers.push(input.call(Ident::parse_any)?);
        }
        if input.parse::<Option<Token![fn]>>()?.is_none() {
            return Err(
                input.error("`#[pgmig::test]` goes on a function: `async fn name(pool: PgPool)`")
            );
        }
        let name = input.parse()?;
        let generics = input.parse::<Option<Token![<]>>()?;
        if generics.is_some() {
            // Up to the arguments, which begin with a parenthesis.
            while !input.peek(syn::token::Paren) && !input.is_empty() {
                input.parse::<proc_macro2::TokenTree>()?;
            }
        }
        let arguments;
        parenthesized!(arguments in input);
        Ok(Function {
            attributes,
            visibility,
            qualifiers,
            name,
            generics,
            arguments: Punctuated::parse_terminated(&arguments)?,
            output: input.parse()?,
            body: input.parse()?,
        })
    }
}

/// Whether a word comes that may stand before `fn`.
fn is_qualifier(input: ParseStream<'_>) -> bool {
    input.peek(Token![async])
        || input.peek(Token![const])
        || input.peek(Token![extern])
        || input.peek(Token![unsafe])
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let mut pattern = TokenStream::new();
        while !input.peek(Token![:]) && !input.peek(Token![,]) && !input.is_empty() {
            pattern.extend([input.parse::<proc_macro2::TokenTree>()?]);
        }
        let of_type = match input.parse::<Option<Token![:]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Argument {
            attributes,
            pattern,
            of_type,
        })
    }
}
