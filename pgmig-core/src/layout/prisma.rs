//! Prisma: `20260131120000_create_users/migration.sql` beside `migration_lock.toml`.
//!
//! A script is sent as it is, without a transaction around it: a statement that refuses to run in
//! one needs no word about it.

use std::fs;

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::{Found, Layout, Listing};
use crate::{Problem, Version};

const LOCK: &str = "migration_lock.toml";

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        let name = &entry.name;
        if entry.kind == Kind::Folder {
            if let Some(migration) = folder(dir, name, listing) {
                names.push((migration.version.clone(), name.clone(), name));
                found.push(migration);
            }
        } else if name == LOCK {
            listing.problems.extend(provider(dir));
            listing.beside.push(dir.path(LOCK));
        } else if !is_companion(name) {
            listing.problems.push(dir.stray(
                name,
                Layout::Prisma,
                "a migration is a folder with `migration.sql`",
            ));
        }
    }
    dir.same_order(&names, Layout::Prisma, listing);
    Dir::part_twins(&mut found);
    dir.finish(found, listing);
}

/// Reads the folder of one migration. `down.sql` is what Prisma's own guide calls a script that
/// takes one back.
fn folder(dir: &Dir<'_>, name: &str, listing: &mut Listing) -> Option<Found> {
    let inside = dir.entries(&format!("{name}/"), &mut listing.problems);
    let mut has = [false; 2];
    for entry in &inside {
        let known = ["migration.sql", "down.sql"];
        if let Some(at) = known.iter().position(|file| *file == entry.name) {
            has[at] = true;
        } else if !is_companion(&entry.name) {
            listing.problems.push(dir.stray(
                &format!("{name}/{}", entry.name),
                Layout::Prisma,
                "a migration's folder holds `migration.sql`, and `down.sql` to take it back",
            ));
        }
    }
    let [has_up, has_down] = has;
    if !has_up {
        let title = "a migration's folder without `migration.sql`";
        let problem = Problem::error("stray-folder", dir.shown(name), title)
            .help("bring the script back, or delete the folder");
        listing.problems.push(problem);
        return None;
    }
    let (digits, words) = name.split_once('_').unwrap_or((name, ""));
    let Some(version) = version(digits) else {
        let title = "the folder's name has no version";
        let problem = Problem::error("stray-folder", dir.shown(name), title)
            .note("what is before the first `_` is digits: `20260131120000_create_users`")
            .help("rename it; where Prisma has applied it, in `_prisma_migrations` too");
        listing.problems.push(problem);
        return None;
    };
    let mut found = dir.found(
        Layout::Prisma,
        version,
        words,
        &format!("{name}/migration.sql"),
    );
    found.down = has_down.then(|| dir.path(&format!("{name}/down.sql")));
    Some(found)
}

/// `20260131120000` as it is. Prisma sorts by the whole name, where `_` comes after every digit: a
/// date without a time is after all times of its day.
fn version(digits: &str) -> Option<Version> {
    const DATE: usize = "20260131".len();
    const TIME: usize = "20260131120000".len();
    if digits.contains('.') {
        return None;
    }
    if (DATE..TIME).contains(&digits.len()) {
        return Version::parse(&format!("{digits:9<TIME$}"));
    }
    Version::parse(digits)
}

/// What is wrong with the database that the lock file names.
fn provider(dir: &Dir<'_>) -> Option<Problem> {
    let problem = |title: String| Problem::error("not-postgresql", dir.shown(LOCK), title);
    let table: toml::Table = match fs::read_to_string(dir.root.join(LOCK)) {
        Ok(text) => match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let title = "`migration_lock.toml` that cannot be read".to_owned();
                return Some(problem(title).note(error.message().to_owned()));
            }
        },
        Err(error) => {
            let title = "`migration_lock.toml` that cannot be read".to_owned();
            return Some(problem(title).note(error.to_string()));
        }
    };
    match table.get("provider").and_then(toml::Value::as_str) {
        Some("postgresql" | "postgres") | None => None,
        Some(other) => Some(
            problem(format!("the migrations are for `{other}`"))
                .note("pgmig is for PostgreSQL alone")
                .help("name another folder"),
        ),
    }
}
