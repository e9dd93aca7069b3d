//! What `pg_dump` wrote becomes the text of a baseline.
//!
//! Left out is what is about the session and the role that dumped. A tenant's schema becomes
//! `${schema}` where it is a name of its own, and is left out of names in strings
//! (`nextval('orders_id_seq'::regclass)`), which the search path finds.

use std::collections::BTreeSet;
use std::ops::Range;

use super::insert::Inserts;
use crate::sql::cursor::Cursor;
use crate::sql::slot::{self, SLOT};
use crate::sql::split::{Raw, split};
use crate::sql::token::{Token, TokenKind};
use crate::{Problem, Scope};

/// What `pg_dump --column-inserts` wrote, and what has to be known of it.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'a> {
    /// What it wrote.
    pub text: &'a str,
    /// Whose baseline it is to become.
    pub scope: Scope,
    /// The schema that was dumped, a plain name that stands for nothing else; of `public` the
    /// whole database is dumped.
    pub schema: &'a str,
    /// The role that made what was dumped.
    pub owner: &'a str,
    /// Values that are made anew in every schema, instead of what the dump has.
    pub anew: &'a [Anew],
}

/// Values of a column that are another each time: its default is put in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anew {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The rows, from 0 in the order in which they are dumped.
    pub rows: BTreeSet<usize>,
}

/// Settings of the session that dumped, which mean nothing for what is made.
const SESSION: [&str; 12] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "client_encoding",
    "standard_conforming_strings",
    "check_function_bodies",
    "xmloption",
    "client_min_messages",
    "row_security",
    "escape_string_warning",
    "default_with_oids",
];

impl Dump<'_> {
    /// The statements of a baseline that makes the same.
    ///
    /// ```
    /// use pgmig_core::{Scope, baseline::Dump};
    ///
    /// let dump = Dump {
    ///     text: "SET row_security = off;\n\nCREATE SCHEMA made;\n\nCREATE TABLE made.orders (id integer);\n",
    ///     scope: Scope::Tenant,
    ///     schema: "made",
    ///     owner: "me",
    ///     anew: &[],
    /// };
    /// assert_eq!(dump.script().unwrap(), "\nCREATE TABLE ${schema}.orders (id integer);\n");
    /// ```
    ///
    /// # Errors
    /// Problems at what a baseline cannot have, or cannot have for every schema.
    pub fn script(&self) -> Result<String, Vec<Problem>> {
        let mut script = String::new();
        let mut problems = Vec::new();
        let masked = slot::mask(self.text);
        let mut inserts = Inserts::new(self);
        for raw in split(&masked).statements {
            let statement = Statement {
                dump: self,
                raw: &raw,
            };
            match statement.kept(&mut inserts) {
                Ok(None) => {}
                Ok(Some(sql)) => {
                    if statement.is(&["create"]) {
                        script.push('\n');
                    }
                    script.push_str(&sql);
                    script.push_str(";\n");
                }
                Err(problem) => problems.push(*problem),
            }
        }
        match problems.is_empty() {
            true => Ok(script),
            false => Err(problems),
        }
    }
}

/// One statement of a dump.
struct Statement<'a> {
    dump: &'a Dump<'a>,
    raw: &'a Raw,
}

type Edits = Vec<(Range<usize>, String)>;

