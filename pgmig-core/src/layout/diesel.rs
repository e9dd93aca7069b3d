//! diesel: `2026-01-31-120000_create_users/up.sql`, with `down.sql` and `metadata.toml`.

use std::fs;

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::{Found, Layout, Listing};
use crate::{Problem, Version};

const METADATA: &str = "metadata.toml";

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        let name = &entry.name;
        if entry.kind == Kind::Folder {
            if let Some(migration) = folder(dir, name, listing) {
                let (digits, _) = name.split_once('_').unwrap_or((name, ""));
                names.push((migration.version.clone(), digits.replace('-', ""), name));
                found.push(migration);
            }
        } else if !is_companion(name) {
            listing.problems.push(dir.stray(
                name,
                Layout::Diesel,
                "a migration is a folder with `up.sql`; diesel ignores files beside the folders",
            ));
        }
    }
    dir.same_order(&names, Layout::Diesel, listing);
    dir.finish(found, listing);
}

/// Reads the folder of one migration.
fn folder(dir: &Dir<'_>, name: &str, listing: &mut Listing) -> Option<Found> {
    let inside = dir.entries(&format!("{name}/"), &mut listing.problems);
    let has = |file: &str| {
        let is_it = |entry: &Entry| entry.name == file && entry.kind == Kind::File;
        inside.iter().any(is_it)
    };
    for entry in &inside {
        let known = ["up.sql", "down.sql", METADATA].contains(&entry.name.as_str());
        if !known && !is_companion(&entry.name) {
            listing.problems.push(dir.stray(
                &format!("{name}/{}", entry.name),
                Layout::Diesel,
                "a migration's folder holds `up.sql`, `down.sql` and `metadata.toml`",
            ));
        }
    }
    if !has("up.sql") {
        let title = "a migration's folder without `up.sql`";
        let problem = Problem::error("stray-folder", dir.shown(name), title);
        listing.problems.push(if has("down.sql") {
            problem.help("write what it takes back, or delete the folder")
        } else {
            problem.help("delete it, or move it out of the folder")
        });
        return None;
    }
    let Some((version, words)) = version(name) else {
        let title = "the folder's name has no version";
        let problem = Problem::error("stray-folder", dir.shown(name), title)
            .note(
                "what is before the first `_` is digits and `-`: `2026-01-31-120000_create_users`",
            )
            .help("rename it");
        listing.problems.push(problem);
        return None;
    };
    let mut found = dir.found(Layout::Diesel, version, words, &format!("{name}/up.sql"));
    found.down = has("down.sql").then(|| dir.path(&format!("{name}/down.sql")));
    if has(METADATA) {
        found.transactional = metadata(dir, name, listing);
        listing.beside.push(dir.path(&format!("{name}/{METADATA}")));
    }
    Some(found)
}

/// `2026-01-31-120000_create_users` is version 20260131120000. diesel compares versions as text, so
/// what newer ones have behind the second, `2026-01-31-120000-0000`, is a part of its own.
fn version(folder: &str) -> Option<(Version, &str)> {
    const SECOND: usize = "20260131120000".len();
    let (version, name) = folder.split_once('_').unwrap_or((folder, ""));
    let mut version = version.replace('-', "");
    if version.contains('.') || !version.is_ascii() {
        return None;
    }
    if version.len() > SECOND {
        version.insert(SECOND, '.');
    }
    Some((Version::parse(&version)?, name))
}

/// What `metadata.toml` says of transactions. A file that does not say is a file that says no:
/// that is diesel's own reading of it.
fn metadata(dir: &Dir<'_>, name: &str, listing: &mut Listing) -> Option<bool> {
    let file = format!("{name}/{METADATA}");
    let told = fs::read_to_string(dir.root.join(&file))
        .map_err(|error| error.to_string())
        .and_then(|text| read_metadata(&text));
    match told {
        Ok(transactional) => Some(transactional),
        Err(why) => {
            let title = "`metadata.toml` that cannot be read";
            let problem = Problem::error("bad-metadata", dir.shown(&file), title)
                .note(why)
                .help("all it may say is `run_in_transaction = true` or `false`");
            listing.problems.push(problem);
            None
        }
    }
}

fn read_metadata(text: &str) -> Result<bool, String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    for key in table.keys() {
        if key != "run_in_transaction" {
            return Err(format!("unknown key `{key}`"));
        }
    }
    match table.get("run_in_transaction") {
        None => Ok(false),
        Some(toml::Value::Boolean(value)) => Ok(*value),
        Some(_) => Err("`run_in_transaction` is neither `true` nor `false`".to_owned()),
    }
}
