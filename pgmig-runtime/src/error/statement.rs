//! A statement that the server refused, or of which nobody knows what became of it.

use std::fmt;

use crate::embedded::{ScriptParts, Statement};
use crate::message::{Place, database_error};
use crate::target::Target;
use crate::{quote, render};

/// A statement of a migration that the server refused.
#[derive(Debug)]
#[non_exhaustive]
pub struct StatementError {
    /// The file, from the crate's directory.
    pub path: &'static str,
    /// The line, from 1; `None` when the failure belongs to the transaction's end.
    pub line: Option<usize>,
    /// The column in characters, from 1: what PostgreSQL points to, else the statement's start.
    pub column: Option<usize>,
    /// The schema that was being migrated.
    pub target: Target,
    /// The migration's version.
    pub version: &'static str,
    /// The migration's name.
    pub name: &'static str,
    /// What the statement is: `CREATE INDEX`.
    pub statement: Option<&'static str>,
    /// Which statement of the file it is, from 1.
    pub number: Option<usize>,
    /// The five characters of PostgreSQL's error code.
    pub sqlstate: String,
    /// What the server says.
    pub message: String,
    /// The server's detail.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// The server's context: the functions it was in.
    pub context: Option<String>,
    /// Statements that stay done, because the migration runs outside a transaction.
    pub done: usize,
    rendered: String,
    source: sqlx::Error,
}

impl StatementError {
    pub(crate) fn new(place: &Place<'_>, source: sqlx::Error, done: usize) -> Self {
        let script = place.script;
        let statement = place
            .statement
            .and_then(|index| script.statements.get(index));
        let server = database_error(&source);
        let start = statement.map(|statement| statement.0.span.0 as usize);
        let at = place.offset.or(start);
        let (line, column) = at
            .map(|offset| render::line_column(script.text, offset))
            .unzip();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let mut error = StatementError {
            path: script.path,
            line,
            column,
            target: place.target.clone(),
            version: place.migration.0.version,
            name: place.migration.0.name,
            statement: statement.map(|statement| statement.0.kind),
            number: place.statement.map(|index| index + 1),
            sqlstate: server.map_or_else(String::new, |e| e.code().to_owned()),
            message: server.map_or_else(|| source.to_string(), |e| e.message().to_owned()),
            detail: server.and_then(|e| owned(e.detail())),
            hint: server.and_then(|e| owned(e.hint())),
            context: server.and_then(|e| owned(e.r#where())),
            done,
            rendered: String::new(),
            source,
        };
        error.rendered = render::statement(&error, place);
        error
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered)
    }
}

impl std::error::Error for StatementError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A statement outside a transaction of which nothing tells whether it took effect.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnknownEffect {
    /// The file, from the crate's directory.
    pub path: &'static str,
    /// The line of the statement.
    pub line: u32,
    /// What the statement is.
    pub statement: &'static str,
    /// The schema.
    pub target: Target,
    /// What to run in the database when it did take effect.
    pub if_done: String,
    /// What to run in the database when it did not.
    pub if_not: String,
}

impl UnknownEffect {
    pub(crate) fn new(
        target: &Target,
        script: &ScriptParts,
        statement: &Statement,
        ledger: &str,
        id: i64,
        done: usize,
    ) -> Self {
        let history = format!("{}.history", quote::ident(ledger));
        UnknownEffect {
            path: script.path,
            line: statement.0.line,
            statement: statement.0.kind,
            target: target.clone(),
            if_done: format!(
                "UPDATE {history} SET in_flight = false, statements = {} WHERE id = {id}",
                done + 1
            ),
            if_not: format!("UPDATE {history} SET in_flight = false WHERE id = {id}"),
        }
    }
}

impl fmt::Display for UnknownEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} was begun by a run that died, and nothing tells whether it took effect\
             \n  = schema: {}\
             \n  = help: look, then run this if it did: {}\
             \n  = help: or this if it did not: {}",
            self.path, self.line, self.statement, self.target.schema, self.if_done, self.if_not
        )
    }
}

impl std::error::Error for UnknownEffect {}
