//! pgmig's own layout: `public/` and `tenant/`, or a folder that is the public scope itself.

pub(crate) mod file_name;
mod scope;

use std::path::Path;

use super::Listing;
use super::entries::{Entry, Kind, entries};
use crate::lock;
use crate::nearest::nearest;
use crate::settings;
use crate::{Problem, Scope};
use scope::ScopeFolder;

const SCOPES: [Scope; 2] = [Scope::Public, Scope::Tenant];

pub(super) fn list(root: &Path, shown: &str) -> Listing {
    let mut listing = Listing::default();
    let all = entries(root, shown, &mut listing.problems);
    let is_scope =
        |entry: &Entry, scope: Scope| entry.kind == Kind::Folder && entry.name == scope.as_str();
    let scopes = SCOPES
        .into_iter()
        .filter(|scope| all.iter().any(|e| is_scope(e, *scope)));
    let scopes: Vec<Scope> = scopes.collect();
    let rest: Vec<Entry> = all
        .iter()
        .filter(|entry| !scopes.iter().any(|scope| is_scope(entry, *scope)))
        .filter(|entry| !is_pgmigs(entry))
        .cloned()
        .collect();
    if scopes.is_empty() {
        ScopeFolder::new(Scope::Public, shown, "").list(&rest, &mut listing);
        return listing;
    }
    for entry in &rest {
        listing.problems.extend(beside_scopes(entry, shown));
    }
    for scope in scopes {
        let folder = format!("{shown}/{scope}");
        let inside = entries(&root.join(scope.as_str()), &folder, &mut listing.problems);
        ScopeFolder::new(scope, &folder, &format!("{scope}/")).list(&inside, &mut listing);
    }
    listing
}

/// The lock file and the settings: whoever reads those looks at them.
fn is_pgmigs(entry: &Entry) -> bool {
    entry.kind == Kind::File && [lock::FILE, settings::FILE].contains(&entry.name.as_str())
}

/// What is wrong with an entry beside `public/` and `tenant/`.
fn beside_scopes(entry: &Entry, shown: &str) -> Option<Problem> {
    let path = format!("{shown}/{}", entry.name);
    if entry.kind == Kind::Folder {
        return Some(stray_folder(&entry.name, path));
    }
    if file_name::is_companion(&entry.name) {
        return None;
    }
    let problem = Problem::error("stray-file", path, "no migration of a scope");
    Some(if entry.name.to_ascii_lowercase().ends_with(".sql") {
        problem
            .note("beside `public/` and `tenant/` nothing is applied")
            .help(format!("move it to `{shown}/public/` or `{shown}/tenant/`"))
    } else {
        other_file(problem, &entry.name)
    })
}

fn stray_folder(name: &str, path: String) -> Problem {
    let problem = Problem::error("stray-folder", path, "unknown folder")
        .note("the folders of migrations are `public` and `tenant`");
    match nearest(&name.to_ascii_lowercase(), SCOPES.map(Scope::as_str)) {
        Some(scope) => problem.help(format!("did you mean `{scope}`?")),
        None => problem.help("move it out of the folder"),
    }
}

/// A file that is not SQL at all.
fn other_file(problem: Problem, name: &str) -> Problem {
    let known = [lock::FILE, settings::FILE];
    match nearest(&name.to_ascii_lowercase(), known) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => problem.help("move it out of the folder, or delete it"),
    }
}
