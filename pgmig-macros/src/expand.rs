//! Input to output: the folder that is asked for, or every problem it has.

use pgmig_core::{Absent, Folder, Loaded, Problem, Severity};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::ast::Input;
use crate::valid::{Environment, Options, Request};
use crate::{fallback, module, value};

/// The tokens for `input`. Whatever is wrong is in them as `compile_error!`: nothing here panics,
/// and nothing is written to disk.
pub(crate) fn expand(input: TokenStream, environment: &Environment) -> TokenStream {
    let written = match syn::parse2::<Input>(input.clone()) {
        Ok(written) => written,
        Err(error) => return fallback::unreadable(&input, &error),
    };
    let (options, wrong_arguments) = Options::new(&written.arguments);
    let wrong_arguments = wrong_arguments.map(|error| error.to_compile_error());
    let request = match Request::new(&written, environment) {
        Ok(request) => request,
        Err(error) => {
            let errors = error.to_compile_error();
            let build = Build::broken(quote!(#errors #wrong_arguments));
            return build.tokens(&written, "", &options);
        }
    };
    let loaded =
        pgmig_core::load_with(&request.root, &request.shown, &options.reading(environment));
    let drafts = loaded.drafts();
    let mut build = Build::new(loaded, request.span);
    build.add_errors(wrong_arguments);
    build.add_drafts(&drafts, environment.locked, request.span);
    build.tokens(&written, &request.shown, &options)
}

/// What goes into the tokens.
struct Build {
    folder: Folder,
    /// What is not in the folder because of an error.
    absent: Vec<Absent>,
    /// The errors of any build. Where there are some, something has to stand in for the value.
    errors: TokenStream,
    /// The errors of a release build.
    drafts: TokenStream,
}

impl Build {
    fn new(loaded: Loaded, span: Span) -> Self {
        let problems = loaded.problems.iter();
        let errors = problems.filter(|one| one.severity == Severity::Error);
        Build {
            absent: loaded.absent(),
            errors: errors.map(|one| compile_error(one, span)).collect(),
            drafts: TokenStream::new(),
            folder: loaded.folder,
        }
    }

    /// No folder could be looked for.
    fn broken(errors: TokenStream) -> Self {
        Build {
            folder: Folder::default(),
            absent: Vec::new(),
            errors,
            drafts: TokenStream::new(),
        }
    }

    fn add_errors(&mut self, errors: Option<TokenStream>) {
        self.errors.extend(errors);
    }

    /// Drafts are errors of a release build, of any where they are `locked` out.
    fn add_drafts(&mut self, drafts: &[Problem], locked: bool, span: Span) {
        let errors = drafts.iter().map(|draft| compile_error(draft, span));
        if locked {
            self.errors.extend(errors);
        } else {
            let in_release = errors.map(|error| quote!(#[cfg(not(debug_assertions))] #error));
            self.drafts.extend(in_release);
        }
    }

    fn tokens(&self, written: &Input, shown: &str, options: &Options) -> TokenStream {
        let pgmig = &options.pgmig;
        let (errors, drafts) = (&self.errors, &self.drafts);
        let broken = !self.errors.is_empty();
        let value = if broken {
            fallback::value(pgmig)
        } else {
            value::value(&self.folder, shown, options)
                .unwrap_or_else(|error| error.to_compile_error())
        };
        // Makes Cargo build again when the variable is set, changed or unset.
        let watch = quote! {
            const _: ::core::option::Option<&::core::primitive::str> =
                ::core::option_env!("PGMIG_LOCKED");
        };
        match &written.module {
            Some(module) => {
                let absent = broken.then_some(self.absent.as_slice());
                let module = module::module(module, &self.folder, absent, shown, pgmig, &value);
                quote!(#watch #errors #drafts #module)
            }
            None => quote!({ #watch #errors #drafts #value }),
        }
    }
}

fn compile_error(problem: &Problem, span: Span) -> TokenStream {
    syn::Error::new(span, problem.render()).to_compile_error()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proc_macro2::TokenTree;

    use super::*;
    use crate::samples::Sample;

    const ERROR: &str = ":: core :: compile_error !";
    const IN_RELEASE: &str = "# [cfg (not (debug_assertions))] :: core :: compile_error !";

    fn tokens(input: TokenStream, sample: &Sample, locked: bool) -> String {
        expand(input, &sample.environment(locked)).to_string()
    }

    #[test]
    fn a_draft_is_an_error_of_release_builds() {
        let tokens = tokens(quote!(), &Sample::draft(), false);
        assert_eq!(tokens.matches(IN_RELEASE).count(), 1, "{tokens}");
        assert_eq!(tokens.matches(ERROR).count(), 1, "{tokens}");
        assert!(tokens.contains("include_str"), "{tokens}");
    }

    #[test]
    fn a_draft_is_an_error_of_every_build_where_drafts_are_locked_out() {
        let tokens = tokens(quote!(), &Sample::draft(), true);
        assert_eq!(tokens.matches(IN_RELEASE).count(), 0, "{tokens}");
        assert_eq!(tokens.matches(ERROR).count(), 1, "{tokens}");
    }

    #[test]
    fn a_locked_migration_is_no_error_anywhere() {
        let sample = Sample::draft().locked();
        for locked in [false, true] {
            let tokens = tokens(quote!(), &sample, locked);
            assert_eq!(tokens.matches(ERROR).count(), 0, "{tokens}");
        }
    }

    #[test]
    fn every_problem_is_an_error_and_a_warning_is_none() {
        let sample = Sample::new(&[("public/001_a.sql", b""), ("public/002-b.sql", b"")]);
        let mut loaded = sample.load();
        let mut warning = loaded.problems[0].clone();
        warning.severity = Severity::Warning;
        loaded.problems.push(warning);
        let build = Build::new(loaded, Span::call_site());
        let tokens = build.errors.to_string();
        assert_eq!(tokens.matches(ERROR).count(), 2, "{tokens}");
    }

    #[test]
    fn after_an_error_every_migration_that_is_known_by_name_can_be_named() {
        let sample = Sample::new(&[
            (
                "public/001_create_users.sql",
                b"-- pgmig: no-transation\nSELECT 1;",
            ),
            ("public/002_create_cafes.sql", b"SELECT 'Caf\xe9s';"),
            ("public/003-create-plans.sql", b"SELECT 1;"),
            ("pgmig.lock", b""),
        ]);
        let tokens = tokens(quote!(pub mod m), &sample, false);
        let variants = quote!(&[Self::CreateUsers, Self::CreateCafes, Self::CreatePlans]);
        assert!(tokens.contains(&variants.to_string()), "{tokens}");
        assert!(!tokens.contains("include_str"), "{tokens}");
        syn::parse_str::<syn::File>(&tokens).unwrap();
    }

    #[test]
    fn a_scope_without_migrations_has_a_latest_only_to_stand_in() {
        let stand_in = "__Unreadable";
        let sound = tokens(quote!(mod m), &Sample::draft(), false);
        assert!(!sound.contains(stand_in), "{sound}");
        let broken = tokens(quote!(mod m), &Sample::draft(), true);
        assert_eq!(
            broken.matches("Self :: __Unreadable").count(),
            1,
            "{broken}"
        );
    }

    #[test]
    fn half_typed_input_gives_an_error_and_what_can_stand_there() {
        let sample = Sample::draft();
        let module = quote! {
            #[doc = "x"] pub(crate) mod migrations = "no such folder", crate = a::pgmig;
        };
        let expression = quote!("no such folder", crate = a::pgmig, layuot = 1, "x" mod);
        for (whole, items) in [(module, true), (expression, false)] {
            let whole: Vec<TokenTree> = whole.into_iter().collect();
            for end in 0..=whole.len() {
                let input: TokenStream = whole[..end].iter().cloned().collect();
                let shown = input.to_string();
                let output = expand(input, &sample.environment(false));
                let parses = if items && end > 0 {
                    syn::parse2::<syn::File>(output).map(drop)
                } else {
                    syn::parse2::<syn::Expr>(output).map(drop)
                };
                assert!(parses.is_ok(), "{shown}");
            }
        }
        let files = std::fs::read_dir(sample.directory()).unwrap();
        assert_eq!(files.count(), 1, "nothing is written");
    }

    #[test]
    fn a_half_typed_file_gives_an_error_or_none_but_no_panic() {
        let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let script = "public/001_type.sql";
        for file in [
            "public/002_touch_updated_at.sql",
            "tenant/003_create_invoices.sql",
        ] {
            let whole = std::fs::read(format!("{reference}/{file}")).unwrap();
            // Every eleventh is enough to stop inside of every kind of token.
            for end in (0..whole.len()).step_by(11) {
                let sample = Sample::new(&[(script, &whole[..end])]);
                let output = expand(quote!(mod m), &sample.environment(false));
                assert!(
                    syn::parse2::<syn::File>(output).is_ok(),
                    "{file} up to {end}"
                );
            }
        }
    }
}
