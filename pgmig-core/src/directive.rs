//! Directives: the comment lines of a migration that are meant for pgmig.
//!
//! ```sql
//! -- pgmig: no-transaction
//! -- pgmig: allow(index-without-concurrently)
//! CREATE INDEX CONCURRENTLY ...
//! ```

use std::ops::Range;

use crate::Problem;
use crate::nearest::nearest;
use crate::sql::token::{Token, TokenKind};
use crate::tokens::{Lexed, passed_over};

/// What a directive asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `no-transaction`: the script runs outside a transaction, statement by statement.
    NoTransaction,
    /// `idempotent`: every statement may be repeated after a crash.
    Idempotent,
    /// `allow(rule, ...)`: these lints are silent in the file or, directly before a statement that
    /// is not the first, in that statement.
    Allow(Vec<Word>),
    /// `external name, ...`: these objects existed before pgmig.
    External(Vec<Word>),
}

/// A word of a directive, and where it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Its bytes in the script.
    pub range: Range<usize>,
}

/// A directive, and where it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What it asks for.
    pub ask: Ask,
    /// Its bytes in the script, without `-- pgmig:`.
    pub range: Range<usize>,
    /// Whether it is at the head of the file, before the first statement.
    pub at_head: bool,
}

const NAMES: [&str; 4] = ["no-transaction", "idempotent", "allow", "external"];

/// The directives of a script; what is wrong with them goes to `problems`.
pub(crate) fn read(script: &Lexed<'_>, path: &str, problems: &mut Vec<Problem>) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut before: Option<Token> = None;
    for token in &script.tokens {
        if !passed_over(*token) {
            before = Some(*token);
            continue;
        }
        if token.kind != TokenKind::Comment {
            continue;
        }
        let comment = Comment {
            script,
            path,
            token: *token,
            before,
        };
        let read = if script.is_line_comment(*token) {
            comment.line()
        } else {
            comment.block()
        };
        match read {
            Ok(directive) => found.extend(directive),
            Err(problem) => problems.push(*problem),
        }
    }
    found
}

/// The directive in a line comment as the checksum has it, `-- pgmig: no-transaction`; `None` for
/// other comments.
pub(crate) fn normalised(comment: &str, at_head: bool) -> Option<String> {
    let text = &comment[directive_text(comment, at_head)?];
    let mut line = String::from("-- pgmig:");
    for word in text.split_whitespace() {
        line.push(' ');
        line.push_str(word);
    }
    Some(line)
}

/// Where in a line comment the directive is, after `-- pgmig:`.
fn directive_text(comment: &str, at_head: bool) -> Option<Range<usize>> {
    let body = comment.trim_start_matches('-').trim();
    // The word by which sqlx knows the same thing.
    let directive = if at_head && body == "no-transaction" {
        body
    } else {
        let (mark, directive) = body.split_once(':')?;
        if !mark.trim_end().eq_ignore_ascii_case("pgmig") {
            return None;
        }
        directive.trim_start()
    };
    let end = comment.trim_end().len();
    Some(end - directive.len()..end)
}

/// A comment in which a directive may be.
struct Comment<'a> {
    script: &'a Lexed<'a>,
    path: &'a str,
    token: Token,
    /// The last token before it that is no white space or comment.
    before: Option<Token>,
}

/// Boxed, since it is large and rare.
type Read = Result<Option<Directive>, Box<Problem>>;

