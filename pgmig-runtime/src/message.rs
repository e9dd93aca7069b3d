//! One message to the server: pgmig's own statements and those of migrations, and the way back
//! from a position in it to a byte of a file.

use std::ops::Range;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition, PgRow};

use crate::db::Failed;
use crate::embedded::{ScriptParts, Span, part};
use crate::planner::Way;
use crate::target::Target;
use crate::{Migration, quote};

/// Statements that travel together. Without `BEGIN` and `COMMIT`: PostgreSQL runs a message of
/// several statements as one transaction (Protocol, "Multiple Statements in a Simple Query"), and
/// after an error the connection is idle, with nothing to roll back.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// A comment at the head, by which the server's view of its sessions shows whose it is.
    marker: String,
    sql: String,
    /// Whether its scripts take migrations back.
    back: bool,
    parts: Vec<Part>,
    targets: Vec<Target>,
}

/// One statement of a message.
#[derive(Debug)]
struct Part {
    range: Range<usize>,
    target: usize,
    origin: Origin,
}

/// Where a statement comes from.
#[derive(Debug)]
enum Origin {
    /// Settings, claims, the ledger.
    Ours,
    /// The row that records a migration.
    Record(&'static Migration),
    /// A statement of a file.
    File {
        migration: &'static Migration,
        script: &'static ScriptParts,
        index: usize,
        pieces: Vec<Piece>,
    },
}

/// A stretch of a sent statement and the byte of the file that it comes from.
#[derive(Debug)]
struct Piece {
    sent: usize,
    file: usize,
    /// Copied byte by byte; otherwise put in the place of what is at `file`.
    verbatim: bool,
}

/// What failed.
#[derive(Debug)]
pub(crate) struct Place<'m> {
    pub(crate) target: &'m Target,
    pub(crate) migration: &'static Migration,
    pub(crate) script: &'static ScriptParts,
    /// The statement, from 0; `None` when the transaction's end failed.
    pub(crate) statement: Option<usize>,
    /// The byte of the file that PostgreSQL points to.
    pub(crate) offset: Option<usize>,
    /// Whether the script takes a migration back.
    pub(crate) back: bool,
}

/// How a statement is written for one target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill<'t> {
    pub(crate) schema: &'t str,
    /// Leaves `CONCURRENTLY` out: nobody uses a schema that is being provisioned, and without the
    /// word everything fits in one transaction.
    pub(crate) plain: bool,
    /// What stands in the place of `public`, where the migrations are replayed beside it.
    pub(crate) public: Option<&'t str>,
}

impl Message {
    /// A message that the server's view of its sessions can be searched for.
    pub(crate) fn marked(marker: String) -> Self {
        Message {
            sql: marker.clone(),
            marker,
            ..Message::default()
        }
    }

    /// The comment at its head.
    pub(crate) fn marker(&self) -> &str {
        &self.marker
    }

    /// Which way its scripts go.
    pub(crate) fn way(&mut self, way: Way) {
        self.back = way != Way::Up;
    }

    /// Whether its scripts take migrations back.
    pub(crate) fn goes_back(&self) -> bool {
        self.back
    }

    /// What follows is for this target.
    pub(crate) fn target(&mut self, target: &Target) {
        self.targets.push(target.clone());
    }

    /// A statement of pgmig's own.
    pub(crate) fn ours(&mut self, sql: &str) {
        self.push(sql, Origin::Ours);
    }

    /// The statement that records `migration`.
    pub(crate) fn record(&mut self, migration: &'static Migration, sql: &str) {
        self.push(sql, Origin::Record(migration));
    }

    /// All statements of a migration's script.
    pub(crate) fn script(&mut self, migration: &'static Migration, fill: Fill<'_>) {
        let script = &migration.0.up.0;
        for index in 0..script.statements.len() {
            self.statement(migration, script, index, fill);
        }
    }

    /// A statement of a migration's script.
    pub(crate) fn statement(
        &mut self,
        migration: &'static Migration,
        script: &'static ScriptParts,
        index: usize,
        fill: Fill<'_>,
    ) {
        let (sql, pieces) = write(script, index, fill);
        self.push(
            &sql,
            Origin::File {
                migration,
                script,
                index,
                pieces,
            },
        );
    }

