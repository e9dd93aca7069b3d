//! A script cut into its statements, and what stands between them.

use std::borrow::Cow;
use std::ops::Range;

use super::token::{Lexer, Token, TokenKind};

/// One statement: its tokens without white space, comments and the closing `;`. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    /// The tokens.
    pub(crate) tokens: Vec<Token>,
}

impl Raw {
    /// From the first token to the last.
    pub(crate) fn range(&self) -> Range<usize> {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The statement, with nothing escaped where an `E'...'` goes on in the next line: the parser
    /// takes a backslash there as itself.
    pub(crate) fn without_escapes<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let range = self.range();
        let mut statement = Cow::Borrowed(&text[range.clone()]);
        let mut escaped = false;
        for token in &self.tokens {
            let part = &text[token.range()];
            let is_string = token.kind == TokenKind::String;
            let goes_on = escaped && is_string && part.starts_with('\'');
            escaped = goes_on || (is_string && part.starts_with(['E', 'e']));
            if goes_on && token.closed && part.contains('\\') {
                let plain = format!("'{}'", "_".repeat(part.len() - 2));
                let at = token.start - range.start..token.end - range.start;
                statement.to_mut().replace_range(at, &plain);
            }
        }
        statement
    }
}

/// A script cut up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Split {
    /// The statements in order.
    pub(crate) statements: Vec<Raw>,
    /// psql meta-commands that stand between statements.
    pub(crate) metas: Vec<Range<usize>>,
    /// A comment that is not closed.
    pub(crate) open_comment: Option<Range<usize>>,
}

/// Cuts `masked`, the text with its slots masked, into statements.
///
/// A `;` ends a statement except in the actions of `CREATE RULE ... DO (a; b)` and in a body
/// `BEGIN ATOMIC ... END`. Never fails: what is wrong is left for the parser to say.
pub(crate) fn split(masked: &str) -> Split {
    split_tokens(masked, &Lexer::new(masked).collect::<Vec<_>>())
}

/// The same, where the tokens of `masked` are known already.
pub(crate) fn split_tokens(masked: &str, all: &[Token]) -> Split {
    let mut all = Cow::Borrowed(all);
    let mut at = 0;
    let mut found = Split::default();
    let mut depth = Depth::default();
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(token) = all.get(at).copied() {
        at += 1;
        if token.is_trivia() {
            if !token.closed {
                found.open_comment = Some(token.range());
            }
        } else if token.kind == TokenKind::Meta && tokens.is_empty() {
            found.metas.push(token.range());
        } else if &masked[token.range()] == ";" && depth.ends_here() {
            depth = Depth::default();
            if tokens.is_empty() {
                continue;
            }
            let tokens = std::mem::take(&mut tokens);
            if copies_from_stdin(masked, &tokens)
                && let Some(rows) = rows(masked, token.end)
            {
                // The rows are not SQL: what follows them is cut anew.
                let mut lexer = Lexer::new(masked);
                lexer.skip_to(rows.end);
                all = Cow::Owned(lexer.collect());
                at = 0;
            }
            found.statements.push(Raw { tokens });
        } else {
            depth.pass(masked, &tokens, token);
            tokens.push(token);
        }
    }
    if !tokens.is_empty() {
        found.statements.push(Raw { tokens });
    }
    found
}

/// How deep in a place where `;` does not end the statement.
#[derive(Default)]
struct Depth {
    parens: usize,
    blocks: usize,
    /// Whether the last word was a `CASE` that counts.
    case: bool,
}

impl Depth {
    fn ends_here(&self) -> bool {
        self.parens == 0 && self.blocks == 0
    }

    fn pass(&mut self, text: &str, before: &[Token], token: Token) {
        // `SELECT a case;`: a label needs no `AS`, and nearly every keyword can be one.
        if std::mem::take(&mut self.case) && ends_a_label(&text[token.range()]) {
            self.blocks -= 1;
        }
        match token.kind {
            TokenKind::Punctuation => self.paren(text, before, &text[token.range()]),
            TokenKind::Word => self.word(text, before, &text[token.range()]),
            _ => {}
        }
    }

    /// Parentheses count in `CREATE RULE` alone: elsewhere an open one is a mistake, which must
    /// not swallow the rest of the file.
    fn paren(&mut self, text: &str, before: &[Token], token: &str) {
        match token {
            "(" if starts(text, before, &["rule"]) => self.parens += 1,
            ")" => self.parens = self.parens.saturating_sub(1),
            _ => {}
        }
    }

    /// `BEGIN ATOMIC` opens a body, `CASE` and `END` nest in it.
    fn word(&mut self, text: &str, before: &[Token], word: &str) {
        let last = before.last().map(|token| &text[token.range()]);
        // `AS end` and `x.end` are names.
        if last.is_some_and(|last| last == "." || last.eq_ignore_ascii_case("as")) {
            return;
        }
        if self.blocks == 0 {
            let opens = word.eq_ignore_ascii_case("atomic")
                && last.is_some_and(|last| last.eq_ignore_ascii_case("begin"))
                && starts(text, before, &["function", "procedure"]);
            self.blocks = usize::from(opens);
        } else if word.eq_ignore_ascii_case("case") {
            self.blocks += 1;
            self.case = true;
        } else if word.eq_ignore_ascii_case("end") {
            // It ends the body behind the `;` of a statement; elsewhere there it is a label.
            let is_label = self.blocks == 1
                && !last.is_some_and(|last| last == ";" || last.eq_ignore_ascii_case("atomic"));
            self.blocks -= usize::from(!is_label);
        }
    }
}

