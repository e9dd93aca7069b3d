//! A Drizzle folder as the tenant scope: what it creates belongs to the tenant, though drizzle-kit
//! writes `"public"` before some of its names.
//!
//! `"public".` before the name of something that the folder itself creates is a slot, filled with
//! the tenant's schema at run time; before any other name it means `public`. A folder that is
//! generated from `pgSchema('tenant')` has `"tenant".` everywhere, and a statement that creates
//! that schema: there the name stands for the tenant's schema, and the statement is left out, since
//! the schema is there before the first migration.

use std::collections::HashSet;
use std::ops::Range;

use crate::sql::slot;
use crate::sql::token::TokenKind;
use crate::{Migration, Script};

/// What `pgSchema('...')` names in a folder that is the tenant scope.
const PLACEHOLDER: &str = "tenant";

/// Makes slots in the scripts of a Drizzle folder.
pub(crate) fn fill(migrations: &mut [Migration]) {
    let mut made = Made::default();
    for migration in migrations.iter().filter(|one| one.drizzle.is_some()) {
        made.read(&migration.up.text[migration.up.range.clone()]);
    }
    for migration in migrations.iter_mut().filter(|one| one.drizzle.is_some()) {
        let scripts = [Some(&mut migration.up), migration.down.as_mut()];
        for script in scripts.into_iter().flatten() {
            made.fill(script);
        }
    }
}

/// What the folder creates.
#[derive(Default)]
pub(crate) struct Made {
    /// Tables, types, sequences, views, functions, by name alone: which of them a reference means
    /// follows from where it stands.
    names: HashSet<String>,
    /// Whether it creates the schema that stands for the tenant's.
    placeholder: bool,
}

/// What `CREATE` may be followed by before the noun.
const BETWEEN: [&str; 9] = [
    "or",
    "replace",
    "unique",
    "unlogged",
    "temp",
    "temporary",
    "materialized",
    "recursive",
    "foreign",
];
const NOUNS: [&str; 8] = [
    "table",
    "type",
    "domain",
    "sequence",
    "view",
    "function",
    "procedure",
    "index",
];
/// What may be between the noun and the name.
const BEFORE_NAME: [&str; 4] = ["if", "not", "exists", "concurrently"];

impl Made {
    /// Adds what a script creates or renames, in bodies too.
    pub(crate) fn read(&mut self, text: &str) {
        let words = words(text);
        for (at, word) in words.iter().enumerate() {
            let rest = &words[at + 1..];
            if word.is("create") {
                self.created(rest);
            } else if word.is("rename")
                && rest.first().is_some_and(|word| word.is("to"))
                && !self.placeholder
            {
                self.names.extend(rest.get(1).map(|word| word.name.clone()));
            }
        }
    }

    fn created(&mut self, words: &[Word]) {
        let mut words = words.iter();
        let Some(noun) = words.find(|word| !BETWEEN.iter().any(|between| word.is(between))) else {
            return;
        };
        let mut name = words.skip_while(|word| BEFORE_NAME.iter().any(|before| word.is(before)));
        let Some(first) = name.next() else {
            return;
        };
        if noun.is("schema") {
            self.placeholder |= first.name == PLACEHOLDER;
        } else if NOUNS.iter().any(|one| noun.is(one)) {
            let qualified = name.next().is_some_and(|word| word.name == ".");
            // What is made in the placeholder is told by it, and `public` may have its namesake.
            if !(qualified && first.name == PLACEHOLDER) {
                let last = if qualified { name.next() } else { Some(first) };
                self.names.extend(last.map(|word| word.name.clone()));
            }
        }
    }

    /// Whether the name after `"public".` is of something that the folder creates.
    pub(crate) fn has(&self, name: &str) -> bool {
        // A serial or identity column makes the sequence `table_column_seq`.
        let sequence = || {
            let table = |(at, _)| self.names.contains(&name[..at]);
            name.ends_with("_seq") && name.match_indices('_').any(table)
        };
        self.names.contains(name) || sequence()
    }

    fn fill(&self, script: &mut Script) {
        if self.placeholder {
            script.statements.retain(|statement| {
                let created = |object: &crate::sql::Object| object.name == PLACEHOLDER;
                !(statement.kind == "CREATE SCHEMA" && statement.objects.iter().any(created))
            });
        }
        for statement in &mut script.statements {
            let start = statement.range.start;
            let words = words(&script.text[statement.range.clone()]);
            for qualified in words.windows(3) {
                let [schema, dot, name] = qualified else {
                    continue;
                };
                if dot.name != "." || !self.is_tenants(&schema.name, &name.name) {
                    continue;
                }
                statement
                    .slots
                    .push(start + schema.range.start..start + schema.range.end);
            }
            statement.slots.sort_by_key(|slot| slot.start);
            for object in &mut statement.objects {
                let schema = object.schema.as_deref();
                if schema.is_some_and(|schema| self.is_tenants(schema, &object.name)) {
                    object.schema = None;
                }
            }
        }
    }

    /// Whether `schema.name` is in the tenant's schema.
    fn is_tenants(&self, schema: &str, name: &str) -> bool {
        (schema == "public" && self.has(name)) || (self.placeholder && schema == PLACEHOLDER)
    }
}

/// A name, a keyword or a mark.
pub(crate) struct Word {
    /// As PostgreSQL has it: folded, without quotes.
    pub(crate) name: String,
    quoted: bool,
    pub(crate) range: Range<usize>,
}

impl Word {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.name == keyword
    }
}

/// The words of a text and of the bodies in it.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    collect(text, 0..text.len(), &mut words);
    words
}

fn collect(text: &str, part: Range<usize>, words: &mut Vec<Word>) {
    for token in slot::tokens(text, &part) {
        let written = &text[token.range()];
        let name = match token.kind {
            TokenKind::Word => written.to_lowercase(),
            TokenKind::Quoted => written.trim_matches('"').replace("\"\"", "\""),
            TokenKind::Dollar => {
                if let Some(body) = slot::body(text, token) {
                    collect(text, body, words);
                }
                continue;
            }
            _ if token.is_trivia() => continue,
            _ => written.to_owned(),
        };
        words.push(Word {
            name,
            quoted: token.kind == TokenKind::Quoted,
            range: token.range(),
        });
    }
}
