//! A script's file becomes a [`Script`], read and lexed once.

use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::directive::{self, Ask};
use crate::layout::sections::{self, Part};
use crate::layout::{Found, Layout, Roots, flyway};
use crate::sql::{self, InTransaction, Statement};
use crate::tokens::Lexed;
use crate::{Checksum, Problem, Scope, Script, Version, checksum};

/// A file of a migration.
struct File {
    /// Its path below the folder.
    path: String,
    /// How messages spell it.
    shown: String,
    text: String,
}

/// A script that could be read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) script: Script,
    pub(crate) checksum: Checksum,
    /// Whether it has no statement.
    pub(crate) blank: bool,
}

/// The scripts of a migration.
#[derive(Debug)]
pub(crate) struct Scripts {
    pub(crate) up: Read,
    pub(crate) down: Option<Read>,
}

/// The up script of a migration, and the down script where there is one. `None`: the up script
/// cannot be read at all; `problems` says why.
pub(crate) fn read(
    roots: &Roots<'_>,
    found: &Found,
    problems: &mut Vec<Problem>,
) -> Option<Scripts> {
    let file = File::open(roots, &found.up, problems);
    let beside = found.down.as_deref();
    let beside = beside.and_then(|path| File::open(roots, path, problems));
    let beside = beside.map(|file| file.script(&Part::whole(&file.text), found, problems));
    let file = file?;
    let sections = sections::sections(found.layout, &file.text, &file.shown, problems);
    let up = file.script(&sections.up, found, problems);
    if !Lexed::new(&file.text[sections.before.clone()]).is_blank() {
        problems.push(file.before_first_section(found.layout));
    }
    let inside = sections.down;
    if let (Some(part), Some(other)) = (&inside, &found.down) {
        problems.push(file.second_down(part, &roots.find(other).1));
    }
    let inside = inside.map(|part| file.script(&part, found, problems));
    // A generated file in which nobody wrote how to take the migration back would do nothing and
    // say that it did.
    let takes_back = |down: &Read| !(down.blank && found.layout.takes_empty());
    let down = beside.or(inside).filter(takes_back);
    Some(Scripts { up, down })
}

/// The script of a file that is a baseline. `None`: it cannot be read at all; `problems` says why.
pub(crate) fn read_baseline(
    roots: &Roots<'_>,
    scope: Scope,
    problems: &mut Vec<Problem>,
) -> Option<Read> {
    let file = File::open(roots, &crate::baseline::file(scope), problems)?;
    Some(file.baseline(scope, problems))
}

/// The script that `text` is as a baseline.
pub(crate) fn baseline(scope: Scope, text: String) -> Read {
    let path = crate::baseline::file(scope);
    let file = File {
        shown: path.clone(),
        path,
        text,
    };
    file.baseline(scope, &mut Vec::new())
}

impl File {
    fn baseline(&self, scope: Scope, problems: &mut Vec<Problem>) -> Read {
        let found = Found {
            scope,
            version: Version::of(0),
            name: String::new(),
            up: self.path.clone(),
            down: None,
            layout: Layout::Pgmig,
            transactional: None,
            placeholders: false,
            drizzle: None,
            repeatable: false,
        };
        self.script(&Part::whole(&self.text), &found, problems)
    }

    fn open(roots: &Roots<'_>, path: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let (on_disk, shown) = roots.find(path);
        match text(&on_disk, &shown) {
            Ok(text) => Some(File {
                path: path.to_owned(),
                shown,
                text,
            }),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        }
    }

    /// The script that a part of the file is.
    fn script(&self, part: &Part, found: &Found, problems: &mut Vec<Problem>) -> Read {
        let text = sections::only(&self.text, &part.range);
        let lexed = Lexed::new(&text);
        let blank = lexed.is_blank();
        if blank && !found.layout.takes_empty() {
            problems.push(self.blank(part));
        }
        if found.placeholders {
            flyway::placeholders(&lexed, &self.shown, problems);
        }
        let directives = directive::read(&lexed, &self.shown, problems);
        let asks = |ask: Ask| directives.iter().any(|directive| directive.ask == ask);
        let idempotent = asks(Ask::Idempotent);
        let ends = ends(&lexed, found.layout);
        let mut statements = if ends.is_empty() {
            sql::analyse_lexed(&lexed)
        } else {
            sql::analyse(&sections::end(lexed.text, &ends))
        };
        let transactional = match part.transactional.or(found.transactional) {
            _ if asks(Ask::NoTransaction) => false,
            Some(told) => told,
            None => !found.layout.finds_out() || statements.iter().all(may_share),
        };
        // pgmig begins and commits itself.
        if found.layout.sends_bare() {
            statements.retain(|statement| !bounds_transaction(statement));
        }
        Read {
            checksum: checksum::checksum(&lexed),
            blank,
            script: Script {
                path: self.path.clone(),
                text: self.text.clone(),
                range: part.range.clone(),
                ends,
                transactional,
                idempotent,
                directives,
                statements,
            },
        }
    }