/// Whether a token can come behind a label, and not behind the `CASE` of an expression.
fn ends_a_label(token: &str) -> bool {
    const WORDS: [&str; 15] = [
        "from",
        "into",
        "where",
        "group",
        "having",
        "window",
        "union",
        "intersect",
        "except",
        "order",
        "limit",
        "offset",
        "fetch",
        "for",
        "end",
    ];
    [";", ",", ")"].contains(&token) || WORDS.iter().any(|word| word.eq_ignore_ascii_case(token))
}

/// Whether the tokens begin with `CREATE [OR REPLACE]` and one of the words.
fn starts(text: &str, tokens: &[Token], words: &[&str]) -> bool {
    let is = |at: usize, word: &str| {
        tokens
            .get(at)
            .is_some_and(|token| text[token.range()].eq_ignore_ascii_case(word))
    };
    let at = if is(1, "or") && is(2, "replace") {
        3
    } else {
        1
    };
    is(0, "create") && words.iter().any(|word| is(at, word))
}

/// Whether a statement is a `COPY` that reads what the client sends.
fn copies_from_stdin(text: &str, tokens: &[Token]) -> bool {
    let is = |token: &Token, word: &str| text[token.range()].eq_ignore_ascii_case(word);
    tokens.first().is_some_and(|first| is(first, "copy"))
        && tokens
            .windows(2)
            .any(|pair| is(&pair[0], "from") && is(&pair[1], "stdin"))
}

/// The rows after a `COPY ... FROM stdin;` that ends at `from`, up to the line `\.`; none where no
/// such line follows.
fn rows(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from + text[from..].find('\n')? + 1;
    if !text[from..at].trim().is_empty() {
        return None;
    }
    let start = at;
    for line in text[start..].split_inclusive('\n') {
        let here = at;
        at += line.len();
        if line.trim_end() == "\\." {
            return Some(start..here + line.trim_end().len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::slot;

    fn split_script(text: &str) -> Split {
        split(&slot::mask(text))
    }

    fn cut(text: &str) -> Vec<&str> {
        split_script(text)
            .statements
            .iter()
            .map(|raw| &text[raw.range()])
            .collect()
    }

    #[test]
    fn a_semicolon_ends_a_statement_and_is_no_part_of_it() {
        assert_eq!(
            cut("select 1 ; ;\n-- x\nselect 2"),
            ["select 1", "select 2"]
        );
    }

    #[test]
    fn strings_names_and_comments_hide_a_semicolon() {
        let text =
            "select ';', E'\\';', $$;$$, $a$;$$;$a$, \";\" /* ; /* ; */ ; */ -- ;\n; do $$;$$";
        assert_eq!(cut(text).len(), 2);
    }

    #[test]
    fn a_body_of_begin_atomic_is_one_statement() {
        let body = "create function f() returns int begin atomic \
                    select case when true then 1 else 2 end as end; select 2; end";
        assert_eq!(cut(&format!("{body}; select 1")), [body, "select 1"]);
    }

    #[test]
    fn a_label_in_a_body_of_begin_atomic_may_be_case_or_end() {
        let body = "create function f() returns int begin atomic \
                    select (1) case, 2 CASE from t; select case a when 1 then 2 end case; \
                    select 1 end, case 2 when 3 then 4 end END from t; select 1 end; end";
        assert_eq!(cut(&format!("{body}; select 1")), [body, "select 1"]);
    }

    #[test]
    fn begin_without_atomic_opens_nothing() {
        assert_eq!(cut("begin; select 1; end").len(), 3);
        assert_eq!(cut("create table t (begin int); select 1").len(), 2);
    }

    #[test]
    fn the_actions_of_a_rule_are_one_statement() {
        let rule = "create or replace rule r as on insert to t do also (select 1; select 2)";
        assert_eq!(cut(&format!("{rule}; select 3")), [rule, "select 3"]);
    }

    #[test]
    fn an_open_parenthesis_does_not_swallow_the_rest() {
        assert_eq!(cut("create table t (a int; select 1;").len(), 2);
    }

    #[test]
    fn rows_of_a_copy_are_passed_over() {
        let text = "copy t from stdin;\n1\tit's\n2\t;\n\\.\nselect 1;";
        assert_eq!(cut(text), ["copy t from stdin", "select 1"]);
    }

    #[test]
    fn a_meta_command_between_statements_is_no_statement() {
        let text = "\\restrict abc'd\nselect 1;\r\n\\unrestrict abc'd\r\nselect 2;";
        assert_eq!(cut(text), ["select 1", "select 2"]);
        assert_eq!(split_script(text).metas.len(), 2);
    }
}
