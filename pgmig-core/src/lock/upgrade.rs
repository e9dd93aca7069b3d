//! A Drizzle folder that `drizzle-kit up` rewrote from 0.x to 1.0, and a lock file that has the
//! migrations as the journal had them.
//!
//! The texts and names are as they were. The version was the place in the journal, and is the time
//! in the folder's name now.

use super::verify::{Finding, Kind};
use crate::{Folder, Problem};

/// Whether a finding is such an upgrade and nothing else: the order is as it was.
pub(crate) fn is_upgrade(folder: &Folder, finding: &Finding) -> bool {
    let Some(present) = &finding.present else {
        return false;
    };
    let now = &present.entry;
    let mut migrations = folder.of(now.scope).iter();
    let migration = migrations.find(|migration| migration.version == now.version);
    let drizzle = migration.and_then(|migration| migration.drizzle.as_ref());
    let is_folder = drizzle.is_some_and(|entry| entry.folder.is_some());
    // The place in a journal is less than any time.
    let was_place =
        finding.locked.version < now.version && !is_time(finding.locked.version.as_str());
    is_folder && was_place && finding.kind == Kind::Renamed
}

fn is_time(version: &str) -> bool {
    version.len() >= 14
}

/// One problem for all of them, at their folder; `shown` spells a path.
pub(crate) fn upgraded(findings: &[&Finding], shown: impl Fn(&str) -> String) -> Option<Problem> {
    let first = findings.first()?;
    let present = first.present.as_ref()?;
    // `migrations/drizzle/20260131120000_a/migration.sql`
    let path = shown(&present.path);
    let folder = path.rsplitn(3, '/').nth(2).unwrap_or(&path);
    let count = match findings.len() {
        1 => "a locked migration has".to_owned(),
        count => format!("{count} locked migrations have"),
    };
    let title = format!("{count} another version since drizzle-kit rewrote the folder");
    let (was, now) = (&first.locked, &present.entry);
    let problem = Problem::error("upgraded-folder", folder, title)
        .note(format!(
            "it was `{} {}` and is `{} {}`: Drizzle 1.0 has no journal, and the texts are as they were",
            was.version, was.name, now.version, now.name
        ))
        .help("`cargo pgmig lock` writes it down; no database applies anything again");
    Some(problem)
}
