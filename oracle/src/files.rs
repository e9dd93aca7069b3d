//! Every file as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::postgresql;

/// The SQL files below the folders.
pub fn sql_files(roots: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for root in roots {
        collect(root, &mut found);
    }
    found.sort();
    found
}

fn collect(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "sql")
        && let Ok(text) = fs::read_to_string(path)
        // PostgreSQL takes no text with a NUL byte.
        && !text.contains('\0')
    {
        // The mark is never sent.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        found.push((path.to_owned(), text));
    }
}

/// How often the two agree.
#[derive(Default)]
pub struct Tally {
    pub both_accept: usize,
    pub both_reject: usize,
    pub false_errors: usize,
    pub missed: usize,
    pub same_place: usize,
    pub same_line: usize,
    /// Whether PL/pgSQL is compared too.
    pub bodies: bool,
}

impl Tally {
    /// Compares the two on one text.
    pub fn compare(&mut self, name: &str, text: &str, verbose: bool) {
        let postgresql = postgresql::sql(text).or_else(|| {
            let code = text.to_ascii_lowercase();
            let has_body = code.contains("plpgsql") || code.contains("do $");
            (self.bodies && has_body)
                .then(|| postgresql::plpgsql(text))
                .flatten()
        });
        // What psql alone understands is no matter of grammar.
        let mut ours = pgmig_core::sql::syntax(text, name);
        ours.retain(|problem| problem.code == "syntax");
        match (postgresql, ours.first()) {
            (None, None) => self.both_accept += 1,
            (None, Some(problem)) => {
                self.false_errors += 1;
                println!("FALSE ERROR {}", problem.render());
            }
            (Some(complaint), None) => {
                self.missed += 1;
                if verbose {
                    let at = complaint.at.unwrap_or(0);
                    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                    println!(
                        "MISSED {name}: {} | {}",
                        complaint.message,
                        &text[line..end]
                    );
                }
            }
            (Some(complaint), Some(problem)) => {
                self.both_reject += 1;
                let (Some(theirs), Some(span)) = (complaint.at, &problem.span) else {
                    return;
                };
                let line = |at: usize| text[..at].matches('\n').count();
                self.same_place += usize::from(theirs == span.start);
                self.same_line += usize::from(line(theirs) == line(span.start));
                if verbose && theirs != span.start {
                    let shown: String = text[theirs..].chars().take(30).collect();
                    println!(
                        "PLACE {} | PostgreSQL: {} at {shown:?}\n",
                        problem.render(),
                        complaint.message
                    );
                }
            }
        }
    }

    /// One row of the table.
    pub fn row(&self, name: &str) {
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            self.both_accept,
            self.false_errors,
            self.both_reject,
            self.missed,
            self.same_place,
            self.same_line,
        );
    }

    /// The head of the table.
    pub fn head() {
        println!("| | accepted | false errors | rejected | missed | same place | same line |");
        println!("|---|---|---|---|---|---|---|");
    }
}

/// Prints a table with one row a folder.
pub fn compare(roots: &[PathBuf], verbose: bool) {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for root in roots {
        let name = root.display().to_string();
        let tally = tallies.entry(name).or_default();
        for (path, text) in sql_files(std::slice::from_ref(root)) {
            tally.compare(&path.display().to_string(), &text, verbose);
        }
    }
    Tally::head();
    for (name, tally) in &tallies {
        tally.row(name);
    }
}
