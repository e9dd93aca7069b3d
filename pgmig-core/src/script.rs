//! A script's file becomes a [`Script`], read and lexed once.

use std::fs;
use std::path::Path;

use crate::directive::{self, Ask};
use crate::tokens::Lexed;
use crate::{Checksum, Problem, Script, checksum, sql};

/// A script that could be read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) script: Script,
    pub(crate) checksum: Checksum,
}

/// Reads the script at `path` below `root`. `None`: it cannot be read at all; `problems` says why.
pub(crate) fn read(
    root: &Path,
    shown: &str,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<Read> {
    let shown = format!("{shown}/{path}");
    let text = match text(&root.join(path), &shown) {
        Ok(text) => text,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let lexed = Lexed::new(&text);
    if lexed.is_blank() {
        problems.push(blank(&lexed, &shown));
    }
    let directives = directive::read(&lexed, &shown, problems);
    let asks = |ask: Ask| directives.iter().any(|directive| directive.ask == ask);
    let (transactional, idempotent) = (!asks(Ask::NoTransaction), asks(Ask::Idempotent));
    let checksum = checksum::checksum(&lexed);
    let statements = sql::analyse_lexed(&lexed);
    Some(Read {
        checksum,
        script: Script {
            path: path.to_owned(),
            range: 0..text.len(),
            text,
            transactional,
            idempotent,
            directives,
            statements,
        },
    })
}

fn blank(lexed: &Lexed<'_>, shown: &str) -> Problem {
    let what = if lexed.text.trim_start_matches('\u{feff}').trim().is_empty() {
        "the file is empty"
    } else {
        "the file has comments, but no statement"
    };
    let problem = Problem::error("empty-file", shown, what).at(lexed.text, 0..0);
    if shown.ends_with(".down.sql") {
        problem
            .help("delete it if the migration cannot be taken back")
            .help("write `SELECT 1;` if there is nothing to take back")
    } else {
        problem.help("write the migration, or delete the file")
    }
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
        .label(format!("the byte 0x{byte:02x} is no UTF-8 here"))
        .help("save it as UTF-8")
}
