//! Input to output: the folder that is asked for, or every problem it has.

use pgmig_core::{Folder, Problem, Severity};
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
    match Request::new(&written, environment) {
        Ok(request) => {
            let loaded = pgmig_core::load(&request.root, &request.shown);
            let build = Build::new(loaded, &request, environment, wrong_arguments);
            build.tokens(&written, &request.shown, &options.pgmig)
        }
        Err(error) => {
            let errors = error.to_compile_error();
            let build = Build {
                folder: Folder::default(),
                errors: quote!(#errors #wrong_arguments),
                drafts: TokenStream::new(),
                broken: true,
            };
            build.tokens(&written, "", &options.pgmig)
        }
    }
}

/// What goes into the tokens.
struct Build {
    folder: Folder,
    /// The errors of any build.
    errors: TokenStream,
    /// The errors of a release build.
    drafts: TokenStream,
    /// Whether there are errors, so that something has to stand in for the value.
    broken: bool,
}

impl Build {
    fn new(
        loaded: pgmig_core::Loaded,
        request: &Request,
        environment: &Environment,
        wrong_arguments: Option<TokenStream>,
    ) -> Self {
        let mut drafts = loaded.drafts();
        let mut problems = loaded.problems;
        problems.retain(|problem| problem.severity == Severity::Error);
        if environment.locked {
            problems.append(&mut drafts);
        }
        Build {
            broken: !problems.is_empty() || wrong_arguments.is_some(),
            errors: wrong_arguments
                .into_iter()
                .chain(problems.iter().map(|one| compile_error(one, request.span)))
                .collect(),
            drafts: drafts
                .iter()
                .map(|draft| {
                    let error = compile_error(draft, request.span);
                    quote!(#[cfg(not(debug_assertions))] #error)
                })
                .collect(),
            folder: loaded.folder,
        }
    }

    fn tokens(&self, written: &Input, shown: &str, pgmig: &syn::Path) -> TokenStream {
        let (errors, drafts) = (&self.errors, &self.drafts);
        let value = if self.broken {
            fallback::value(pgmig)
        } else {
            value::value(&self.folder, shown, pgmig)
        };
        // Makes Cargo build again when the variable is set, changed or unset.
        let watch = quote! {
            const _: ::core::option::Option<&::core::primitive::str> =
                ::core::option_env!("PGMIG_LOCKED");
        };
        match &written.module {
            Some(module) => {
                let folder = &self.folder;
                let module = module::module(module, folder, shown, pgmig, &value, self.broken);
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

    use std::path::Path;

    use proc_macro2::TokenTree;

    use super::*;
    use crate::samples::{folder, migration};

    fn environment(locked: bool) -> Environment {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Environment {
            manifest_dir: here.parent().map(Path::to_owned),
            locked,
        }
    }

    /// The tokens of a build with `problems` found in a folder with one migration, a draft or not.
    fn tokens(input: TokenStream, draft: bool, locked: bool, problems: Vec<Problem>) -> String {
        let written = syn::parse2::<Input>(input).unwrap();
        let request = Request::new(&written, &environment(locked)).unwrap();
        let mut one = migration("1", "create_users");
        one.locked = !draft;
        let folder = folder(vec![one]);
        let loaded = pgmig_core::Loaded::of(folder, "migrations", problems);
        let build = Build::new(loaded, &request, &environment(locked), None);
        let pgmig = syn::parse_quote!(::pgmig);
        build.tokens(&written, "migrations", &pgmig).to_string()
    }

    fn problem(severity: Severity) -> Problem {
        let mut draft = migration("1", "a");
        draft.locked = false;
        let loaded = pgmig_core::Loaded::of(folder(vec![draft]), "migrations", Vec::new());
        let mut problem = loaded.drafts().remove(0);
        problem.severity = severity;
        problem
    }

    const ERROR: &str = ":: core :: compile_error !";
    const IN_RELEASE: &str = "# [cfg (not (debug_assertions))] :: core :: compile_error !";

    #[test]
    fn a_draft_is_an_error_of_release_builds() {
        let tokens = tokens(quote!(), true, false, Vec::new());
        assert_eq!(tokens.matches(IN_RELEASE).count(), 1, "{tokens}");
        assert_eq!(tokens.matches(ERROR).count(), 1, "{tokens}");
        assert!(tokens.contains("create_users"), "{tokens}");
    }

    #[test]
    fn a_draft_is_an_error_of_every_build_where_drafts_are_locked_out() {
        let tokens = tokens(quote!(), true, true, Vec::new());
        assert_eq!(tokens.matches(IN_RELEASE).count(), 0, "{tokens}");
        assert_eq!(tokens.matches(ERROR).count(), 1, "{tokens}");
    }

    #[test]
    fn a_locked_migration_is_no_error_anywhere() {
        let tokens = tokens(quote!(), false, true, Vec::new());
        assert_eq!(tokens.matches(ERROR).count(), 0, "{tokens}");
    }

    #[test]
    fn every_problem_is_an_error_and_a_warning_is_none() {
        let problems = [Severity::Error, Severity::Warning, Severity::Error].map(problem);
        let tokens = tokens(quote!(pub mod m), false, false, problems.into());
        assert_eq!(tokens.matches(ERROR).count(), 2, "{tokens}");
        assert!(!tokens.contains("include_str"), "{tokens}");
        assert!(tokens.contains("CreateUsers"), "{tokens}");
    }

    #[test]
    fn a_scope_without_migrations_has_a_latest_only_to_stand_in() {
        let stand_in = "__Unreadable";
        assert!(!tokens(quote!(mod m), false, false, Vec::new()).contains(stand_in));
        let broken = vec![problem(Severity::Error)];
        assert!(tokens(quote!(mod m), false, false, broken).contains(stand_in));
    }

    #[test]
    fn half_typed_input_gives_an_error_and_what_can_stand_there() {
        let module = quote! {
            #[doc = "x"] pub(crate) mod migrations = "no such folder", crate = a::pgmig;
        };
        let expression = quote!("no such folder", crate = a::pgmig, layuot = 1, "x" mod);
        for (whole, items) in [(module, true), (expression, false)] {
            let whole: Vec<TokenTree> = whole.into_iter().collect();
            for end in 0..=whole.len() {
                let input: TokenStream = whole[..end].iter().cloned().collect();
                let shown = input.to_string();
                let output = expand(input, &environment(false));
                let parses = if items && end > 0 {
                    syn::parse2::<syn::File>(output).map(drop)
                } else {
                    syn::parse2::<syn::Expr>(output).map(drop)
                };
                assert!(parses.is_ok(), "{shown}");
            }
        }
    }
}
