//! Flyway: `V1.2__create_users.sql`, `U1.2__create_users.sql` to take it back, and `R__views.sql`,
//! which is applied after those and again whenever it changes.
//!
//! A script that holds a statement which refuses to run in a transaction runs outside of one, as
//! does one whose `.sql.conf` says `executeInTransaction=false`.

use std::fs;

use super::dir::{Dir, is_companion};
use super::entries::Entry;
use super::numbered::{self, File};
use super::versioned::{self, Prefix, Versioned};
use super::{Found, Layout, Listing};
use crate::tokens::Lexed;
use crate::{Problem, Version};

/// Whether Flyway runs a script around migrations, `beforeMigrate.sql`, `afterEachUndo__x.sql`.
fn is_callback(file: &str) -> bool {
    let event = ["before", "after"]
        .iter()
        .find_map(|word| file.strip_prefix(word));
    event.is_some_and(|event| event.starts_with(|c: char| c.is_ascii_uppercase()))
        && file.ends_with(".sql")
}

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let (mut ups, mut downs, mut confs) = (Vec::new(), Vec::new(), Vec::new());
    let mut again = Vec::new();
    for path in versioned::all_files(dir, entries, &mut listing.problems) {
        let name = versioned::file_name(&path).to_owned();
        if let Some(repeatable) = versioned::repeatable(&name) {
            match repeatable.extension {
                "sql" => again.push(found_again(dir, repeatable.name, &path)),
                _ => confs.push(path),
            }
            continue;
        }
        match versioned::parse(&name) {
            Some(Versioned { extension, .. }) if extension == "sql.conf" => confs.push(path),
            Some(file) if file.extension == "sql" && file.prefix != Prefix::Baseline => {
                let script = File {
                    version: file.version,
                    name: file.name,
                    file: path,
                };
                match file.prefix {
                    Prefix::Undo => downs.push(script),
                    _ => ups.push(script),
                }
            }
            _ if is_companion(&name) => {}
            other => listing.problems.push(refused(dir, &path, other.as_ref())),
        }
    }
    let first = listing.found.len();
    numbered::pair(dir, Layout::Flyway, ups, downs, listing);
    repeatables(dir, again, listing);
    for conf in confs {
        settings(dir, &conf, first, listing);
    }
}

/// A repeatable migration.
fn found_again(dir: &Dir<'_>, name: &str, path: &str) -> Found {
    let found = dir.found(Layout::Flyway, Version::repeatable(), name, path);
    Found {
        repeatable: true,
        ..found
    }
}

/// Puts the repeatable migrations in the order of their descriptions, which are their names with
/// spaces for underscores.
fn repeatables(dir: &Dir<'_>, mut again: Vec<Found>, listing: &mut Listing) {
    let description = |found: &Found| found.name.replace('_', " ");
    again.sort_by_key(description);
    for pair in again.windows(2) {
        if description(&pair[0]) == description(&pair[1]) {
            let shown = |found: &Found| dir.shown(&found.up[dir.below.len()..]);
            let title = format!("a second repeatable migration `{}`", pair[1].name);
            let problem = Problem::error("duplicate-version", shown(&pair[1]), title)
                .note(format!("the other one is `{}`", shown(&pair[0])))
                .help("give one of them a name of its own");
            listing.problems.push(problem);
        }
    }
    listing.found.append(&mut again);
}

/// What is wrong with a file that is no migration pgmig can apply.
fn refused(dir: &Dir<'_>, path: &str, name: Option<&Versioned>) -> Problem {
    let file = versioned::file_name(path);
    let unsupported = |title: &str| Problem::error("unsupported-migration", dir.shown(path), title);
    match name {
        Some(name) if name.prefix == Prefix::Baseline => unsupported("a baseline of Flyway")
            .note("the versions up to it would be skipped on a new database alone")
            .help("keep the versions before it, and delete it"),
        Some(_) => unsupported("a migration that is not SQL")
            .help("write what it does as SQL, with the same version"),
        None if is_callback(file) => unsupported("a callback of Flyway")
            .note("pgmig runs nothing around migrations")
            .help("move what it does into a migration or into the app"),
        None => dir.stray(
            path,
            Layout::Flyway,
            "a migration is `V1__name.sql`, with `U1__name.sql` to take it back, or `R__name.sql`",
        ),
    }
}

/// Reads a script's own settings, `V1__a.sql.conf`.
fn settings(dir: &Dir<'_>, conf: &str, first: usize, listing: &mut Listing) {
    let script = dir.path(conf.trim_end_matches(".conf"));
    let found = &mut listing.found[first..];
    let Some(found) = found.iter_mut().find(|found| found.up == script) else {
        listing.problems.push(dir.stray(
            conf,
            Layout::Flyway,
            "it is about a script that is not there",
        ));
        return;
    };
    listing.beside.push(dir.path(conf));
    let text = fs::read_to_string(dir.root.join(conf)).unwrap_or_default();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        match (key.trim(), value.trim()) {
            ("executeInTransaction", value) => found.transactional = Some(value != "false"),
            ("placeholderReplacement", value) => found.placeholders = value != "false",
            ("encoding", value) if value.eq_ignore_ascii_case("utf-8") => {}
            (key, _) => {
                let title = format!("a setting that pgmig cannot follow: `{key}`");
                let problem = Problem::error("unsupported-migration", dir.shown(conf), title);
                listing
                    .problems
                    .push(problem.help("delete it if it changes nothing"));
            }
        }
    }
}

/// Placeholders, which Flyway replaces wherever they stand. `${schema}` is pgmig's own.
pub(crate) fn placeholders(lexed: &Lexed<'_>, shown: &str, problems: &mut Vec<Problem>) {
    for (at, _) in lexed.text.match_indices("${") {
        let comment = lexed
            .tokens
            .iter()
            .find(|token| token.range().contains(&at))
            .is_some_and(|token| token.is_trivia());
        let Some(length) = lexed.text[at..].find('}') else {
            continue;
        };
        let range = at..at + length + 1;
        if comment || &lexed.text[range.clone()] == "${schema}" {
            continue;
        }
        let problem = Problem::error("unsupported-migration", shown, "a placeholder of Flyway")
            .at(lexed.text, range)
            .note("its value is not known when the migration is embedded")
            .help("write the value itself; the schema that is migrated is `${schema}`")
            .help("if it is no placeholder, name the layout: `layout = \"refinery\"`");
        problems.push(problem);
    }
}
