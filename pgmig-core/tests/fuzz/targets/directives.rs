//! Directives.

use pgmig_core::directive::Ask;

use super::mutate::mutated;
use super::random::Random;
use super::scratch::{Scratch, told};

/// A line, and what it asks for: nothing where it is only a comment, `Err` where it is refused.
type Line = (&'static str, Result<&'static [&'static str], ()>);

const LINES: [Line; 22] = [
    ("-- a licence; it's long", Ok(&[])),
    ("", Ok(&[])),
    ("/* a comment */", Ok(&[])),
    ("-- pgmig is fine", Ok(&[])),
    ("-- see pgmig: nothing", Ok(&[])),
    ("-- pgmig: no-transaction", Ok(&["no-transaction"])),
    ("--pgmig:no-transaction", Ok(&["no-transaction"])),
    ("--   PGMIG  :   idempotent  ", Ok(&["idempotent"])),
    ("-- no-transaction", Ok(&["no-transaction"])),
    (
        "-- pgmig: allow(table-dropped)",
        Ok(&["allow table-dropped"]),
    ),
    (
        "---- pgmig: allow( table-dropped , serial-column )",
        Ok(&["allow table-dropped serial-column"]),
    ),
    ("-- pgmig: external a, b.c", Ok(&["external a b.c"])),
    ("-- pgmig: external größe", Ok(&["external größe"])),
    ("-- pgmig: no-transation", Err(())),
    ("-- pgmig:", Err(())),
    ("-- pgmig: allow()", Err(())),
    ("-- pgmig: allow(a", Err(())),
    ("-- pgmig: external a,,b", Err(())),
    ("-- pgmig: idempotent please", Err(())),
    ("-- pgmig no-transaction", Err(())),
    ("/* pgmig: idempotent */", Err(())),
    ("-- pgmig: No-Transaction", Err(())),
];

/// The directives of a file are those that were written, each line that is meant for pgmig is one
/// or is refused, and anything can be looked through.
///
/// # Errors
/// The file.
pub(crate) fn directives(random: &mut Random) -> Result<(), String> {
    let mut text = String::new();
    let mut asked: Vec<&str> = Vec::new();
    let mut refused: Vec<usize> = Vec::new();
    if random.once_in(5) {
        text.push('\u{feff}');
    }
    let end = random.pick(&["\n", "\r\n"]);
    for line in 1..=random.below(6) {
        let (written, meaning) = &LINES[random.below(LINES.len())];
        text.push_str(written);
        text.push_str(end);
        match meaning {
            Ok(asks) => asked.extend(*asks),
            Err(()) => refused.push(line),
        }
    }
    text.push_str("ANALYZE;");
    text.push_str(end);
    if random.once_in(2) {
        return read(&mutated(&text, random)).map(drop);
    }
    let (found, told) = read(&text)?;
    if found != asked || told != refused {
        return Err(format!(
            "{text:?}: {found:?} and errors in the lines {told:?}"
        ));
    }
    Ok(())
}

/// The directives that pgmig finds in a file, and the lines in which it refuses one.
fn read(text: &str) -> Result<(Vec<String>, Vec<usize>), String> {
    let scratch = Scratch::new()?;
    scratch.write("public/1_a.sql", text.as_bytes())?;
    let loaded = scratch.load();
    let mut asks = Vec::new();
    if let Some(migration) = loaded.folder.public.first() {
        for directive in &migration.up.directives {
            let (name, words) = match &directive.ask {
                Ask::NoTransaction => ("no-transaction", &[][..]),
                Ask::Idempotent => ("idempotent", &[][..]),
                Ask::Allow(words) => ("allow", words.as_slice()),
                Ask::External(words) => ("external", words.as_slice()),
            };
            let mut ask = name.to_owned();
            for word in words {
                if text.get(word.range.clone()) != Some(&word.text) {
                    return Err(format!("{text:?}: `{}` is elsewhere", word.text));
                }
                ask = format!("{ask} {}", word.text);
            }
            asks.push(ask);
        }
    } else if loaded.problems.is_empty() {
        return Err(format!("{text:?} is passed over"));
    }
    let about = [
        "unknown-directive",
        "malformed-directive",
        "misplaced-directive",
    ];
    let mut lines = Vec::new();
    for problem in loaded
        .problems
        .iter()
        .filter(|one| about.contains(&one.code))
    {
        let Some(position) = problem.position() else {
            return Err(format!(
                "{text:?}: {} without a place",
                told(&loaded.problems)
            ));
        };
        lines.push(position.line);
    }
    Ok((asks, lines))
}
