//! `cargo pgmig new`: an empty migration with the next version.

use std::time::SystemTime;

use super::next::Style;
use super::shape::{Shape, counted};
use super::{Change, Place, Plan};
use crate::layout::is_name;
use crate::{Error, Layout, Loaded, Migration, Scope};

/// What [`new`] is to make.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose schema it will change.
    pub scope: Scope,
    /// What it is called; words become `add_users`.
    pub name: String,
    /// Whether to make a down script too.
    pub down: bool,
    /// The time, for a folder that counts by timestamps.
    pub now: SystemTime,
}

/// Plans a migration with the next version: the next number or the time, whichever the scope (or
/// else the other scope) uses, with as many zeros.
///
/// # Errors
/// The name is none or taken, the folder is not there or has no place for the scope, or it is
/// drizzle-kit that writes into it.
pub fn new(loaded: &Loaded, what: &New) -> Result<Plan, Error> {
    missing_folder(loaded)?;
    let name = words(&what.name);
    if !is_name(&name) {
        return Err(Error::InvalidName {
            name: what.name.clone(),
        });
    }
    let of_scope = loaded.folder.of(what.scope);
    if let Some(taken) = of_scope
        .iter()
        .find(|migration| bare(&migration.name) == bare(&name))
    {
        return Err(Error::NameTaken {
            name,
            path: loaded.folder.shown(&loaded.shown, &taken.up.path),
        });
    }
    let folder = folder(loaded, what.scope)?;
    let style = Style::of(of_scope)
        .or_else(|| Style::of(&loaded.folder.public))
        .or_else(|| Style::of(&loaded.folder.tenant))
        .unwrap_or(Style::Counter { width: 3 });
    let like = of_scope.last();
    let layout = like.map_or(Layout::Pgmig, |like| like.layout);
    if layout == Layout::Drizzle || what.scope == Scope::Drizzle {
        return Err(Error::Generated {
            folder: loaded.folder.shown(&loaded.shown, &folder),
        });
    }
    let last = last(loaded, of_scope, what.scope).map(|last| counted(layout, last));
    let shape = Shape {
        like,
        version: style.write(&style.after(last.as_ref(), what.now)),
        name,
        down: what.down,
    };
    let mut plan = Plan::default();
    for (file, text) in shape.files() {
        plan.changes.push(Change::Create {
            file: Place::below(loaded, &format!("{folder}{file}")),
            text,
        });
    }
    Ok(plan)
}

fn missing_folder(loaded: &Loaded) -> Result<(), Error> {
    let mut problems = loaded.problems.iter();
    match problems.find(|problem| problem.code == "missing-folder") {
        Some(problem) => Err(Error::Problems(vec![problem.clone()])),
        None => Ok(()),
    }
}

/// The newest version of a scope, of all files and of the lock file.
fn last(loaded: &Loaded, migrations: &[Migration], scope: Scope) -> Option<crate::Version> {
    let absent = loaded.absent().into_iter();
    absent
        .filter(|one| one.scope == scope)
        .map(|one| one.version)
        .chain(migrations.iter().map(|migration| migration.version.clone()))
        .max()
}

/// Where the scope's files are, below the root.
fn folder(loaded: &Loaded, scope: Scope) -> Result<String, Error> {
    let root = &loaded.folder.root;
    let has_scopes = [Scope::Public, Scope::Tenant]
        .iter()
        .any(|scope| root.join(scope.as_str()).is_dir());
    if scope == Scope::Tenant && loaded.folder.tenant_folder.is_some() {
        return Ok("tenant/".to_owned());
    }
    if has_scopes || loaded.folder.public.is_empty() {
        return Ok(format!("{scope}/"));
    }
    match scope {
        Scope::Public => Ok(String::new()),
        Scope::Drizzle | Scope::Tenant => Err(Error::FlatFolder {
            folder: loaded.shown.clone(),
        }),
    }
}

fn bare(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// `Add users` as `add_users`.
fn words(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '-' || c == '_');
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}
