//! A function to a test.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::ast::{Argument, Function, Options};
use super::valid::{Source, Test};

/// The tokens for a function with the attribute. Where something is wrong the function stays as it
/// is, so that what it uses is not told to be unused.
pub(crate) fn expand(options: TokenStream, function: TokenStream) -> TokenStream {
    let parsed = syn::parse2::<Options>(options)
        .and_then(|options| Ok((options, syn::parse2::<Function>(function.clone())?)))
        .and_then(|(options, parsed)| Ok((Test::new(&options, &parsed)?, parsed)));
    match parsed {
        Ok((test, parsed)) => test.tokens(&parsed),
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#error #[allow(unused, clippy::unused_async)] #function)
        }
    }
}

impl Test {
    fn tokens(&self, function: &Function) -> TokenStream {
        let pgmig = &self.pgmig;
        let Function {
            attributes,
            visibility,
            name,
            arguments,
            output,
            body,
            ..
        } = function;
        let threads = match self.threads {
            Some(threads) => quote!(::core::option::Option::Some(#threads)),
            None => quote!(::core::option::Option::None),
        };
        let (migrator, should_panic) = (self.migrator(), self.should_panic);
        let tenant = self.tenant;
        let types: Vec<_> = arguments
            .iter()
            .filter_map(|one| one.of_type.as_ref())
            .collect();
        let asks = types.iter().map(|of_type| argument(pgmig, of_type));
        let handed = types.iter().map(|of_type| argument(pgmig, of_type));
        let arguments = arguments.iter().map(Argument::tokens);
        quote! {
            #(#attributes)*
            #[::core::prelude::v1::test]
            #visibility fn #name() #output {
                async fn #name(#(#arguments),*) #output #body
                #pgmig::testing::run(
                    #pgmig::testing::Setup {
                        migrator: #migrator,
                        tenant: #tenant #(|| #asks::TENANT)*,
                        should_panic: #should_panic,
                        threads: #threads,
                    },
                    async |db: #pgmig::testing::TestDb| #name(#(#handed::of(&db).await),*).await,
                )
            }
        }
    }

    fn migrator(&self) -> TokenStream {
        let pgmig = &self.pgmig;
        let list = match &self.source {
            Source::Migrator(migrator) => return quote!(#migrator),
            // What is no list is told where it is named.
            Source::Migrations(list) => quote_spanned!(list.span()=> &#list),
            Source::Unsaid => quote!(&crate::MIGRATIONS),
        };
        quote! {{
            static LIST: &#pgmig::Migrations = #list;
            #pgmig::Migrator::new(LIST)
        }}
    }
}

/// The implementation for the type of an argument. What is wrong with it is told at the type.
fn argument(pgmig: &syn::Path, of_type: &syn::Type) -> TokenStream {
    quote_spanned!(of_type.span()=> <#of_type as #pgmig::testing::Argument>)
}

impl Argument {
    fn tokens(&self) -> TokenStream {
        let Argument {
            attributes,
            pattern,
            of_type,
        } = self;
        let of_type = of_type.to_token_stream();
        quote!(#(#attributes)* #pattern: #of_type)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn expanded(options: &str, function: &str) -> String {
        let tokens = expand(options.parse().unwrap(), function.parse().unwrap());
        let file: syn::File = syn::parse2(tokens).unwrap();
        file.into_token_stream().to_string()
    }

    fn errors(options: &str, function: &str) -> usize {
        let tokens = expand(options.parse().unwrap(), function.parse().unwrap());
        tokens.to_string().matches("compile_error").count()
    }

    #[test]
    fn attributes_and_visibility_stay_on_the_test_and_its_body_is_as_written() {
        let text = expanded(
            "",
            "/// Documented.\n#[ignore] pub(crate) async fn a(mut pool: PgPool) -> Result<(), E> { one(2)?; Ok(()) }",
        );
        let [before, after] = text.split("async fn a").collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        for part in [
            "Documented",
            "# [ignore]",
            "pub (crate) fn a () -> Result < () , E >",
        ] {
            assert!(before.contains(part), "{part}: {text}");
        }
        assert!(after.contains("{ one (2) ? ; Ok (()) }"), "{text}");
        assert!(text.contains("should_panic : false"), "{text}");
        assert!(text.contains("& crate :: MIGRATIONS"), "{text}");
    }

    #[test]
    fn options_find_their_place() {
        let text = expanded(
            "migrator = shop::migrator(), tenant, threads = 4, crate = db::pgmig,",
            "#[should_panic] async fn a(db: TestDb) {}",
        );
        for part in [
            "migrator : shop :: migrator ()",
            "tenant : true || < TestDb as db :: pgmig :: testing :: Argument > :: TENANT",
            "should_panic : true",
            "Some (4usize)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = expanded("migrations = shop::LIST", "async fn a(db: TestDb) {}");
        assert!(text.contains("& shop :: LIST"), "{text}");
    }

    #[test]
    fn every_mistake_is_told_in_one_build() {
        assert_eq!(errors("", "async fn a(pool: PgPool) {}"), 0);
        assert_eq!(errors("tenants, threads = x", "fn a() {}"), 4);
        assert_eq!(errors("", "async fn a(&self, x, y: &str) {}"), 3);
    }
}
