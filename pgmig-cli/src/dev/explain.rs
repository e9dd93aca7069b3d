//! What an error means, why it matters and the way out: the sections of `docs/errors.md`.

use std::fmt;

/// The page of the documentation, by a link: a package holds the text itself.
const PAGE: &str = include_str!("errors.md");

/// The section of one error.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Explanation {
    name: &'static str,
    level: &'static str,
    about: String,
    why: String,
    instead: String,
}

/// The names of all errors that have a section.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("### "))
}

/// The section of that name.
pub(super) fn error(name: &str) -> Option<Explanation> {
    let name = names().find(|known| *known == name)?;
    let (_, rest) = PAGE.split_once(&format!("\n### {name}\n"))?;
    let section = rest.split("\n## ").next()?.split("\n### ").next()?;
    let (about, rest) = section.split_once("**Why it matters:**")?;
    let (why, instead) = rest.split_once("**The way out:**")?;
    Some(Explanation {
        name,
        level: "error",
        about: plain(about),
        why: plain(why),
        instead: plain(instead),
    })
}

/// One line, without links: a terminal cannot follow them.
fn plain(markdown: &str) -> String {
    let line = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = String::new();
    let mut rest = line.as_str();
    while let Some((before, from)) = rest.split_once("](") {
        let (start, label) = before.rsplit_once('[').unwrap_or(("", before));
        text.push_str(start);
        text.push_str(label);
        rest = from.split_once(')').map_or("", |(_, after)| after);
    }
    text + rest
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({})\n\nWhat happened\n  {}\n\nWhy it matters\n  {}\n\nThe way out\n  {}",
            self.name, self.level, self.about, self.why, self.instead
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn each_section_has_what_happened_why_it_matters_and_the_way_out() {
        assert!(names().count() > 50);
        for name in names() {
            let told = error(name).unwrap_or_else(|| panic!("{name} lacks a part"));
            for part in [&told.about, &told.why, &told.instead] {
                assert!(part.len() > 10, "{name}: {part:?}");
                assert!(part.ends_with(['.', '?', '`']), "{name}: {part:?}");
                assert!(!part.contains("]("), "{name}: {part:?}");
            }
        }
    }

    #[test]
    fn a_link_is_its_label() {
        assert_eq!(plain("see [a](b.md#c) and\n[`d`](e)."), "see a and `d`.");
        assert_eq!(plain("write `[lints]`."), "write `[lints]`.");
    }
}
