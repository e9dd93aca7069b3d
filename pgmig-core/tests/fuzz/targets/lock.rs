//! The lock file's reader.

use std::collections::HashSet;

use pgmig_core::lock::{Entry, render};
use pgmig_core::{Error, Loaded, Migration, edit};

use super::mutate::{garbled, mutated};
use super::random::Random;
use super::scratch::{Scratch, told};

/// The files of the folder, of which a branch has some.
const FILES: [&str; 6] = [
    "public/1_a.sql",
    "public/2_b.sql",
    "public/10_c.sql",
    "tenant/1_a.sql",
    "tenant/2_b-c.sql",
    "tenant/20260131120000_d.sql",
];

/// A lock file passes only where each line that means something is as pgmig writes it, and what
/// `cargo pgmig lock` writes passes. No migration that a branch has locked is lost in a merge.
///
/// # Errors
/// The lock file.
pub(crate) fn lock_file(random: &mut Random) -> Result<(), String> {
    let scratch = Scratch::new()?;
    for file in FILES {
        scratch.write(file, format!("SELECT '{file}';").as_bytes())?;
    }
    let loaded = scratch.load();
    let all: Vec<&Migration> = loaded.folder.migrations().collect();
    let written = changed(&[branch(&all, random), branch(&all, random)], random);
    scratch.write("pgmig.lock", &written)?;
    let loaded = scratch.load();
    let text = String::from_utf8_lossy(&written).into_owned();
    verdict(&loaded, &text).map_err(|what| format!("{what}:\n{text}"))?;
    match edit::lock(&loaded, &[]) {
        Err(Error::Problems(problems)) if !problems.is_empty() => Ok(()),
        Err(error) => Err(format!("{error:?}:\n{text}")),
        Ok(plan) => {
            plan.apply().map_err(|error| error.to_string())?;
            let after = scratch.load();
            match (after.problems.as_slice(), after.drafts().as_slice()) {
                ([], []) => Ok(()),
                (problems, _) => Err(format!("`lock` did not mend\n{text}\n{}", told(problems))),
            }
        }
    }
}

/// The lock file of a branch: all of some scopes' first migrations, or any of them.
fn branch(all: &[&Migration], random: &mut Random) -> String {
    let few = random.once_in(2);
    let chosen = all.iter().filter(|_| !few || !random.once_in(3));
    let entries: Vec<Entry> = chosen.map(|migration| Entry::of(migration)).collect();
    render(&entries)
}

/// What may have become of the lock files of two branches.
fn changed(branches: &[String; 2], random: &mut Random) -> Vec<u8> {
    let [one, other] = branches;
    let text = match random.below(8) {
        0 => mutated(one, random),
        1 => return garbled(one, random),
        2 => shuffled(&format!("{one}{other}"), random),
        3 => format!("<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> other\n"),
        4 => merged(one, other, random),
        5 => mutated(&merged(one, other, random), random),
        6 => one.replace('\n', "\r\n"),
        _ => shuffled(one, random),
    };
    text.into_bytes()
}

/// Some of the lines, a few of them elsewhere or twice.
fn shuffled(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    for _ in 0..random.below(4) {
        let (from, to) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(3) {
            0 => lines.swap(from, to),
            1 => lines.insert(to, lines[from]),
            _ if lines.len() > 1 => {
                lines.remove(from);
            }
            _ => {}
        }
    }
    lines.concat()
}

/// The lines of both after what both begin with, as git leaves them: with its markers, or with
/// `merge=union`.
fn merged(one: &str, other: &str, random: &mut Random) -> String {
    let same = one.split_inclusive('\n').zip(other.split_inclusive('\n'));
    let same: usize = same.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let (before, one, other) = (&one[..same], &one[same..], &other[same..]);
    match random.below(3) {
        0 => format!("{before}<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> other\n"),
        1 => format!("{before}<<<<<<< HEAD\n{one}||||||| base\n=======\n{other}>>>>>>> other\n"),
        _ => format!("{before}{one}{other}"),
    }
}

/// The lines that mean something.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.split('\n');
    let lines = lines.map(|line| line.trim_start_matches('\u{feff}').trim_end());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Whether what pgmig says of a lock file is right.
fn verdict(loaded: &Loaded, text: &str) -> Result<(), String> {
    let is_sound = |code: &str| !code.starts_with("lock-");
    let locked = loaded.folder.migrations().filter(|one| one.locked);
    let locked: Vec<Entry> = locked.map(Entry::of).collect();
    if loaded.problems.iter().all(|problem| is_sound(problem.code)) {
        // What is removed from the folder is another problem.
        let removed = loaded
            .problems
            .iter()
            .any(|one| one.code == "removed-migration");
        let ours = render(&locked);
        if !removed && lines(&ours) != lines(text) {
            return Err(format!("passes as\n{ours}"));
        }
        return Ok(());
    }
    // In a conflict and in a union, what either branch has locked stays locked.
    let merged = |code: &str| code == "lock-conflict" || code == "lock-merged";
    if loaded.problems.iter().any(|problem| merged(problem.code)) && !text.contains("|||||||") {
        let there: HashSet<String> = locked.iter().map(ToString::to_string).collect();
        let known = loaded
            .folder
            .migrations()
            .map(|one| Entry::of(one).to_string());
        for entry in known.filter(|entry| !there.contains(entry)) {
            let has = |line: &&str| line.strip_prefix(&*entry).is_some_and(is_chain);
            if lines(text).iter().any(has) {
                return Err(format!("forgets `{entry}`"));
            }
        }
    }
    Ok(())
}

/// A space and one word.
fn is_chain(rest: &str) -> bool {
    rest.strip_prefix(' ')
        .is_some_and(|word| !word.contains(' '))
}
