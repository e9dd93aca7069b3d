//! What a migration's transaction allows, and what outlives it.

use std::ops::Range;

use super::script::{Checked, One, Report};
use crate::Problem;
use crate::lint::{NEEDLESS_NO_TRANSACTION, SESSION_SETTING};
use crate::sql::cursor::{Cursor, fold};
use crate::sql::{InTransaction, Probe};

/// Checks every statement of a script.
pub(super) fn check(checked: &Checked<'_>, report: &mut Report<'_>) {
    for statement in &checked.statements {
        if report.is_broken(&statement.raw.range()) {
            continue;
        }
        let cursor = Cursor::new(checked.text.masked, &statement.raw.tokens);
        if let Some(problem) = control(checked, statement, cursor.clone()) {
            report.push(problem);
        } else if let Some(problem) = setting(checked, cursor) {
            if !is_taken_back(checked, statement) {
                report.lint(&SESSION_SETTING, statement, problem);
            }
        } else if statement.facts.in_transaction == InTransaction::Refused {
            report.found_refused(checked, statement);
        }
    }
    needless(checked, report);
}

impl Report<'_> {
    fn found_refused(&mut self, checked: &Checked<'_>, statement: &One<'_>) {
        let facts = statement.facts;
        if checked.script.transactional {
            self.push(refused(checked, statement));
        } else if facts.probe == Probe::None && !checked.script.idempotent {
            self.push(unrepeatable(checked, statement));
        }
    }
}

/// The statement's first words, as the place to point at.
fn head(statement: &One<'_>) -> Range<usize> {
    let words = statement.facts.kind.split(' ').count();
    let tokens = &statement.raw.tokens;
    let last = tokens.get(words - 1).or(tokens.last());
    statement.raw.range().start..last.map_or(0, |token| token.end)
}

/// A statement that PostgreSQL refuses in a transaction block.
fn refused(checked: &Checked<'_>, statement: &One<'_>) -> Problem {
    let concurrently = statement.facts.concurrently.clone();
    let (what, span) = match concurrently {
        Some(span) => (format!("{} CONCURRENTLY", statement.facts.kind), span),
        None => (statement.facts.kind.clone(), head(statement)),
    };
    let title = format!("`{what}` cannot run in a transaction");
    let problem = checked
        .text
        .error("needs-no-transaction", title, span)
        .note("a migration runs in a transaction unless it says otherwise")
        .help("put `-- pgmig: no-transaction` at the head of the file");
    match checked.statements.len() {
        1 => problem,
        _ => problem
            .help("give it a file of its own, so that the other statements stay in a transaction"),
    }
}

/// A statement outside a transaction of which nobody can tell after a crash whether it was done.
fn unrepeatable(checked: &Checked<'_>, statement: &One<'_>) -> Problem {
    let kind = &statement.facts.kind;
    let title = format!("after a crash nobody can tell whether this `{kind}` was done");
    let problem = checked
        .text
        .error("cannot-resume", title, head(statement))
        .note("outside a transaction, a crash can come between a statement and its record");
    let problem = if kind == "CREATE INDEX" {
        problem.help("give the index a name, so that it can be looked for")
    } else {
        problem
    };
    problem.help(
        "if it does no harm to run it twice, put `-- pgmig: idempotent` at the head of the file",
    )
}

/// Transactions are pgmig's own business.
fn control(checked: &Checked<'_>, statement: &One<'_>, mut cursor: Cursor<'_>) -> Option<Problem> {
    let word = cursor.text().to_ascii_uppercase();
    let controls = match word.as_str() {
        "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" => true,
        "START" => cursor.at(&["START", "TRANSACTION"]),
        "PREPARE" => cursor.at(&["PREPARE", "TRANSACTION"]),
        "SET" => {
            cursor.bump();
            cursor.eat_any(&["LOCAL", "SESSION"]);
            cursor.at_any(&["TRANSACTION", "CHARACTERISTICS"])
        }
        _ => false,
    };
    if !controls || statement.facts.in_transaction == InTransaction::Refused {
        return None;
    }
    let title = format!("`{word}` in a migration");
    let problem = checked
        .text
        .error("transaction-control", title, head(statement));
    Some(if checked.script.transactional {
        problem
            .note("pgmig runs the file in one transaction, together with its own record of it")
            .help("delete the statement")
    } else {
        problem
            .note("each statement of this file runs on its own")
            .help(
                "delete the statement; what has to be one transaction goes into a file of its own",
            )
    })
}

/// Whether a `SET` has its `RESET` further down in the same transaction, or the other way round:
/// then nothing outlives it, even where it fails.
fn is_taken_back(checked: &Checked<'_>, statement: &One<'_>) -> bool {
    let plain = |one: &One<'_>| {
        let mut cursor = Cursor::new(checked.text.masked, &one.raw.tokens);
        let set = cursor.eat(&["SET"]);
        if set {
            cursor.eat(&["SESSION"]);
        }
        let reset = !set && cursor.eat(&["RESET"]);
        let name = cursor.name().map(|name| name.parts.join("."));
        name.filter(|name| (set || reset) && !is_own(name))
            .map(|name| (set, name))
    };
    let Some((set, name)) = plain(statement) else {
        return false;
    };
    let start = statement.raw.range().start;
    checked.script.transactional
        && checked.statements.iter().any(|other| {
            let later = other.raw.range().start > start;
            later == set && plain(other) == Some((!set, name.clone()))
        })
}

