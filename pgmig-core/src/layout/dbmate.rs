//! dbmate: `1_create_users.sql` with `-- migrate:up` and `-- migrate:down`, each with
//! `transaction:false` where it runs outside a transaction.

use super::dir::{Dir, is_companion};
use super::entries::{Entry, Kind};
use super::numbered::{self, File};
use super::sections::{Part, Sections, lines};
use super::{Layout, Listing};
use crate::{Problem, Version};

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut ups = Vec::new();
    for entry in entries {
        let file = &entry.name;
        match name(file).filter(|_| entry.kind == Kind::File) {
            Some((version, name)) => ups.push(File {
                version,
                name: name.to_owned(),
                file: file.clone(),
            }),
            None if is_companion(file) => {}
            None => listing.problems.push(dir.stray(
                file,
                Layout::Dbmate,
                "a migration is `1_name.sql`; dbmate ignores everything else",
            )),
        }
    }
    numbered::pair(dir, Layout::Dbmate, ups, Vec::new(), listing);
}

/// dbmate wants digits in front and `.sql` at the end, whatever is between.
fn name(file: &str) -> Option<(Version, &str)> {
    let stem = file.strip_suffix(".sql")?;
    let name = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let version = Version::parse(&stem[..stem.len() - name.len()])?;
    Some((version, name.trim_start_matches(['_', '-', '.', ' '])))
}

/// What a line says to dbmate: `up` and the options after it for `-- migrate:up transaction:false`.
pub(super) fn marker(line: &str) -> Option<(bool, &str)> {
    let rest = line.strip_prefix("--")?.trim_start();
    let rest = rest.strip_prefix("migrate:")?;
    let (is_up, options) = match rest.strip_prefix("up") {
        Some(options) => (true, options),
        None => (false, rest.strip_prefix("down")?),
    };
    let apart = options.is_empty() || options.starts_with(char::is_whitespace);
    apart.then(|| (is_up, options.trim()))
}

/// The scripts of a file.
pub(super) fn sections(text: &str, shown: &str, problems: &mut Vec<Problem>) -> Sections {
    let (mut up, mut down) = (None, None);
    for (start, line) in lines(text) {
        let Some((is_up, options)) = marker(line) else {
            continue;
        };
        let word = if is_up { "up" } else { "down" };
        let wrong = |title: String| {
            Problem::error("bad-section", shown, title)
                .at(text, start..start + line.trim_end().len())
        };
        let here = (start, start + line.len(), transactional(options));
        let section = if is_up { &mut up } else { &mut down };
        if section.is_some() {
            let problem = wrong(format!("a second `-- migrate:{word}`"))
                .help("give it a file of its own, with the next version");
            problems.push(problem);
        } else {
            *section = Some(here);
        }
    }
    let Some((before_up, _, transactional)) = up else {
        let title = "no `-- migrate:up` in the file";
        let problem = Problem::error("bad-section", shown, title)
            .note("the other files of the folder are dbmate's")
            .help("write `-- migrate:up` before the statements that apply the migration");
        problems.push(problem);
        return Sections::whole(text);
    };
    if let Some((start, ..)) = down.filter(|(start, ..)| *start < before_up) {
        let title = "`-- migrate:down` before `-- migrate:up`";
        let problem = Problem::error("bad-section", shown, title)
            .at(text, start..start)
            .help("dbmate needs `-- migrate:up` first");
        problems.push(problem);
        return Sections::whole(text);
    }
    Sections {
        up: Part {
            // What is before the marker is comments, directives among them.
            range: 0..down.map_or(text.len(), |(start, ..)| start),
            transactional: Some(transactional),
        },
        down: down.map(|(_, after, transactional)| Part {
            range: after..text.len(),
            transactional: Some(transactional),
        }),
        before: 0..before_up,
    }
}

fn transactional(options: &str) -> bool {
    !options
        .split_whitespace()
        .any(|option| option == "transaction:false")
}
