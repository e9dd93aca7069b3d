//! The scopes of a folder: `public/`, `drizzle/` and `tenant/`, or a folder that is the public
//! scope itself.

use super::dir::{Dir, Roots, is_companion};
use super::entries::{Entry, Kind, entries};
use super::{
    Asked, Layout, Listing, dbmate, detect, diesel, drizzle, flyway, golang_migrate, goose, own,
    prisma, refinery, sqlx,
};
use crate::nearest::nearest;
use crate::{Problem, Scope, baseline, lock, settings};

/// Lists a folder.
pub(crate) fn list(roots: &Roots<'_>, asked: &Asked) -> Listing {
    let mut listing = Listing::default();
    let mut all = entries(roots.root, roots.shown, &mut listing.problems);
    all.retain(|entry| !is_pgmigs(entry) && !asked.ignored.contains(&entry.name));
    if let Some(at) = all.iter().position(is_baselines) {
        all.remove(at);
        baselines(roots, asked, &mut listing);
    }
    let is_scope =
        |entry: &Entry, scope: Scope| entry.kind == Kind::Folder && entry.name == scope.as_str();
    let (scopes, rest): (Vec<Entry>, Vec<Entry>) = all
        .into_iter()
        .partition(|entry| Scope::ALL.iter().any(|scope| is_scope(entry, *scope)));
    if scopes.is_empty() {
        let dir = dir(roots, Scope::Public, asked, true);
        scope(&dir, rest, &mut listing);
    } else {
        for entry in &rest {
            let problem = beside_scopes(entry, roots.shown);
            listing.problems.extend(problem);
        }
    }
    for name in Scope::ALL {
        let here = scopes.iter().any(|entry| is_scope(entry, name));
        let elsewhere = name == Scope::Tenant && roots.tenant.is_some();
        if here && elsewhere {
            listing.problems.push(two_tenants(roots));
        } else if here || elsewhere {
            let dir = dir(roots, name, asked, false);
            let inside = dir.entries("", &mut listing.problems);
            scope(&dir, inside, &mut listing);
        }
    }
    listing
}

fn dir<'a>(roots: &Roots<'_>, scope: Scope, asked: &'a Asked, whole: bool) -> Dir<'a> {
    let below = if whole {
        String::new()
    } else {
        format!("{scope}/")
    };
    let (root, shown) = roots.find(&below);
    Dir {
        scope,
        root,
        shown: shown.trim_end_matches('/').to_owned(),
        below,
        asked,
    }
}

/// Lists the directory of one scope by the layout it has.
fn scope(dir: &Dir<'_>, entries: Vec<Entry>, listing: &mut Listing) {
    let named = match dir.scope {
        Scope::Drizzle => Some(Layout::Drizzle),
        _ => dir.asked.layout,
    };
    let layout = match named.map_or_else(|| detect::detect(dir, &entries), Ok) {
        Ok(layout) => layout,
        Err(problem) => {
            listing.problems.push(*problem);
            return;
        }
    };
    let list = match layout {
        Layout::Pgmig => own::list,
        Layout::Sqlx => sqlx::list,
        Layout::Refinery => refinery::list,
        Layout::Diesel => diesel::list,
        Layout::GolangMigrate => golang_migrate::list,
        Layout::Goose => goose::list,
        Layout::Dbmate => dbmate::list,
        Layout::Prisma => prisma::list,
        Layout::Flyway => flyway::list,
        Layout::Drizzle => drizzle::list,
    };
    list(dir, &entries, listing);
}

/// The lock file and the settings: whoever reads those looks at them.
fn is_pgmigs(entry: &Entry) -> bool {
    entry.kind == Kind::File && [lock::FILE, settings::FILE].contains(&entry.name.as_str())
}

fn is_baselines(entry: &Entry) -> bool {
    entry.kind == Kind::Folder && entry.name == baseline::FOLDER
}

/// Lists the folder of baselines: beside any layout it is pgmig's own.
fn baselines(roots: &Roots<'_>, asked: &Asked, listing: &mut Listing) {
    let shown = format!("{}/{}", roots.shown, baseline::FOLDER);
    let root = roots.root.join(baseline::FOLDER);
    let inside = entries(&root, &shown, &mut listing.problems);
    for entry in inside {
        let path = format!("{}/{}", baseline::FOLDER, entry.name);
        let mut scopes = baseline::SCOPES.into_iter();
        match scopes.find(|scope| baseline::file(*scope) == path) {
            _ if asked.ignored.contains(&path) => {}
            Some(scope) if entry.kind == Kind::File => listing.baselines.push(scope),
            None if entry.kind == Kind::File && is_companion(&entry.name) => {}
            _ => listing.problems.push(
                Problem::error(
                    "stray-file",
                    format!("{shown}/{}", entry.name),
                    "no baseline",
                )
                .note("`public.sql` and `tenant.sql` are what can be in this folder")
                .help("`cargo pgmig baseline` makes a baseline")
                .help("move this out of the folder, or delete it"),
            ),
        }
    }
}

fn two_tenants(roots: &Roots<'_>) -> Problem {
    let elsewhere = roots.tenant.map_or("", |tenant| tenant.shown.as_str());
    Problem::error(
        "two-tenant-folders",
        format!("{}/tenant", roots.shown),
        "a second folder of the tenant scope",
    )
    .note(format!("`tenant = \"...\"` names `{elsewhere}`"))
    .help("leave `tenant = ...` out, or move this folder away")
}

/// What is wrong with an entry beside the folders of the scopes.
fn beside_scopes(entry: &Entry, shown: &str) -> Option<Problem> {
    let path = format!("{shown}/{}", entry.name);
    if entry.kind == Kind::Folder {
        return Some(stray_folder(&entry.name, path));
    }
    if is_companion(&entry.name) {
        return None;
    }
    let problem = Problem::error(
        "stray-file",
        path,
        "this file is outside the folders that are applied",
    );
    Some(if entry.name.to_ascii_lowercase().ends_with(".sql") {
        problem
            .note("only what is in `public/` and `tenant/` is applied")
            .help(format!("move it to `{shown}/public/` or `{shown}/tenant/`"))
    } else {
        other_file(problem, &entry.name)
    })
}

pub(super) fn stray_folder(name: &str, path: String) -> Problem {
    let problem = Problem::error("stray-folder", path, "unknown folder")
        .note("the folders of migrations are `public`, `drizzle` and `tenant`");
    match nearest(&name.to_ascii_lowercase(), Scope::ALL.map(Scope::as_str)) {
        Some(scope) => problem.help(format!("did you mean `{scope}`?")),
        None => problem
            .help("move it out of the folder")
            .help(format!("or let pgmig.toml say so: `ignore = [\"{name}\"]`")),
    }
}

/// A file that is not SQL at all.
pub(super) fn other_file(problem: Problem, name: &str) -> Problem {
    let known = [lock::FILE, settings::FILE];
    match nearest(&name.to_ascii_lowercase(), known) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => problem.help("move it out of the folder, or delete it"),
    }
}
