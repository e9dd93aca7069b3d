//! `cargo pgmig renumber`: drafts get versions after what is locked.

use std::collections::{BTreeSet, HashSet};
use std::time::SystemTime;

use super::named;
use super::next::{Style, padded, width};
use super::{Change, Place, Plan, lock};
use crate::lock::{Entry, State};
use crate::{Error, Layout, Loaded, Migration, Scope, Version};

/// Plans new versions for drafts that have the version of another migration or come before a
/// locked one, and for the drafts after those, so that drafts keep their order; and for the
/// migrations in `names`, locked or not, which come last. A locked one becomes a draft by it: it
/// must not have been applied anywhere. Down scripts go with them.
///
/// # Errors
/// A name that is none; a migration that is a folder, or whose version is more than one number; two
/// locked migrations of one version and neither named; a lock file that
/// was changed by hand.
pub fn renumber(loaded: &Loaded, names: &[String], now: SystemTime) -> Result<Plan, Error> {
    if matches!(loaded.lock.state, State::Damaged | State::Unreadable) {
        return lock::lock(loaded, &[]);
    }
    // What drizzle-kit generated keeps the versions of drizzle-kit.
    let ours = || loaded.folder.public.iter().chain(&loaded.folder.tenant);
    let migrations: Vec<&Migration> = ours().collect();
    let candidates = named::candidates(migrations.iter().copied());
    let mut named = HashSet::new();
    for word in names {
        named.insert(migrations[named::find(word, &candidates)?].up.path.as_str());
    }
    let mut plan = Plan::default();
    for (scope, migrations) in [
        (Scope::Public, &loaded.folder.public),
        (Scope::Tenant, &loaded.folder.tenant),
    ] {
        for (migration, version) in moves(loaded, scope, migrations, &named, now)? {
            rename(loaded, migration, &version, &mut plan)?;
        }
    }
    unlock(loaded, &named, &mut plan);
    Ok(plan)
}

/// The new versions of a scope's migrations, the last one first, so that none takes a name which
/// another still has.
fn moves<'a>(
    loaded: &Loaded,
    scope: Scope,
    migrations: &'a [Migration],
    named: &HashSet<&str>,
    now: SystemTime,
) -> Result<Vec<(&'a Migration, Version)>, Error> {
    let Some(style) = Style::of(migrations) else {
        return Ok(Vec::new());
    };
    let is_named = |migration: &&Migration| named.contains(migration.up.path.as_str());
    let stays = |migration: &&Migration| migration.locked && !is_named(migration);
    let locked: Vec<&Migration> = migrations.iter().filter(stays).collect();
    locked_twice(&locked, scope)?;
    let mut taken: HashSet<&Version> = locked.iter().map(|m| &m.version).collect();
    let mut last = locked.last().map(|migration| migration.version.clone());
    let mut moves = Vec::new();
    let drafts = migrations.iter().filter(|m| !m.locked && !is_named(m));
    for draft in drafts.clone() {
        let in_order = last.as_ref().is_none_or(|last| draft.version > *last);
        let free = taken.insert(&draft.version);
        if free && (in_order || loaded.folder.out_of_order) {
            last = last.max(Some(draft.version.clone()));
            continue;
        }
        // Where order does not matter, the others stay where they are.
        if loaded.folder.out_of_order {
            last = last.max(drafts.clone().map(|m| m.version.clone()).max());
        }
        let version = style.after(last.as_ref(), now);
        last = Some(version.clone());
        moves.push((draft, version));
    }
    for migration in migrations.iter().filter(is_named) {
        let version = style.after(last.as_ref(), now);
        last = Some(version.clone());
        moves.push((migration, version));
    }
    moves.reverse();
    Ok(moves)
}

fn locked_twice(locked: &[&Migration], scope: Scope) -> Result<(), Error> {
    match locked
        .windows(2)
        .find(|pair| pair[0].version == pair[1].version)
    {
        Some(pair) => Err(Error::LockedTwice {
            scope,
            version: pair[0].version.clone(),
            names: [pair[0].name.clone(), pair[1].name.clone()],
        }),
        None => Ok(()),
    }
}

fn rename(
    loaded: &Loaded,
    migration: &Migration,
    version: &Version,
    plan: &mut Plan,
) -> Result<(), Error> {
    let digits = padded(version, width(migration));
    let scripts = std::iter::once(&migration.up).chain(&migration.down);
    // Both scripts may be in one file.
    let paths: BTreeSet<&str> = scripts.map(|script| script.path.as_str()).collect();
    for path in paths.into_iter().rev() {
        let Some(new) = renamed(path, migration.layout, &digits) else {
            return Err(Error::NotRenamed {
                path: loaded.folder.shown(&loaded.shown, path),
                layout: migration.layout,
            });
        };
        plan.changes.push(Change::Rename {
            from: Place::below(loaded, path),
            to: Place::below(loaded, &new),
        });
    }
    Ok(())
}

/// The path with another version in the file's name; `None` where it is not the file that has one.
fn renamed(path: &str, layout: Layout, digits: &str) -> Option<String> {
    if matches!(layout, Layout::Diesel | Layout::Prisma | Layout::Drizzle) {
        return None;
    }
    let start = path.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, file) = path.split_at(start);
    let letter = file.len() - file.trim_start_matches(['V', 'U']).len();
    let (letter, rest) = file.split_at(letter);
    let name = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    // `1.2__x` and `1_2__x` have a version of more than one number.
    let one_number = name.starts_with('_') && (letter.is_empty() || name.starts_with("__"));
    one_number.then(|| format!("{folder}{letter}{digits}{name}"))
}

/// Takes what was named out of the lock file, and resolves a conflict in it by the way.
fn unlock(loaded: &Loaded, named: &HashSet<&str>, plan: &mut Plan) {
    let moved: Vec<Entry> = loaded
        .folder
        .migrations()
        .filter(|migration| migration.locked && named.contains(migration.up.path.as_str()))
        .map(Entry::of)
        .collect();
    if moved.is_empty() {
        return;
    }
    let same =
        |a: &Entry, b: &Entry| (a.scope, &a.version, &a.name) == (b.scope, &b.version, &b.name);
    let entries = loaded.lock.entries.iter().map(|line| &line.entry);
    let kept: Vec<Entry> = entries
        .filter(|entry| !moved.iter().any(|moved| same(moved, entry)))
        .cloned()
        .collect();
    lock::write(loaded, &kept, plan);
    plan.notes
        .push("`cargo pgmig lock` locks what was renumbered".to_owned());
}