impl Statement<'_> {
    /// What the baseline has of it; `None`: nothing.
    fn kept(&self, inserts: &mut Inserts<'_>) -> Result<Option<String>, Box<Problem>> {
        if self.is(&["set"]) || self.is(&["reset"]) {
            return self.setting().map(|()| None);
        }
        if self.is(&["copy"]) {
            return Err(self.unfit("rows that are not in INSERT statements"));
        }
        if self.is_left_out() {
            return Ok(None);
        }
        let mut edits = Edits::new();
        self.rights(&mut edits);
        if !self.dump.anew.is_empty() && self.is(&["insert", "into"]) {
            inserts.defaults(&self.raw.tokens, &mut edits);
        }
        if self.dump.scope == Scope::Tenant {
            self.names(&self.raw.tokens, &mut edits)?;
        }
        edits.sort_by_key(|(range, _)| range.start);
        let range = self.raw.range();
        let mut sql = String::new();
        let mut at = range.start;
        for (place, text) in edits
            .into_iter()
            .filter(|(place, _)| place.end <= range.end)
        {
            if place.start >= at {
                sql.push_str(&self.dump.text[at..place.start]);
                sql.push_str(&text);
                at = place.end;
            }
        }
        sql.push_str(&self.dump.text[at..range.end]);
        Ok(Some(sql))
    }

    fn is(&self, words: &[&str]) -> bool {
        Cursor::new(self.dump.text, &self.raw.tokens).at(words)
    }

    fn text(&self, token: Token) -> &str {
        &self.dump.text[token.range()]
    }

    /// Whether a token is this name.
    fn names_it(&self, token: Token, name: &str) -> bool {
        match token.kind {
            TokenKind::Word => self.text(token).eq_ignore_ascii_case(name),
            TokenKind::Quoted => self.text(token).trim_matches('"').replace("\"\"", "\"") == name,
            _ => false,
        }
    }

    /// A setting of the session may be left out; one that decides what is made may not.
    fn setting(&self) -> Result<(), Box<Problem>> {
        let name = self.raw.tokens.get(1).map_or("", |token| self.text(*token));
        let value = self.raw.tokens.last().map_or("", |token| self.text(*token));
        match (name, value) {
            ("default_tablespace", "''") | ("default_table_access_method", "heap") => Ok(()),
            ("default_tablespace", _) => Err(self.unfit("a tablespace of one server")),
            ("default_table_access_method", _) => Err(self.unfit("a table access method")),
            (name, _) if SESSION.contains(&name) => Ok(()),
            _ => Err(self.unfit("a setting of the session that a baseline cannot have")),
        }
    }

    fn is_left_out(&self) -> bool {
        let tokens = &self.raw.tokens;
        if self.is(&["select", "pg_catalog", ".", "set_config"])
            || self.is(&["comment", "on", "extension"])
        {
            return true;
        }
        let last = tokens.last().copied();
        let own = |name: &str| last.is_some_and(|last| self.names_it(last, name));
        // pgmig makes the schema, and whoever runs the baseline owns what it makes.
        if self.is(&["create", "schema"]) {
            return own("public") || (self.dump.scope == Scope::Tenant && own(self.dump.schema));
        }
        let to_owner = matches!(tokens.as_slice(), [.., owner, to, _]
            if self.text(*owner).eq_ignore_ascii_case("owner") && self.text(*to).eq_ignore_ascii_case("to"));
        self.is(&["alter"]) && to_owner && own(self.dump.owner)
    }

    /// What is said of the role that dumped is true of the one that runs the baseline.
    fn rights(&self, edits: &mut Edits) {
        let tokens = &self.raw.tokens;
        if self.is(&["alter", "default", "privileges", "for", "role"])
            && let [_, _, _, from, _, role, to, ..] = tokens.as_slice()
            && self.names_it(*role, self.dump.owner)
        {
            edits.push((from.start..to.start, String::new()));
        }
        if !(self.is(&["grant"]) || self.is(&["revoke"]) || self.is(&["alter", "default"])) {
            return;
        }
        for (before, role) in tokens.iter().zip(tokens.iter().skip(1)) {
            let word = self.text(*before).to_ascii_lowercase();
            if ["to", "from"].contains(&word.as_str()) && self.names_it(*role, self.dump.owner) {
                edits.push((role.range(), "CURRENT_USER".to_owned()));
            }
        }
    }

    /// Puts a slot where the dumped schema is named.
    fn names(&self, tokens: &[Token], edits: &mut Edits) -> Result<(), Box<Problem>> {
        let schema = self.dump.schema;
        for (at, token) in tokens.iter().enumerate() {
            let written = self.text(*token);
            if !written.contains(schema) {
                continue;
            }
            match token.kind {
                _ if self.names_it(*token, schema) => edits.push((token.range(), SLOT.to_owned())),
                TokenKind::Dollar => self.names_in_body(*token, edits)?,
                TokenKind::String if written == format!("'{schema}'") => {
                    if !self.in_search_path(&tokens[..at]) {
                        return Err(self.unfit_at(*token, "the schema's name as a value"));
                    }
                    edits.push((token.range(), SLOT.to_owned()));
                }
                TokenKind::String => {
                    let bare = written.replace(&format!("{schema}."), "");
                    if bare.contains(schema) {
                        return Err(self.unfit_at(*token, "the schema's name as a value"));
                    }
                    edits.push((token.range(), bare));
                }
                _ => return Err(self.unfit_at(*token, "the schema's name in another")),
            }
        }
        Ok(())
    }

    /// The body of a function is code of its own.
    fn names_in_body(&self, token: Token, edits: &mut Edits) -> Result<(), Box<Problem>> {
        let Some(body) = slot::body(self.dump.text, token) else {
            return Ok(());
        };
        let mut tokens = slot::tokens(self.dump.text, &body);
        tokens.retain(|token| !token.is_trivia());
        self.names(&tokens, edits)
    }

    /// Whether a string comes in `SET search_path TO 'a', 'b'`, where a name may stand as well.
    fn in_search_path(&self, before: &[Token]) -> bool {
        let value = |token: &&Token| token.kind == TokenKind::String || self.text(**token) == ",";
        let mut rest = before.iter().rev().skip_while(value);
        let to = rest
            .next()
            .map(|token| self.text(*token).to_ascii_lowercase());
        let path = rest
            .next()
            .is_some_and(|token| self.names_it(*token, "search_path"));
        path && to.is_some_and(|to| to == "to" || to == "=")
    }

    fn unfit(&self, what: &str) -> Box<Problem> {
        let range = self.raw.range();
        self.unfit_in(range.start..range.end, what)
    }

    fn unfit_at(&self, token: Token, what: &str) -> Box<Problem> {
        self.unfit_in(token.range(), what)
    }

    fn unfit_in(&self, range: Range<usize>, what: &str) -> Box<Problem> {
        let title = format!("what the migrations make has {what}");
        let statement = &self.dump.text[self.raw.range()];
        let first = statement.lines().next().unwrap_or_default();
        let problem = Problem::error("unfit-for-baseline", "pg_dump", title)
            .at(self.dump.text, range)
            .note(format!("the statement is `{first}`"))
            .note("a baseline makes the same in every schema, on every server");
        Box::new(problem)
    }
}

#[cfg(test)]
mod tests;
