//! File names of Flyway and refinery: `V1.2__create_users.sql`.

use super::Layout;
use super::dir::Dir;
use super::entries::{Entry, Kind};
use crate::{Problem, Version};

/// The letter in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// `V`: a migration.
    Version,
    /// `U`: with Flyway, takes back the migration of the same version; with refinery, a migration
    /// that may be applied late.
    Undo,
    /// `B`: a baseline of Flyway.
    Baseline,
}

/// A name with a version between letter and `__`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Versioned {
    pub(super) prefix: Prefix,
    /// The version as Flyway compares it: zeros at the end do not count.
    pub(super) version: Version,
    pub(super) name: String,
    /// What follows the name: `sql`, `rs`, `sql.conf`, `java`, ...
    pub(super) extension: String,
    /// Whether refinery takes the version and the name: a whole number, and a word.
    pub(super) is_plain: bool,
}

/// Reads `V1.2__create_users.sql`; Flyway takes `_` for the dot as well.
pub(super) fn parse(file: &str) -> Option<Versioned> {
    let prefix = match file.as_bytes().first()? {
        b'V' => Prefix::Version,
        b'U' => Prefix::Undo,
        b'B' => Prefix::Baseline,
        _ => return None,
    };
    let (number, rest) = file[1..].split_once("__")?;
    let (name, extension) = match rest.find(".sql") {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => rest.rsplit_once('.')?,
    };
    let dotted = number.replace('_', ".");
    let mut significant = dotted.as_str();
    while let Some(shorter) = significant.strip_suffix(".0") {
        significant = shorter;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    Some(Versioned {
        prefix,
        version: Version::parse(significant)?,
        name: name.to_owned(),
        extension: extension.to_owned(),
        is_plain: !dotted.contains('.') && !name.is_empty() && name.chars().all(is_word),
    })
}

/// The name of one of Flyway's repeatable migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeatable<'a> {
    pub(super) name: &'a str,
    /// What follows the name: `sql` or `sql.conf`.
    pub(super) extension: &'a str,
}

/// Reads `R__views.sql`.
pub(super) fn repeatable(file: &str) -> Option<Repeatable<'_>> {
    let rest = file.strip_prefix("R__")?;
    let (name, extension) = rest.split_at(rest.find(".sql")?);
    let extension = &extension[1..];
    ["sql", "sql.conf"]
        .contains(&extension)
        .then_some(Repeatable { name, extension })
}

/// Whether a file is one of Flyway's repeatable migrations, `R__views.sql`.
pub(super) fn is_repeatable(file: &str) -> bool {
    repeatable(file).is_some()
}

/// Whether Flyway's rules or refinery's are meant. Where both read the same migrations from the
/// folder, Flyway's say more.
pub(super) fn whose(dir: &Dir<'_>, entries: &[Entry]) -> Result<Layout, Box<Problem>> {
    let files = entries.iter().filter(|entry| entry.kind == Kind::File);
    let files: Vec<(&str, Versioned)> = files
        .filter_map(|entry| Some((entry.name.as_str(), parse(&entry.name)?)))
        .collect();
    let versions: Vec<&Version> = files
        .iter()
        .filter(|(_, file)| file.prefix == Prefix::Version)
        .map(|(_, file)| &file.version)
        .collect();
    let undoes = |file: &Versioned| versions.contains(&&file.version);
    let refinery = files
        .iter()
        .find(|(_, file)| file.extension == "rs" || (file.prefix == Prefix::Undo && !undoes(file)));
    let flyway = files.iter().find(|(_, file)| {
        !file.is_plain
            || file.prefix == Prefix::Baseline
            || !["rs", "sql"].contains(&file.extension.as_str())
            || (file.prefix == Prefix::Undo && undoes(file))
    });
    let repeatable = entries.iter().find(|entry| is_repeatable(&entry.name));
    let flyway = flyway
        .map(|(name, _)| *name)
        .or(repeatable.map(|entry| entry.name.as_str()));
    match (refinery, flyway) {
        (Some((refinery, _)), Some(flyway)) => {
            let title = "files of Flyway and files of refinery";
            Err(Problem::error("ambiguous-layout", dir.shown.as_str(), title)
                .note(format!("refinery alone would read `{refinery}`"))
                .note(format!("Flyway alone would read `{flyway}`"))
                .help("name the layout in pgmig.toml, `layout = \"flyway\"`: then each file that does not fit is told")
                .into())
        }
        (Some(_), None) => Ok(Layout::Refinery),
        (None, _) => Ok(Layout::Flyway),
    }
}

/// All files below a directory, folders opened, with their paths from it: both tools look there.
pub(super) fn all_files(
    dir: &Dir<'_>,
    entries: &[Entry],
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let mut files = Vec::new();
    let mut open: Vec<(String, Vec<Entry>)> = vec![(String::new(), entries.to_vec())];
    while let Some((within, entries)) = open.pop() {
        for entry in entries {
            let path = format!("{within}{}", entry.name);
            if entry.kind == Kind::File {
                files.push(path);
            } else if path.matches('/').count() < 8 {
                // A link may lead back to where it is.
                let within = format!("{path}/");
                let inside = dir.entries(&within, problems);
                open.push((within, inside));
            }
        }
    }
    files.sort();
    files
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
