//! One script while it is checked, and what is found in it.

use std::ops::Range;

use super::allowed::{self, Allowed};
use crate::lint::{Level, Levels, Rule};
use crate::sql::ddl::{self, Change};
use crate::sql::slot::{self, SLOT, Slot};
use crate::sql::split::{Raw, Split};
use crate::sql::syntax::{self, Text};
use crate::sql::{Statement, psql};
use crate::{Problem, Scope, Script, Severity};

/// A script that is checked.
pub(crate) struct Checked<'a> {
    /// Its text.
    pub(crate) text: Text<'a>,
    /// Itself.
    pub(crate) script: &'a Script,
    /// Cut up.
    pub(crate) split: &'a Split,
    /// Whose schema it changes.
    pub(crate) scope: Scope,
    /// Its statements, and what each does.
    pub(crate) statements: Vec<One<'a>>,
}

/// One statement of a script.
pub(crate) struct One<'a> {
    /// Its tokens.
    pub(crate) raw: &'a Raw,
    /// Its facts.
    pub(crate) facts: &'a Statement,
    /// What it does to the schema.
    pub(crate) change: Change,
    /// Where the statement before it ends.
    pub(crate) before: usize,
}

impl<'a> Checked<'a> {
    /// `path` is how messages spell the file.
    pub(crate) fn new(
        path: &'a str,
        script: &'a Script,
        masked: &'a str,
        split: &'a Split,
        scope: Scope,
    ) -> Self {
        let text = Text {
            path,
            written: &script.text,
            masked,
        };
        let mut before = 0;
        let mut statements = Vec::with_capacity(split.statements.len());
        for raw in &split.statements {
            let range = raw.range();
            let facts = script
                .statements
                .iter()
                .find(|statement| statement.range.start == range.start);
            if let Some(facts) = facts {
                statements.push(One {
                    raw,
                    facts,
                    change: ddl::read(masked, raw),
                    before,
                });
            }
            before = range.end;
        }
        Checked {
            text,
            script,
            split,
            scope,
            statements,
        }
    }

    /// Finds what no PostgreSQL would read.
    pub(super) fn syntax(&self, report: &mut Report<'_>) {
        for problem in syntax::problems(self.text, self.split) {
            report.push(problem);
        }
        for problem in psql::problems(self.text, self.split) {
            report.push(problem);
        }
        for problem in allowed::unknown(self.text, &self.script.directives) {
            report.push(problem);
        }
        let mut slots = Vec::new();
        for raw in &self.split.statements {
            for token in &raw.tokens {
                slot::slots(self.text.written, *token, &mut slots);
            }
        }
        for slot in slots {
            report.found.extend(misplaced(self.text, slot));
        }
    }
}

/// A slot that nothing can be put into.
fn misplaced(text: Text<'_>, slot: Slot) -> Option<Problem> {
    match slot {
        Slot::Name(_) => None,
        Slot::InName(range) => Some(
            text.error("misplaced-slot", format!("`{SLOT}` inside a name"), range)
                .label("is filled with a quoted name, so it has to stand alone")
                .help("names of indexes and constraints are in the schema already; leave it out"),
        ),
        Slot::InString(range) => Some(
            text.error("misplaced-slot", format!("`{SLOT}` inside a string"), range)
                .label("is not filled here")
                .help("as a value write `current_schema()`")
                .help("in dynamic SQL write `format('... %I ...', current_schema())`"),
        ),
    }
}

/// What is found in one script.
pub(crate) struct Report<'a> {
    allowed: Allowed<'a>,
    levels: &'a Levels,
    found: Vec<Problem>,
}

impl<'a> Report<'a> {
    /// Empty.
    pub(crate) fn new(checked: &Checked<'a>, levels: &'a Levels) -> Self {
        Report {
            allowed: Allowed::new(&checked.script.directives),
            levels,
            found: Vec::new(),
        }
    }

    /// Whether a syntax error was found in these bytes: what else is found there is a consequence.
    pub(crate) fn is_broken(&self, range: &Range<usize>) -> bool {
        self.found.iter().any(|problem| {
            problem.code == "syntax"
                && problem
                    .span
                    .as_ref()
                    .is_some_and(|span| range.start <= span.start && span.start <= range.end + 1)
        })
    }

    /// Adds an error, unless the same was said of the same place.
    pub(crate) fn push(&mut self, problem: Problem) {
        let said = |other: &Problem| other.code == problem.code && other.span == problem.span;
        if !self.found.iter().any(said) {
            self.found.push(problem);
        }
    }

    /// Adds what a rule finds in a statement, at the rule's level, unless it is silenced.
    pub(crate) fn lint(&mut self, rule: &Rule, statement: &One<'_>, problem: Problem) {
        let start = statement.raw.range().start;
        if self.allowed.allows(rule.name, statement.before, start) {
            return;
        }
        let severity = match self.levels.of(rule) {
            Level::Allow => return,
            Level::Warn => Severity::Warning,
            Level::Deny => Severity::Error,
        };
        let silence = format!("if it is meant, write `-- pgmig: allow({})`", rule.name);
        self.found.push(Problem {
            severity,
            ..problem.help(silence)
        });
    }

    /// How much was found.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// All of it.
    pub(crate) fn finish(self) -> Vec<Problem> {
        self.found
    }
}