    fn push(&mut self, sql: &str, origin: Origin) {
        let start = self.sql.len();
        self.sql.push_str(sql);
        self.parts.push(Part {
            range: start..self.sql.len(),
            target: self.targets.len().saturating_sub(1),
            origin,
        });
        self.sql.push_str(";\n");
    }

    /// The whole message.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// Its statements one by one, for a server that takes only one a message.
    pub(crate) fn statements(&self) -> impl Iterator<Item = String> {
        let statement = |part: &Part| self.marker.clone() + &self.sql[part.range.clone()];
        self.parts.iter().map(statement)
    }

    /// The rows that the recording statements returned, one a migration.
    pub(crate) fn recorded<'a>(
        &'a self,
        answers: &'a [Vec<PgRow>],
    ) -> impl Iterator<Item = &'a PgRow> {
        let recording = |part: &Part| matches!(part.origin, Origin::Record(_));
        self.parts
            .iter()
            .zip(answers)
            .filter(move |(part, _)| recording(part))
            .flat_map(|(_, rows)| rows)
    }

    /// What failed, when the whole message was sent; `None` when a statement of pgmig's own did.
    ///
    /// PostgreSQL's position is exact where there is one; otherwise the completed statements are
    /// counted.
    pub(crate) fn place(&self, failed: &Failed) -> Option<Place<'_>> {
        let pointed = position(&failed.error)
            .and_then(|chars| self.sql.char_indices().nth(chars - 1))
            .map(|(byte, _)| byte);
        let by_position = pointed.and_then(|byte| {
            let found = self.parts.iter().find(|part| part.range.contains(&byte))?;
            Some((found, Some(byte - found.range.start)))
        });
        let (part, offset) = match by_position {
            Some(found) => found,
            None => (self.parts.get(failed.completed)?, None),
        };
        self.place_in(part, offset, &failed.error)
    }

    /// What failed, when statement `index` was sent alone; beyond the last it was the commit.
    pub(crate) fn place_of(&self, index: usize, error: &sqlx::Error) -> Option<Place<'_>> {
        let recording = |part: &&Part| matches!(part.origin, Origin::Record(_));
        let Some(part) = self.parts.get(index) else {
            let last = self.parts.iter().rev().find(recording)?;
            return self.place_in(last, None, error);
        };
        let sent = &self.sql[part.range.clone()];
        let offset = position(error)
            .and_then(|chars| chars.checked_sub(self.marker.chars().count() + 1))
            .and_then(|before| sent.char_indices().nth(before))
            .map(|(byte, _)| byte);
        self.place_in(part, offset, error)
    }

    fn place_in<'m>(
        &'m self,
        part: &'m Part,
        offset: Option<usize>,
        error: &sqlx::Error,
    ) -> Option<Place<'m>> {
        let target = self.targets.get(part.target)?;
        match &part.origin {
            Origin::Ours => None,
            // A deferred constraint is checked when the transaction ends, and PostgreSQL ends it
            // before it answers for the last statement.
            Origin::Record(migration) => is_constraint(error).then_some(Place {
                target,
                migration,
                script: &migration.0.up.0,
                statement: None,
                offset: None,
                back: self.back,
            }),
            Origin::File {
                migration,
                script,
                index,
                pieces,
            } => {
                let sent = &self.sql[part.range.clone()];
                let offset = offset
                    .or_else(|| inner_position(error, sent))
                    .or_else(|| named_position(error, sent));
                Some(Place {
                    target,
                    migration,
                    script,
                    statement: Some(*index),
                    offset: offset.and_then(|sent| to_file(pieces, sent)),
                    back: self.back,
                })
            }
        }
    }
}