impl Comment<'_> {
    fn line(&self) -> Read {
        let comment = self.script.text(self.token);
        let Some(text) = directive_text(comment, self.before.is_none()) else {
            return self.colon_forgotten(comment);
        };
        let range = self.token.start + text.start..self.token.start + text.end;
        let ask = self.ask(range.clone())?;
        let directive = Directive {
            ask,
            range,
            at_head: self.before.is_none(),
        };
        self.in_place(&directive)?;
        Ok(Some(directive))
    }

    fn block(&self) -> Read {
        let comment = self.script.text(self.token);
        let body = comment.trim_start_matches(['/', '*']).trim_start();
        let Some((mark, _)) = body.split_once(':') else {
            return Ok(None);
        };
        if mark.trim_end() != "pgmig" {
            return Ok(None);
        }
        let title = "directive in a block comment";
        Err(self
            .problem("misplaced-directive", title, self.token.range())
            .help("write it as a line comment: `-- pgmig: ...`")
            .into())
    }

    /// `-- pgmig no-transaction` is a slip, `-- pgmig is fine` is prose.
    fn colon_forgotten(&self, comment: &str) -> Read {
        let mut words = comment.trim_start_matches('-').split_whitespace();
        let (mark, word) = (words.next(), words.next().unwrap_or_default());
        let name = word.split('(').next().unwrap_or_default();
        if mark != Some("pgmig") || !NAMES.contains(&name) {
            return Ok(None);
        }
        let title = format!("directive `{name}` without the colon after `pgmig`");
        Err(self
            .problem("unknown-directive", title, self.token.range())
            .help(format!("write `-- pgmig: {name}`"))
            .into())
    }

    /// What the directive in `range` asks for.
    fn ask(&self, range: Range<usize>) -> Result<Ask, Box<Problem>> {
        let text = &self.script.text[range.clone()];
        let length = text
            .find(|c: char| c.is_whitespace() || c == '(')
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(length);
        let bare = rest.trim();
        let malformed = |help: &str| -> Box<Problem> {
            let title = format!("directive `{name}` that cannot be read");
            self.problem("malformed-directive", title, range.clone())
                .help(help)
                .into()
        };
        match name {
            "no-transaction" if bare.is_empty() => Ok(Ask::NoTransaction),
            "idempotent" if bare.is_empty() => Ok(Ask::Idempotent),
            "no-transaction" | "idempotent" => Err(malformed(&format!(
                "nothing comes after it: `-- pgmig: {name}`"
            ))),
            "allow" => bare
                .strip_prefix('(')
                .and_then(|inner| inner.strip_suffix(')'))
                .and_then(|inner| words(inner, range.end - 1 - inner.len()))
                .map(Ask::Allow)
                .ok_or_else(|| malformed("name the rules: `-- pgmig: allow(rule, other-rule)`")),
            "external" => words(bare, range.end - bare.len())
                .map(Ask::External)
                .ok_or_else(|| malformed("name the objects: `-- pgmig: external table, other`")),
            _ => Err(self.unknown(name, range.start).into()),
        }
    }

    fn unknown(&self, name: &str, start: usize) -> Problem {
        let title = if name.is_empty() {
            "directive without a name".to_owned()
        } else {
            format!("unknown directive `{name}`")
        };
        let problem = self.problem("unknown-directive", title, start..start + name.len());
        match nearest(&name.to_ascii_lowercase(), NAMES) {
            Some(known) => problem.help(format!("did you mean `{known}`?")),
            None => problem.help(format!("the directives are `{}`", NAMES.join("`, `"))),
        }
    }

    /// Refuses a directive where it would not do what it seems to.
    fn in_place(&self, directive: &Directive) -> Result<(), Box<Problem>> {
        let Some(before) = self.before else {
            return Ok(());
        };
        let misplaced = |title: &str, help: &str| {
            self.problem("misplaced-directive", title, directive.range.clone())
                .help(help)
                .into()
        };
        let between = &self.script.text[before.end..self.token.start];
        if !between.contains('\n') {
            return Err(misplaced(
                "directive behind a statement",
                "give it a line of its own, before the statement that is meant",
            ));
        }
        if !matches!(directive.ask, Ask::Allow(_)) {
            return Err(misplaced(
                "directive after the first statement",
                "move it to the head of the file: it is about the whole file",
            ));
        }
        if self.script.text(before) != ";" {
            return Err(misplaced(
                "directive inside a statement",
                "move it to the line before the statement",
            ));
        }
        Ok(())
    }

    fn problem(&self, code: &'static str, title: impl Into<String>, span: Range<usize>) -> Problem {
        Problem::error(code, self.path, title).at(self.script.text, span)
    }
}

/// The words of a list with commas that begins at byte `start`; `None` where one is missing.
fn words(list: &str, start: usize) -> Option<Vec<Word>> {
    let mut offset = start;
    let mut words = Vec::new();
    for part in list.split(',') {
        let text = part.trim();
        if text.is_empty() || text.contains(char::is_whitespace) {
            return None;
        }
        let first = offset + (part.len() - part.trim_start().len());
        words.push(Word {
            text: text.to_owned(),
            range: first..first + text.len(),
        });
        offset += part.len() + 1;
    }
    Some(words)
}

#[cfg(test)]
mod tests;
