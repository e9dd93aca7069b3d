//! `cargo pgmig lint`: the rules, and what each of them is about.

use pgmig_core::lint::{self, Rule};
use serde::Serialize;

use super::error::Error;
use super::{Outcome, say};

/// List the lints, or explain one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig lint                                        all rules and their levels
  cargo pgmig lint --explain index-without-concurrently   why, and the safe way

`cargo pgmig check` tells what the rules find. Levels are set under [lints] in
migrations/pgmig.toml; a file or a statement is let off with `-- pgmig: allow(rule)`.")]
pub(super) struct Lint {
    /// Explain this rule: why it matters, the safe way, an example
    #[arg(long, value_name = "RULE", value_parser = rule)]
    explain: Option<&'static Rule>,

    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// A rule by its name.
fn rule(name: &str) -> Result<&'static Rule, String> {
    lint::rule(name).ok_or_else(|| match lint::nearest(name) {
        Some(near) => format!("there is no such rule; did you mean `{near}`?"),
        None => "there is no such rule; `cargo pgmig lint` lists them".to_owned(),
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
        let rules: Vec<&Rule> = match self.explain {
            Some(rule) => vec![rule],
            None => lint::ALL.to_vec(),
        };
        if self.json {
            let answers: Vec<Answer> = rules.into_iter().map(Answer::from).collect();
            say::json(&answers)?;
        } else if let Some(rule) = self.explain {
            explain(rule);
        } else {
            list(&rules);
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

fn explain(rule: &Rule) {
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
