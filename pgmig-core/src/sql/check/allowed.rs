//! Which rules a file silences, and where.

use crate::Problem;
use crate::directive::{Ask, Directive, Word};
use crate::lint;
use crate::sql::syntax::Text;

/// What `-- pgmig: allow(...)` says in one file.
#[derive(Debug, Default)]
pub(super) struct Allowed<'a> {
    file: Vec<&'a str>,
    /// Where the directive is, and the rule.
    statements: Vec<(usize, &'a str)>,
}

impl<'a> Allowed<'a> {
    /// Reads a script's directives.
    pub(super) fn new(directives: &'a [Directive]) -> Self {
        let mut allowed = Allowed::default();
        for (directive, word) in words(directives) {
            if directive.at_head {
                allowed.file.push(&word.text);
            } else {
                allowed.statements.push((directive.range.start, &word.text));
            }
        }
        allowed
    }

    /// Whether a rule is silent in the statement that starts at byte `start`, where the one before
    /// it ends at `before`.
    pub(super) fn allows(&self, rule: &str, before: usize, start: usize) -> bool {
        self.file.contains(&rule)
            || self
                .statements
                .iter()
                .any(|(at, name)| *name == rule && (before..start).contains(at))
    }
}

fn words(directives: &[Directive]) -> impl Iterator<Item = (&Directive, &Word)> {
    directives
        .iter()
        .filter_map(|directive| match &directive.ask {
            Ask::Allow(words) => Some((directive, words)),
            _ => None,
        })
        .flat_map(|(directive, words)| words.iter().map(move |word| (directive, word)))
}

/// Rules that do not exist.
pub(super) fn unknown(text: Text<'_>, directives: &[Directive]) -> Vec<Problem> {
    words(directives)
        .filter(|(_, word)| lint::rule(&word.text).is_none())
        .map(|(_, word)| {
            let title = format!("unknown rule `{}`", word.text);
            let problem = text.error("unknown-rule", title, word.range.clone());
            match lint::nearest(&word.text) {
                Some(known) => problem.help(format!("did you mean `{known}`?")),
                None => problem.help("`cargo pgmig lint` lists the rules"),
            }
        })
        .collect()
}
