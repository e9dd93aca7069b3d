//! `cargo pgmig lint`: the rules, and what each of them is about.

use pgmig_core::lint::{self, Rule};
use pgmig_core::nearest;
use serde::Serialize;

use super::error::Error;
use super::explain::{self, Explanation};
use super::{Outcome, say};

/// List the lints, or explain one of them or an error
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig lint                                        all rules and their levels
  cargo pgmig lint --explain index-without-concurrently   why, and the safe way
  cargo pgmig lint --explain unknown-column               an error, by the name behind it

`cargo pgmig check` tells what the rules find. Levels are set under [lints] in
migrations/pgmig.toml; a file or a statement is let off with `-- pgmig: allow(rule)`.")]
pub(super) struct Lint {
    /// Explain this rule or error: why it matters, the way out
    #[arg(long, value_name = "NAME", value_parser = named)]
    explain: Option<Named>,

    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What has a name that can be explained.
#[derive(Clone, Debug)]
enum Named {
    Rule(&'static Rule),
    Error(Explanation),
}

/// A rule or an error by its name, also as it stands in brackets.
fn named(name: &str) -> Result<Named, String> {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Some(rule) = lint::rule(name) {
        return Ok(Named::Rule(rule));
    }
    if let Some(error) = explain::error(name) {
        return Ok(Named::Error(error));
    }
    let rules = lint::ALL.iter().map(|rule| rule.name);
    Err(match nearest(name, rules.chain(explain::names())) {
        Some(near) => format!("no rule or error has this name; did you mean `{near}`?"),
        None => {
            "no rule or error has this name; `cargo pgmig lint` lists the rules, an error has its \
                 name in brackets"
                .to_owned()
        }
    })
}

#[derive(Serialize)]
struct Answer {
    name: &'static str,
    level: &'static str,
    lock: Option<&'static str>,
    about: &'static str,
    why: &'static str,
    instead: &'static str,
    example: &'static str,
    chapter: &'static str,
}

impl From<&Rule> for Answer {
    fn from(rule: &Rule) -> Self {
        Answer {
            name: rule.name,
            level: rule.level.as_str(),
            lock: rule.lock,
            about: rule.about,
            why: rule.why,
            instead: rule.instead,
            example: rule.example,
            chapter: rule.chapter,
        }
    }
}

impl Lint {
    pub(super) fn run(&self) -> Result<Outcome, Error> {
        let rules: Vec<&Rule> = match &self.explain {
            Some(Named::Rule(rule)) => vec![rule],
            Some(Named::Error(error)) if self.json => {
                say::json(&[error])?;
                return Ok(Outcome::Done);
            }
            _ => lint::ALL.to_vec(),
        };
        if self.json {
            let answers: Vec<Answer> = rules.into_iter().map(Answer::from).collect();
            say::json(&answers)?;
            return Ok(Outcome::Done);
        }
        match &self.explain {
            Some(Named::Rule(rule)) => tell(rule),
            Some(Named::Error(error)) => say::line(&error.to_string()),
            None => list(&rules),
        }
        Ok(Outcome::Done)
    }
}

fn list(rules: &[&Rule]) {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in rules {
        let (name, level) = (rule.name, rule.level.as_str());
        say::line(&format!("{name:width$}  {level:5}  {}", rule.about));
    }
}

fn tell(rule: &Rule) {
    say::line(&format!(
        "{} ({}): {}\n",
        rule.name,
        rule.level.as_str(),
        rule.about
    ));
    say::line(&format!("Why\n  {}", rule.why));
    if let Some(lock) = rule.lock {
        say::line(&format!("  The lock: {lock}."));
    }
    say::line(&format!("\nThe safe way\n  {}", rule.instead));
    let example: Vec<String> = rule
        .example
        .lines()
        .map(|line| format!("  {line}"))
        .collect();
    let example = example.join("\n").replace("\n  \n", "\n\n");
    say::line(&format!("\nExample\n{example}"));
    say::line(&format!("\nPostgreSQL's documentation: {}", rule.chapter));
}
