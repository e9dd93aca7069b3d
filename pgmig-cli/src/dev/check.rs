//! `cargo pgmig check`: everything the macro checks, and drafts are errors. For CI and pre-commit.

use pgmig_core::{Problem, Severity};

use super::error::Error;
use super::place::Place;
use super::server::ServerArgs;
use super::{Outcome, github, say, shadow};

/// Check the folder as a release build does: everything the macro checks, and no drafts
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig check                   before a commit
  cargo pgmig check --format github   in GitHub Actions: annotations at the files
  cargo pgmig check --json            for other tools
  cargo pgmig check --shadow          also that every down script restores what was before

Exit codes: 0 nothing wrong, 1 something is, 2 the command could not be carried out.")]
pub(super) struct Check {
    /// How to tell what is wrong
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// One JSON document: the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Try every down script too, in a database made for it: up, down, as before; up again
    #[arg(long)]
    shadow: bool,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, as rustc does it
    Human,
    /// One JSON document
    Json,
    /// Annotations for GitHub Actions
    Github,
}

impl Check {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let loaded = place.load();
        let mut problems = loaded.problems.clone();
        problems.extend(loaded.drafts());
        let wrong = |problem: &Problem| problem.severity == Severity::Error;
        // What does not compile is not run.
        if self.shadow && !loaded.problems.iter().any(wrong) {
            let found = shadow::problems(&loaded.folder, &place.shown, &self.server)?;
            problems.extend(found);
        }
        let errors = problems.iter().filter(|p| p.severity == Severity::Error);
        let errors = errors.count();
        let counts = Counts {
            public: loaded.folder.public.len(),
            drizzle: loaded.folder.drizzle.len(),
            tenant: loaded.folder.tenant.len(),
        };
        match if self.json { Format::Json } else { self.format } {
            Format::Human => {
                say::problems(&problems);
                if errors == 0 {
                    say::done("Checked", &counts.to_string());
                } else {
                    say::summary(&problems);
                }
            }
            Format::Json => say::json(&Answer::new(&problems, counts))?,
            Format::Github => problems
                .iter()
                .for_each(|problem| say::line(&github::annotation(problem))),
        }
        Ok(if errors == 0 {
            Outcome::Done
        } else {
            Outcome::Wrong
        })
    }
}

/// How many migrations there are.
#[derive(Clone, Copy, serde::Serialize)]
struct Counts {
    public: usize,
    drizzle: usize,
    tenant: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = say::count(self.public + self.drizzle + self.tenant, "migration");
        write!(f, "{all} ({} public, ", self.public)?;
        if self.drizzle > 0 {
            write!(f, "{} drizzle, ", self.drizzle)?;
        }
        write!(f, "{} tenant)", self.tenant)
    }
}

/// The JSON document.
#[derive(serde::Serialize)]
struct Answer<'a> {
    ok: bool,
    migrations: Counts,
    problems: Vec<Told<'a>>,
}

/// A problem in it.
#[derive(serde::Serialize)]
struct Told<'a> {
    code: &'a str,
    severity: &'a str,
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    title: &'a str,
    label: Option<&'a str>,
    notes: &'a [String],
    help: &'a [String],
    /// The whole message, as a person reads it.
    rendered: String,
}

impl<'a> Answer<'a> {
    fn new(problems: &'a [Problem], migrations: Counts) -> Self {
        Answer {
            ok: problems.iter().all(|p| p.severity < Severity::Error),
            migrations,
            problems: problems.iter().map(Told::new).collect(),
        }
    }
}

impl<'a> Told<'a> {
    fn new(problem: &'a Problem) -> Self {
        let position = problem.position();
        Told {
            code: problem.code,
            severity: match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            path: &problem.path,
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            title: &problem.title,
            label: problem.label.as_deref(),
            notes: &problem.notes,
            help: &problem.help,
            rendered: problem.render(),
        }
    }
}
