//! A migration's name in Rust: `create_public_tables` is the variant `CreatePublicTables`.

use std::collections::HashSet;

use pgmig_core::Version;
use proc_macro2::{Ident, Span};

/// What the enum has besides its variants, and the one word that cannot be raw.
const TAKEN: [&str; 3] = ["ALL", "LATEST", "Self"];

/// A variant a migration, in their order. A name that is taken gets its version behind it; the
/// first keeps its name, so that a migration which is added renames none that is there.
pub(crate) fn variants<'a>(
    migrations: impl IntoIterator<Item = (&'a Version, &'a str)>,
) -> Vec<Ident> {
    let mut taken: HashSet<String> = TAKEN.iter().map(|&name| name.to_owned()).collect();
    let unique = migrations.into_iter().map(|(version, name)| {
        let mut name = camel_case(name);
        if name.is_empty() || taken.contains(&name) {
            let version = version.as_str().replace('.', "_");
            name = format!("{name}V{version}");
        }
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site())
    });
    unique.collect()
}

/// The words of `name`, each with a capital. What no identifier may have parts words; a digit in
/// front gets an underscore, as Rust wants it.
fn camel_case(name: &str) -> String {
    let words = name.split(|c: char| c == '_' || !may_continue(c));
    let mut camel = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        let shouted = word.len() > 1 && !word.chars().any(char::is_lowercase);
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        if shouted {
            camel.extend(letters.flat_map(char::to_lowercase));
        } else {
            camel.extend(letters);
        }
    }
    if camel.is_empty() || syn::parse_str::<Ident>(&camel).is_ok() || TAKEN[2] == camel {
        camel
    } else {
        format!("_{camel}")
    }
}

fn may_continue(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || (!c.is_ascii() && syn::parse_str::<Ident>(&format!("x{c}")).is_ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn with_versions(migrations: &[(&str, &str)]) -> Vec<String> {
        let versions = migrations
            .iter()
            .map(|(version, _)| Version::parse(version));
        let versions: Vec<_> = versions.map(Option::unwrap).collect();
        let names = migrations.iter().map(|(_, name)| *name);
        let variants = variants(versions.iter().zip(names));
        variants.iter().map(Ident::to_string).collect()
    }

    fn named(names: &[&str]) -> Vec<String> {
        let versions: Vec<_> = (1..=names.len()).map(|one| one.to_string()).collect();
        let versions = versions.iter().map(String::as_str);
        with_versions(&versions.zip(names.iter().copied()).collect::<Vec<_>>())
    }

    #[test]
    fn words_get_capitals() {
        assert_eq!(
            named(&[
                "create_public_tables",
                "add-index",
                "addUsers",
                "ADD_SQL",
                "x"
            ]),
            ["CreatePublicTables", "AddIndex", "AddUsers", "AddSql", "X"]
        );
    }

    #[test]
    fn a_name_that_is_taken_gets_its_version() {
        assert_eq!(named(&["add_x", "add__x"]), ["AddX", "AddXV2"]);
        assert_eq!(
            named(&["add_x_v3", "add_x", "add.x"]),
            ["AddXV3", "AddX", "AddXV3_"]
        );
        assert_eq!(
            with_versions(&[("1.1", "a"), ("1.2", "a"), ("1.3", "A")]),
            ["A", "AV1_2", "AV1_3"]
        );
    }

    #[test]
    fn keywords_and_the_enums_own_names_are_left_free() {
        assert_eq!(
            named(&["self", "a_l_l", "latest", "type", "l_a_t_e_s_t"]),
            ["SelfV1", "ALLV2", "Latest", "Type", "LATESTV5"]
        );
    }

    #[test]
    fn digits_in_front_and_other_scripts_make_identifiers() {
        assert_eq!(
            named(&["2fa_tables", "größe", "迁移_表", "🦀", "add_²"]),
            ["_2faTables", "Größe", "迁移表", "V4", "Add"]
        );
    }
}
