//! Syntax errors of a script, one for each statement, where PostgreSQL would see them.

use std::ops::Range;

use super::body::{self, Language};
use super::plpgsql;
use super::psql;
use super::split::{Raw, Split, split};
use super::squawk::syntax::{self, Fault};
use super::token::{Token, TokenKind};
use crate::Problem;
use crate::nearest::nearest;

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
    if is_tempting(&token) {
        let help = format!("if `{token}` is meant as a name, write `\"{token}\"`: it is a keyword");
        return problem.help(help);
    }
    match misspelt(text, raw, &token) {
        Some(word) => problem.help(format!("did you mean `{word}`?")),
        None => problem,
    }
}

/// Keywords that tables and columns are often called by.
fn is_tempting(token: &str) -> bool {
    const WORDS: &[&str] = &[
        "all",
        "analyze",
        "asc",
        "check",
        "column",
        "default",
        "desc",
        "do",
        "grant",
        "group",
        "limit",
        "offset",
        "order",
        "primary",
        "references",
        "table",
        "user",
        "window",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(token))
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

/// What every statement begins with.
pub(super) const VERBS: &[&str] = &[
    "ABORT",
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// What follows a verb, and what columns and tables are made with.
const WORDS: &[&str] = &[
    "CASCADE",
    "COLUMN",
    "CONSTRAINT",
    "DEFAULT",
    "DOMAIN",
    "EXISTS",
    "EXTENSION",
    "FOREIGN",
    "FUNCTION",
    "GENERATED",
    "INDEX",
    "MATERIALIZED",
    "POLICY",
    "PRIMARY",
    "PROCEDURE",
    "REFERENCES",
    "RETURNING",
    "SCHEMA",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "UNIQUE",
    "VALUES",
    "VIEW",
    "WHERE",
];

/// The verb that was meant, where the statement begins with none, or another word where it stops.
fn misspelt(text: Text<'_>, raw: &Raw, token: &str) -> Option<&'static str> {
    let first = raw.tokens.first()?;
    let word = text.masked[first.range()].to_ascii_uppercase();
    if first.kind != TokenKind::Word {
        return None;
    }
    if !VERBS.contains(&word.as_str()) {
        return nearest(&word, VERBS.iter().copied());
    }
    let token = token.to_ascii_uppercase();
    let known = VERBS.contains(&token.as_str()) || WORDS.contains(&token.as_str());
    let long = token.len() > 3;
    nearest(&token, WORDS.iter().copied()).filter(|_| long && !known)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use crate::sql::syntax;

    /// `line:column title | label` of each problem.
    fn told(text: &str) -> Vec<String> {
        syntax(text, "a.sql")
            .iter()
            .map(|problem| {
                let position = problem.position().expect("every syntax error has a place");
                let label = problem.label.as_deref().unwrap_or("-");
                format!("{position} {} | {label}", problem.title)
            })
            .collect()
    }

    fn one(text: &str) -> String {
        let mut told = told(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        told.remove(0)
    }

    #[test]
    fn an_error_is_where_postgresql_stops_reading() {
        let table = [
            ("create table t (a int,);", "1:23 syntax error at `)`"),
            (
                "create table t (a int",
                "1:22 syntax error at the end of the file",
            ),
            ("create table t;", "1:15 syntax error at `;`"),
            ("selct 1;", "1:1 syntax error at `selct`"),
            ("create tabel t (a int);", "1:8 syntax error at `tabel`"),
            (
                "alter table t add column select text;",
                "1:26 syntax error at `select`",
            ),
            ("select 1 = = 2;", "1:12 syntax error at `=`"),
            ("select a = b = c;", "1:14 syntax error at `=`"),
            ("select 'a' 'b';", "1:12 two strings on one line"),
            ("create table t (a);", "1:18 syntax error at `)`"),
            (
                "select :name;",
                "1:8 `:name` is a variable, and nothing fills it in",
            ),
            ("select 1x;", "1:8 trailing junk after numeric literal"),
            ("create index i on t (a +);", "1:24 syntax error at `+`"),
        ];
        for (text, start) in table {
            let told = one(text);
            assert!(told.starts_with(start), "{text}: {told}");
        }
    }

    #[test]
    fn a_slip_is_told_with_what_was_meant() {
        for (text, help) in [
            ("create tabel t (a int);", "did you mean `TABLE`?"),
            (
                "create table t (a int primry key);",
                "did you mean `PRIMARY`?",
            ),
            ("insert into t vlaues (1);", "did you mean `VALUES`?"),
            ("crate table t (a int);", "did you mean `CREATE`?"),
            (
                "create table user (a int);",
                "if `user` is meant as a name, write `\"user\"`: it is a keyword",
            ),
            (
                "create table t (a int, order int);",
                "if `order` is meant as a name, write `\"order\"`: it is a keyword",
            ),
            (
                "create table `t` (a int);",
                "PostgreSQL quotes names with `\"`",
            ),
        ] {
            let told = syntax(text, "a.sql");
            assert_eq!(told[0].help, [help], "{text}");
        }
        assert_eq!(
            one("select :'name';"),
            "1:8 `:'name'` is a variable, and nothing fills it in | PostgreSQL has no such variables"
        );
    }

    #[test]
    fn a_missing_semicolon_is_told_at_the_next_statement() {
        let told = one("create table a (id int)\ncreate table b (id int);");
        assert_eq!(
            told,
            "2:1 missing `;` before this statement | a new statement begins here"
        );
    }

    #[test]
    fn each_broken_statement_is_told_once_and_the_others_are_read() {
        let told = told("create table a (b int c int d int);\nselect 1;\nselect from where group;");
        assert_eq!(told.len(), 2, "{told:?}");
    }

    #[test]
    fn what_is_not_closed_is_told_where_it_opens() {
        assert!(one("select 'abc;\nselect 2;").starts_with("1:8 string without an end"));
        assert!(one("select \"abc;").starts_with("1:8 quoted name without an end"));
        assert!(one("do $x$ begin end $y$;").starts_with("1:4 string without an end"));
        assert!(one("select 1; /* a /* b */").starts_with("1:11 comment without an end"));
    }

    #[test]
    fn bodies_are_read_too() {
        let told = one(
            "create function f() returns int language plpgsql as $$\nbegin\n  retrun 1;\nend $$;",
        );
        assert!(told.starts_with("3:"), "{told}");
        let told = one("create function f() returns int language sql as $$ select 1 + $$;");
        assert!(told.starts_with("1:63 syntax error"), "{told}");
        assert!(told_nothing(
            "do $$ declare x int; begin select 1 into strict x; end $$;"
        ));
        assert!(told_nothing(
            "create function f() returns int language plv8 as $$ return {} $$;"
        ));
    }

    fn told_nothing(text: &str) -> bool {
        told(text).is_empty()
    }

    #[test]
    fn what_squawk_alone_refuses_is_taken() {
        for text in [
            "alter user mapping for user server s options (set a 'b');",
            "set role to default;",
            "alter statistics if exists s set statistics 0;",
            "create trigger t before insert on a for each row execute function f (select);",
            "create or replace trigger t after update on a execute function f(b, null, 1, from);",
            "select 'a'\n'b';",
            "select E'a'\n'\\';', E'\\'' -- '\n'\\'';",
            "alter table all in tablespace a set tablespace b;",
            "delete from only t;",
            "create table t (created timestamp default current_timestamp);",
        ] {
            assert!(told_nothing(text), "{text}: {:?}", told(text));
        }
    }

    #[test]
    fn what_only_psql_understands_says_what_to_do() {
        assert!(told_nothing(
            "\\restrict abc\nselect 1;\n\\unrestrict abc\n"
        ));
        assert_eq!(
            one("\\connect db\nselect 1;"),
            "1:1 `\\connect` is a command of psql | -"
        );
        assert_eq!(
            one("select 1 \\gset\n"),
            "1:10 `\\gset` is a command of psql | -"
        );
        let told = one("copy t (a) from stdin;\n1\tx'\n\\.\nselect 1;");
        assert!(
            told.starts_with("1:17 `COPY ... FROM stdin` reads from psql"),
            "{told}"
        );
    }

    #[test]
    fn deep_nesting_overflows_no_stack() {
        for (open, close) in [
            ("(", ")"),
            ("- ", ""),
            ("not ", ""),
            ("array[", "]"),
            ("f(", ")"),
        ] {
            let text = format!("select {}1{};", open.repeat(9_000), close.repeat(9_000));
            let _ = syntax(&text, "a.sql");
            let text = format!("select {}1{};", open.repeat(20_000), close.repeat(20_000));
            let told = syntax(&text, "a.sql");
            assert_eq!(told[0].title, "nested too deeply");
        }
    }
}