/// `SET`, `RESET`, `set_config` of what outlives the transaction, and of what is pgmig's own.
fn setting(checked: &Checked<'_>, mut cursor: Cursor<'_>) -> Option<Problem> {
    let start = cursor.start();
    if cursor.at(&["SELECT"]) {
        return set_config(checked, cursor);
    }
    if cursor.eat(&["RESET"]) {
        let name = fold(cursor.text());
        cursor.bump();
        return Some(lasting(checked, "RESET", &name, cursor.since(start)));
    }
    if !cursor.eat(&["SET"]) || cursor.at(&["CONSTRAINTS"]) {
        return None;
    }
    let local = cursor.eat(&["LOCAL"]);
    if !local {
        cursor.eat(&["SESSION"]);
    }
    let name = match cursor.text().to_ascii_lowercase().as_str() {
        "time" => "timezone".to_owned(),
        "schema" => "search_path".to_owned(),
        "authorization" => "role".to_owned(),
        _ => cursor.name()?.parts.join("."),
    };
    let span = cursor.since(start);
    if is_own(&name) {
        return Some(own(checked, &name, span));
    }
    (!local).then(|| lasting(checked, "SET", &name, span))
}

fn is_own(name: &str) -> bool {
    matches!(name, "search_path" | "role" | "session_authorization")
}

/// `set_config(name, value, is_local)`.
fn set_config(checked: &Checked<'_>, mut cursor: Cursor<'_>) -> Option<Problem> {
    while !cursor.at(&["set_config", "("]) {
        if cursor.done() {
            return None;
        }
        cursor.bump();
    }
    let start = cursor.start();
    cursor.bump();
    let mut inside = cursor.parens()?;
    let name = inside.text().trim_matches('\'').to_ascii_lowercase();
    inside.item();
    inside.eat(&[","]);
    inside.item();
    inside.eat(&[","]);
    let local = inside.at_any(&["true"]);
    let span = cursor.since(start);
    if is_own(&name) {
        return Some(own(checked, &name, span));
    }
    (!local).then(|| lasting(checked, "set_config", &name, span))
}

fn own(checked: &Checked<'_>, name: &str, span: Range<usize>) -> Problem {
    let title = format!("`{name}` is set in a migration");
    let problem = checked
        .text
        .error(SESSION_SETTING.name, title, span)
        .note(format!(
            "pgmig sets `{name}` itself, to the schema that the migration is for"
        ));
    if name == "search_path" {
        problem.help("write the schema before the names that are meant: `audit.entries`")
    } else {
        problem.help("delete the statement; the role is that of the connection")
    }
}

fn lasting(checked: &Checked<'_>, verb: &str, name: &str, span: Range<usize>) -> Problem {
    let title = format!("`{verb}` of `{name}` outlives the migration");
    let problem = checked
        .text
        .error(SESSION_SETTING.name, title, span)
        .note("the connection goes back to its pool with the setting");
    match (verb, checked.script.transactional) {
        ("RESET", _) => problem.help("delete the statement: `SET LOCAL` needs no `RESET`"),
        ("SET", true) => problem.help("write `SET LOCAL`, which ends with the transaction"),
        ("set_config", true) => {
            problem.help("give `true` as the third argument, so that it ends with the transaction")
        }
        _ => problem.help("delete the statement"),
    }
}

/// `no-transaction` that nothing in the file needs.
fn needless(checked: &Checked<'_>, report: &mut Report<'_>) {
    let needed = checked.statements.iter().any(|statement| {
        // What `CALL` runs may commit; a new enum value can be used after a commit only.
        statement.facts.in_transaction == InTransaction::Refused
            || statement.facts.kind == "CALL"
            || matches!(statement.facts.probe, Probe::EnumValue { .. })
            || checked.text.masked[statement.raw.range()]
                .to_ascii_uppercase()
                .contains("ADD VALUE")
    });
    let Some(first) = checked.statements.first() else {
        return;
    };
    if checked.script.transactional || needed {
        return;
    }
    let directive = checked
        .script
        .directives
        .iter()
        .find(|directive| directive.ask == crate::directive::Ask::NoTransaction);
    // Where another tool's words say it, they were needed or meant there.
    let Some(directive) = directive else {
        return;
    };
    let span = directive.range.clone();
    let title = "`no-transaction` that no statement needs".to_owned();
    let problem = checked
        .text
        .error(NEEDLESS_NO_TRANSACTION.name, title, span)
        .note("without a transaction, an error leaves the migration half done")
        .help("delete the directive");
    report.lint(&NEEDLESS_NO_TRANSACTION, first, problem);
}
