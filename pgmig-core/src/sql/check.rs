//! All checks of a folder's drafts, in one go.

mod allowed;
mod script;
mod transaction;

use std::collections::HashSet;

use super::{slot, split, stack};
use crate::lint::Levels;
use crate::{Folder, Problem, Scope, Script};

pub(crate) use script::{Checked, One, Report};

/// Finds what is wrong with one script, whatever is in the others. `path` is how messages spell
/// it. Of a script that is locked in all but its text no lints are told.
pub(crate) fn script(script: &Script, scope: Scope, path: &str, levels: &Levels) -> Vec<Problem> {
    let sql = script.sql();
    let masked = slot::mask(&sql);
    let split = split::split(&masked);
    let checked = Checked::new(path, script, &masked, &split, scope);
    stack::with_a_large_one(|| {
        let mut report = Report::new(&checked, levels);
        checked.syntax(&mut report);
        transaction::check(&checked, &mut report);
        report.finish()
    })
}

/// Whether a problem means that it is not known what its script does.
pub(crate) fn is_unreadable(problem: &Problem) -> bool {
    matches!(problem.code, "syntax" | "psql-command" | "copy-from-stdin")
}

/// A migration that uses a value that one before it added to an enum: PostgreSQL refuses the value
/// until the transaction that added it has been committed (`ALTER TYPE`, "Notes").
pub(crate) fn commit_before(folder: &mut Folder) {
    let mut added: HashSet<String> = HashSet::new();
    for scope in Scope::ALL {
        if scope == Scope::Tenant {
            added.clear();
        }
        for migration in folder.of_mut(scope) {
            let text = &migration.up.text;
            migration.commit_before = added.iter().any(|label| text.contains(label.as_str()));
            added.extend(new_labels(
                migration.up.text.as_str(),
                &migration.up.statements,
            ));
        }
        for migration in &mut folder.repeatable {
            let text = &migration.up.text;
            let uses = |label: &String| text.contains(label.as_str());
            if migration.scope == scope {
                migration.commit_before = added.iter().any(uses);
            }
        }
    }
}

/// The labels that a script adds to enums, as they are written.
fn new_labels(text: &str, statements: &[super::Statement]) -> Vec<String> {
    let added = statements
        .iter()
        .filter(|statement| statement.kind == "ALTER TYPE")
        .filter_map(|statement| {
            let masked = slot::mask(&text[statement.range.clone()]);
            let split = split::split(&masked);
            let raw = split.statements.first()?;
            match super::ddl::read(&masked, raw) {
                super::ddl::Change::Alter(alter) => Some(alter),
                _ => None,
            }
        });
    added
        .flat_map(|alter| alter.actions)
        .filter_map(|action| match action.act {
            super::ddl::Act::AddValue { label, .. } => {
                Some(format!("'{}'", label.replace('\'', "''")))
            }
            _ => None,
        })
        .collect()
}