    fn blank(&self, part: &Part) -> Problem {
        let whole = part.range == (0..self.text.len());
        let text = &self.text[part.range.clone()];
        let what = match (whole, text.trim_start_matches('\u{feff}').trim().is_empty()) {
            (true, true) => "the file is empty",
            (true, false) => "the file has comments, but no statement",
            (false, _) => "a section without a statement",
        };
        let start = part.range.start;
        let problem =
            Problem::error("empty-file", self.shown.as_str(), what).at(&self.text, start..start);
        if self.shown.ends_with(".down.sql") || start > 0 {
            problem
                .help("delete it if the migration cannot be taken back")
                .help("write `SELECT 1;` if there is nothing to take back")
        } else {
            problem.help("write the migration, or delete the file")
        }
    }

    fn before_first_section(&self, layout: Layout) -> Problem {
        let title = "a statement before the first section";
        let lexed = Lexed::new(&self.text);
        let first = lexed.tokens.iter().find(|token| !token.is_trivia());
        let range = first.map_or(0..0, |token| token.range());
        Problem::error("bad-section", self.shown.as_str(), title)
            .at(&self.text, range)
            .note(format!("{layout} would not run it"))
            .help("move it into the section that applies the migration, or delete it")
    }

    fn second_down(&self, part: &Part, other: &str) -> Problem {
        let title = "a second down script of the same migration";
        let start = part.range.start;
        Problem::error("duplicate-version", self.shown.as_str(), title)
            .at(&self.text, start..start)
            .note(format!("the other one is `{other}`"))
            .help("delete one of them")
    }
}

fn may_share(statement: &Statement) -> bool {
    statement.in_transaction == InTransaction::Allowed
}

/// Whether a statement begins a transaction or commits it.
fn bounds_transaction(statement: &Statement) -> bool {
    ["BEGIN", "START TRANSACTION", "COMMIT", "END"].contains(&statement.kind.as_str())
}

/// The comments that end a statement, as far as they do.
fn ends(lexed: &Lexed<'_>, layout: Layout) -> Vec<Range<usize>> {
    if ![Layout::Drizzle, Layout::Goose].contains(&layout) {
        return Vec::new();
    }
    let tokens = lexed.tokens.iter();
    let comments = tokens.filter(|token| lexed.is_line_comment(**token));
    let ends = comments.filter_map(|token| {
        let length = sections::ends_statement(layout, lexed.text(*token))?;
        Some(token.start..token.start + length)
    });
    ends.collect()
}

/// The file's text, byte order mark included.
fn text(file: &Path, shown: &str) -> Result<String, Box<Problem>> {
    let bytes = fs::read(file).map_err(|error| {
        Problem::error("unreadable-file", shown, "the file cannot be read").note(error.to_string())
    })?;
    if u32::try_from(bytes.len()).is_err() {
        return Err(
            Problem::error("unreadable-file", shown, "the file is larger than 4 GiB").into(),
        );
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&error, shown))?;
    match text.find('\0') {
        Some(at) => Err(Problem::error("nul-byte", shown, "NUL byte in the file")
            .at(&text, at..at + 1)
            .note("PostgreSQL takes no text with a NUL byte")
            .help("delete it; as data write it in a bytea: `'\\x00'::bytea`")
            .into()),
        None => Ok(text),
    }
}

fn not_utf8(error: &std::string::FromUtf8Error, shown: &str) -> Problem {
    let problem = Problem::error("not-utf8", shown, "the file is not UTF-8");
    let bytes = error.as_bytes();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return problem
            .note("it begins like UTF-16, as some Windows programs write it")
            .help("save it as UTF-8");
    }
    let start = error.utf8_error().valid_up_to();
    let byte = bytes.get(start).copied().unwrap_or_default();
    let shown_text = String::from_utf8_lossy(bytes);
    problem
        .at(&shown_text, start..start + 1)
        .label(format!("the byte 0x{byte:02x} is not UTF-8"))
        .help("save it as UTF-8")
}
