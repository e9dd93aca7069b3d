//! Syntax errors of a script, one for each statement, where PostgreSQL would see them.

use std::ops::Range;

use super::body::{self, Language};
use super::plpgsql;
use super::psql;
use super::split::{Raw, Split, split};
use super::squawk::syntax::{self, Fault};
use super::token::{Token, TokenKind};
use super::words;
use crate::Problem;

/// A script that is checked.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// As a person would type it.
    pub(crate) path: &'a str,
    /// As it is in the file.
    pub(crate) written: &'a str,
    /// With its slots masked.
    pub(crate) masked: &'a str,
}

impl Text<'_> {
    /// An error in this script.
    pub(crate) fn error(&self, code: &'static str, title: String, span: Range<usize>) -> Problem {
        Problem::error(code, self.path, title).at(self.written, span)
    }
}

/// The problems of a script that has been cut up.
pub(super) fn problems(text: Text<'_>, split: &Split) -> Vec<Problem> {
    let mut found: Vec<Problem> = split
        .statements
        .iter()
        .filter_map(|raw| statement(text, raw))
        .collect();
    found.extend(split.open_comment.iter().map(|range| {
        text.error(
            "syntax",
            "comment without an end".to_owned(),
            range.start..range.start + 2,
        )
        .label("`*/` is missing; comments nest, so each `/*` inside needs one of its own")
    }));
    found
}

/// What is wrong with a statement, if anything is.
fn statement(text: Text<'_>, raw: &Raw) -> Option<Problem> {
    if let Some(problem) = psql::inside(text, raw) {
        return Some(problem);
    }
    if let Some(token) = raw.tokens.iter().find(|token| !token.closed) {
        return Some(open(text, *token));
    }
    if let Some(problem) = too_deep(text, &raw.tokens) {
        return Some(problem);
    }
    let range = raw.range();
    let Some(fault) = syntax::sql(&raw.without_escapes(text.masked)) else {
        return in_body(text, raw);
    };
    let span = range.start + fault.span.start..range.start + fault.span.end;
    Some(render(text, raw, fault, span))
}

/// PostgreSQL's own parser gives up at that depth.
const DEEPEST: usize = 10_000;

/// A statement that is nested deeper than PostgreSQL reads, and than the parser here could.
fn too_deep(text: Text<'_>, tokens: &[Token]) -> Option<Problem> {
    let mut depth = 0usize;
    let mut run = 0usize;
    for token in tokens {
        let word = &text.masked[token.range()];
        match word {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ if word.eq_ignore_ascii_case("case") => depth += 1,
            _ if word.eq_ignore_ascii_case("end") => depth = depth.saturating_sub(1),
            _ => {}
        }
        // `- - - 1` and `NOT NOT NOT a` nest without parentheses.
        let prefix = token.kind == TokenKind::Operator || word.eq_ignore_ascii_case("not");
        run = if prefix { run + 1 } else { 0 };
        if depth + run > DEEPEST {
            let title = "nested too deeply".to_owned();
            return Some(
                text.error("syntax", title, token.range())
                    .note(format!("PostgreSQL reads {DEEPEST} levels at most")),
            );
        }
    }
    None
}

/// What is wrong in the body of a function or a `DO`.
fn in_body(text: Text<'_>, raw: &Raw) -> Option<Problem> {
    let body = body::body(text.masked, raw)?;
    let code = &text.masked[body.range.clone()];
    let mut fault = match body.language {
        Language::Plpgsql => syntax::plpgsql(&plpgsql::without_into(code)),
        Language::Sql => split(code).statements.iter().find_map(|inner| {
            let start = inner.range().start;
            let fault = syntax::sql(&inner.without_escapes(code))?;
            Some(Fault {
                span: start + fault.span.start..start + fault.span.end,
                ..fault
            })
        }),
        Language::Other => None,
    }?;
    let start = body.range.start;
    let mut span = start + fault.span.start..start + fault.span.end;
    if span.is_empty() {
        span = body.range.end..body.range.end + 1;
        fault.title = Some("syntax error at the end of the body".to_owned());
    }
    Some(render(text, raw, fault, span))
}

/// A string or a quoted name that the file ends in.
fn open(text: Text<'_>, token: Token) -> Problem {
    let (what, mark) = match token.kind {
        TokenKind::Quoted => ("quoted name", "\"".to_owned()),
        TokenKind::Dollar => {
            let written = &text.written[token.range()];
            let end = written[1..].find('$').map_or(1, |end| end + 2);
            ("string", written[..end].to_owned())
        }
        _ => ("string", "'".to_owned()),
    };
    text.error(
        "syntax",
        format!("{what} without an end"),
        token.start..token.start + 1,
    )
    .label(format!("begins here; nothing closes it with `{mark}`"))
}

fn render(text: Text<'_>, raw: &Raw, fault: Fault, span: Range<usize>) -> Problem {
    let at_end = span.is_empty();
    let span = if at_end { end_of(text, raw) } else { span };
    let title = fault
        .title
        .unwrap_or_else(|| match &text.written[span.clone()] {
            "" => "syntax error at the end of the file".to_owned(),
            token => format!("syntax error at `{}`", shorten(token)),
        });
    let mut problem = text.error("syntax", title, span);
    if let Some(label) = fault.label {
        problem = problem.label(label);
    }
    let token = text.written[problem.span.clone().unwrap_or_default()].to_owned();
    if token == "`" {
        return problem.help("PostgreSQL quotes names with `\"`");
    }
    if words::is_tempting(&token) {
        let help = format!("if `{token}` is meant as a name, write `\"{token}\"`: it is a keyword");
        return problem.help(help);
    }
    let first = raw.tokens.first();
    let first = first.filter(|first| first.kind == TokenKind::Word);
    let meant = first.and_then(|first| words::meant(&text.masked[first.range()], &token));
    match meant {
        Some(word) => problem.help(format!("did you mean `{word}`?")),
        None => problem,
    }
}

/// The `;` behind a statement, or the place where one would be.
fn end_of(text: Text<'_>, raw: &Raw) -> Range<usize> {
    let end = raw.range().end;
    let rest = &text.masked[end..];
    match rest.find(';') {
        Some(0) => end..end + 1,
        Some(at) if rest[..at].trim().is_empty() => end + at..end + at + 1,
        _ => end..end,
    }
}

fn shorten(token: &str) -> String {
    let line = token.lines().next().unwrap_or_default();
    if line.len() == token.len() && line.chars().count() <= 40 {
        return line.to_owned();
    }
    line.chars().take(37).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests;
