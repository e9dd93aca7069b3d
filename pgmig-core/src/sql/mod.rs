//! SQL as far as pgmig needs it: statements, what each is, what the runtime must know of it.

mod body;
pub(crate) mod check;
pub(crate) mod cursor;
pub(crate) mod ddl;
mod facts;
pub(crate) mod names;
mod plpgsql;
mod psql;
pub(crate) mod slot;
pub(crate) mod split;
mod squawk;
mod stack;
mod syntax;
pub(crate) mod token;
mod words;

use std::ops::Range;

use crate::tokens::Lexed;

/// The statements of a script, in order.
///
/// Told from the tokens alone and cheap: nothing is parsed, and text that PostgreSQL would refuse
/// gives statements too. What stands between the ranges (comments, `;`, psql's `\restrict` lines)
/// is not meant for the server.
///
/// ```
/// let statements = pgmig_core::sql::analyse("CREATE TABLE a (id int);\nVACUUM a;");
/// assert_eq!(statements[0].kind, "CREATE TABLE");
/// assert_eq!(statements[1].line, 2);
/// ```
pub fn analyse(text: &str) -> Vec<Statement> {
    let masked = slot::mask(text);
    statements(text, &masked, &split::split(&masked))
}

/// The same, where the tokens are known already.
pub(crate) fn analyse_lexed(script: &Lexed<'_>) -> Vec<Statement> {
    let split = split::split_tokens(&script.masked, &script.tokens);
    statements(script.text, &script.masked, &split)
}

fn statements(text: &str, masked: &str, split: &split::Split) -> Vec<Statement> {
    let mut line = 1;
    let mut counted = 0;
    let statements = split.statements.iter().map(|raw| {
        let start = raw.range().start;
        line += newlines(&text[counted..start]);
        counted = start;
        facts::statement(text, masked, raw, line)
    });
    statements.collect()
}

/// What is wrong with the syntax of a script, one problem a statement at most, in the order of the
/// text. `path` is how messages spell the file.
///
/// ```
/// let problems = pgmig_core::sql::syntax("CREATE TABLE a (id);", "migrations/001_a.sql");
/// assert_eq!(problems[0].title, "syntax error at `)`");
/// ```
pub fn syntax(text: &str, path: &str) -> Vec<crate::Problem> {
    let masked = slot::mask(text);
    let split = split::split(&masked);
    let text = syntax::Text {
        path,
        written: text,
        masked: &masked,
    };
    stack::with_a_large_one(|| {
        let mut problems = syntax::problems(text, &split);
        problems.extend(psql::problems(text, &split));
        problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
        problems
    })
}

/// The bytes of each token of a text, without white space and comments.
#[doc(hidden)]
pub fn token_ranges(text: &str) -> Vec<Range<usize>> {
    token::Lexer::new(text)
        .filter(|token| !token.is_trivia())
        .map(token::Token::range)
        .collect()
}

fn newlines(text: &str) -> u32 {
    let count = text.bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether a statement may run inside a transaction block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InTransaction {
    /// It may.
    Allowed,
    /// PostgreSQL refuses it there (`CREATE INDEX CONCURRENTLY`, `VACUUM`, ...).
    Refused,
}

/// What a person calls the thing that a statement changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// `table`, `index`, `type`, `function`, ...
    pub kind: &'static str,
    /// The schema, where the statement spells one.
    pub schema: Option<String>,
    /// The name, unquoted and folded as PostgreSQL folds it.
    pub name: String,
}

/// How to find out, after a crash, whether a statement that ran outside a transaction took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// There is no way to know; the statement may not be repeated blindly.
    None,
    /// Repeating it does no harm (`VACUUM`, `REINDEX`, anything with `IF [NOT] EXISTS`).
    Repeat,
    /// `CREATE INDEX CONCURRENTLY`: look for the index; valid means done, invalid means drop and
    /// build again.
    IndexCreated(Object),
    /// `DROP INDEX CONCURRENTLY`: done when the index is gone.
    IndexDropped(Object),
    /// `ALTER TYPE ... ADD VALUE`: done when the enum has the label.
    EnumValue {
        /// The enum.
        on: Object,
        /// The label.
        label: String,
    },
    /// `ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY`: done when it is no partition any more;
    /// a pending one is finished by `FINALIZE`.
    PartitionDetached {
        /// The partitioned table.
        parent: Object,
        /// The partition.
        partition: Object,
    },
}

/// One statement of a script, and what the runtime must know of it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its bytes in the script's text, without the closing `;`, from its first token to its last.
    pub range: Range<usize>,
    /// The line it starts in, from 1.
    pub line: u32,
    /// What it is, in PostgreSQL's words: `CREATE INDEX`, `ALTER TABLE`.
    pub kind: String,
    /// What it creates, changes or drops.
    pub objects: Vec<Object>,
    /// Whether it may run in a transaction block.
    pub in_transaction: InTransaction,
    /// Whether it loses data (`DROP TABLE`, `DROP COLUMN`, `TRUNCATE`, `DELETE`, ...).
    pub destroys_data: bool,
    /// What to look at after a crash.
    pub probe: Probe,
    /// The word `CONCURRENTLY`, to be left out on a schema that is being provisioned.
    pub concurrently: Option<Range<usize>>,
    /// The places of `${schema}`, to be filled with the quoted name of the target schema. An empty
    /// one is where an unqualified name starts in a statement that runs outside a transaction: it
    /// takes the quoted name and a dot.
    pub slots: Vec<Range<usize>>,
    /// The places of a `public` that qualifies what the public scope itself makes, or that names
    /// the schema: another schema is put there when the migrations are replayed in a shadow.
    pub public: Vec<Range<usize>>,
}