/// A statement as it is sent, and where each stretch of it comes from.
fn write(script: &'static ScriptParts, index: usize, fill: Fill<'_>) -> (String, Vec<Piece>) {
    let Some(statement) = script.statements.get(index) else {
        return (String::new(), Vec::new());
    };
    let (start, end) = statement.0.span;
    let mut edits: Vec<(Span, String)> = statement
        .0
        .slots
        .iter()
        .map(|slot| (*slot, filled(*slot, fill.schema)))
        .collect();
    if fill.plain {
        edits.extend(statement.0.concurrently.map(|word| (word, String::new())));
    }
    if let Some(public) = fill.public {
        let places = statement.0.public.iter();
        edits.extend(places.map(|place| (*place, in_the_way(part(script.text, *place), public))));
    }
    edits.sort();
    let mut sql = String::with_capacity(end.saturating_sub(start) as usize);
    let mut pieces = Vec::with_capacity(2 * edits.len() + 1);
    let mut at = start;
    let piece = |sql: &String, file: u32, verbatim| Piece {
        sent: sql.len(),
        file: file as usize,
        verbatim,
    };
    for (span, text) in edits {
        pieces.push(piece(&sql, at, true));
        sql.push_str(part(script.text, (at, span.0)));
        pieces.push(piece(&sql, span.0, false));
        sql.push_str(&text);
        at = span.1;
    }
    pieces.push(piece(&sql, at, true));
    sql.push_str(part(script.text, (at, end)));
    (sql, pieces)
}

/// What goes into a slot. An empty one is where an unqualified name starts: it takes the schema
/// and a dot.
fn filled(slot: Span, schema: &str) -> String {
    let name = quote::ident(schema);
    if slot.0 == slot.1 { name + "." } else { name }
}

/// A shadow's name, with quotes where the name that it replaces has them: the body of a function is
/// text, and has to be the same once the names are put back.
fn in_the_way(written: &str, name: &str) -> String {
    if written.starts_with('"') {
        quote::ident(name)
    } else {
        name.to_owned()
    }
}

/// The script as it would be sent to a target, for a person to read.
pub(crate) fn script_text(script: &'static ScriptParts, fill: Fill<'_>) -> String {
    (0..script.statements.len())
        .map(|index| write(script, index, fill).0 + ";\n")
        .collect()
}

/// The byte of the file that byte `sent` of a statement comes from.
fn to_file(pieces: &[Piece], sent: usize) -> Option<usize> {
    let piece = pieces.iter().rev().find(|piece| piece.sent <= sent)?;
    let into = if piece.verbatim { sent - piece.sent } else { 0 };
    Some(piece.file + into)
}

/// PostgreSQL's position in what was sent, in characters from 1.
fn position(error: &sqlx::Error) -> Option<usize> {
    match database_error(error)?.position()? {
        PgErrorPosition::Original(position) if position > 0 => Some(position),
        _ => None,
    }
}

/// The position inside a statement that a function body ran, where that text stands in the sent
/// statement exactly once.
fn inner_position(error: &sqlx::Error, sent: &str) -> Option<usize> {
    let PgErrorPosition::Internal { position, query } = database_error(error)?.position()? else {
        return None;
    };
    let mut places = sent.match_indices(query);
    let (start, _) = places.next()?;
    let inner = query.char_indices().nth(position.checked_sub(1)?)?.0;
    places.next().is_none().then_some(start + inner)
}

/// The place of a name that the error's text puts in double quotes, where it stands in the
/// statement as a word exactly once. PostgreSQL gives no position for many errors about a column
/// or a relation (`CREATE INDEX` on a column that does not exist), but always its name.
fn named_position(error: &sqlx::Error, sent: &str) -> Option<usize> {
    let message = database_error(error)?.message();
    let named = message.split('"').skip(1).step_by(2);
    named.filter(|name| !name.is_empty()).find_map(|name| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mut places = sent.match_indices(name).filter(|(at, _)| {
            !sent[..*at].ends_with(word) && !sent[at + name.len()..].starts_with(word)
        });
        let (at, _) = places.next()?;
        places.next().is_none().then_some(at)
    })
}

fn is_constraint(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|error| error.code().starts_with("23"))
}

/// The five characters of the server's error code.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<&str> {
    database_error(error).map(PgDatabaseError::code)
}

/// The server's own error, where it is one.
pub(crate) fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error
        .as_database_error()?
        .try_downcast_ref::<PgDatabaseError>()
}
