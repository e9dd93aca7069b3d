//! Problems as annotations of GitHub Actions ("Workflow commands", `::error file=...`).

use pgmig_core::{Problem, Severity};

/// One line, which the runner of the workflow turns into an annotation at the file.
pub(super) fn annotation(problem: &Problem) -> String {
    let command = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut place = format!("file={}", property(&problem.path));
    if let Some(position) = problem.position() {
        place.push_str(&format!(",line={},col={}", position.line, position.column));
    }
    let mut message = problem.label.iter().cloned().collect::<Vec<_>>();
    message.extend(problem.notes.iter().map(|note| format!("note: {note}")));
    message.extend(problem.help.iter().map(|help| format!("help: {help}")));
    if message.is_empty() {
        message.push(problem.title.clone());
    }
    format!(
        "::{command} {place},title={}::{}",
        property(&format!("{} [{}]", problem.title, problem.code)),
        data(&message.join("\n"))
    )
}

/// The runner reads these back; anything else it takes as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// In a property, the separators too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        Problem {
            code: "unknown-directive",
            severity: Severity::Error,
            path: "migrations/public/001_a,b.sql".to_owned(),
            span: Some(10..13),
            source: Some("-- pgmig: nop\n".to_owned()),
            title: "unknown directive `nop`: 100% wrong".to_owned(),
            label: None,
            notes: vec!["one".to_owned()],
            help: vec!["two".to_owned()],
        }
    }

    #[test]
    fn an_annotation_names_the_place_and_carries_what_helps() {
        assert_eq!(
            annotation(&problem()),
            "::error file=migrations/public/001_a%2Cb.sql,line=1,col=11,\
             title=unknown directive `nop`%3A 100%25 wrong [unknown-directive]::note: one%0Ahelp: two"
        );
    }

    #[test]
    fn an_annotation_without_more_to_say_repeats_the_title() {
        let problem = Problem {
            span: None,
            notes: Vec::new(),
            help: Vec::new(),
            severity: Severity::Warning,
            title: "odd".to_owned(),
            ..problem()
        };
        assert_eq!(
            annotation(&problem),
            "::warning file=migrations/public/001_a%2Cb.sql,title=odd [unknown-directive]::odd"
        );
    }
}
