//! Lints: what PostgreSQL takes and people regret. One rule a file.
//!
//! A rule is silent about tables that the same migration creates: nobody uses them yet. Levels are
//! set in `pgmig.toml` (`[lints]`), silence for a file or a statement with `-- pgmig: allow(rule)`.

mod rules;
#[cfg(test)]
mod testing;

use std::collections::HashMap;

pub use rules::ALL;
pub(crate) use rules::{
    NEEDLESS_NO_TRANSACTION, OF_STATEMENT, SESSION_SETTING, TENANT_WRITES_PUBLIC,
};

/// What happens when a rule finds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Allow,
    /// `cargo pgmig check` tells it.
    Warn,
    /// It does not compile.
    Deny,
}

impl Level {
    /// The level of that name in `pgmig.toml`: `allow`, `warn` or `deny`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Level::Allow),
            "warn" => Some(Level::Warn),
            "deny" => Some(Level::Deny),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

/// A rule, with what `cargo pgmig lint --explain` says of it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name: `index-without-concurrently`.
    pub name: &'static str,
    /// The level where nothing else is said.
    pub level: Level,
    /// The lock that is taken on the table, where one is the point.
    pub lock: Option<&'static str>,
    /// What it is about, in one line.
    pub about: &'static str,
    /// Why it matters, with the lock that is taken.
    pub why: &'static str,
    /// The safe way.
    pub instead: &'static str,
    /// SQL that it finds, and below it the SQL to write.
    pub example: &'static str,
    /// Where PostgreSQL's documentation says so.
    pub chapter: &'static str,
}

/// The rule of that name.
///
/// ```
/// let rule = pgmig_core::lint::rule("session-setting").expect("a known rule");
/// println!("{}", rule.why);
/// ```
pub fn rule(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.name == name)
}

/// The name of the rule that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    crate::nearest::nearest(name, ALL.iter().map(|rule| rule.name))
}

/// The levels that a folder's settings give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels(HashMap<&'static str, Level>);

impl Levels {
    /// Sets the level of a rule.
    pub(crate) fn set(&mut self, rule: &'static Rule, level: Level) {
        self.0.insert(rule.name, level);
    }

    /// The level of a rule.
    pub(crate) fn of(&self, rule: &Rule) -> Level {
        self.0.get(rule.name).copied().unwrap_or(rule.level)
    }
}
