//! File names and versions.

use std::cmp::Ordering;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use pgmig_core::{Loaded, Version};

use super::mutate::{garbled, mutated};
use super::random::Random;
use super::scratch::{Scratch, told};

/// What migrations are called.
const NAMES: [&str; 12] = [
    "001_create_users.sql",
    "2_a.down.sql",
    "20260131120000_add_invoices.sql",
    "1.2_b.sql",
    "V3__c.sql",
    "4-d.sql",
    "0005_e.up.sql",
    "6 f.SQL",
    "README.md",
    "00_.sql",
    "g_7.sql",
    "18446744073709551616_h.sql",
];

/// Every file is a migration, something that is known to be none, or in a problem; a name that
/// pgmig proposes is taken; versions are numbers.
///
/// # Errors
/// The names.
pub(crate) fn file_names(random: &mut Random) -> Result<(), String> {
    versions(random)?;
    let scratch = Scratch::new()?;
    let mut names: Vec<OsString> = Vec::new();
    for _ in 0..=random.below(3) {
        let name = random.pick(&NAMES);
        let bytes = match random.below(6) {
            0 => garbled(name, random),
            1 => name.as_bytes().to_vec(),
            _ => mutated(name, random).into_bytes(),
        };
        // What no file can be called: pgmig never sees it.
        let impossible = bytes.contains(&0) || bytes.contains(&b'/') || bytes.len() > 250;
        if impossible || bytes.is_empty() || bytes == b"." || bytes == b".." {
            continue;
        }
        let name = OsString::from_vec(bytes);
        let mut path = OsString::from(random.pick(&["public/", "tenant/"]));
        path.push(&name);
        scratch.write(&path, b"SELECT 1;")?;
        names.push(path);
    }
    let loaded = scratch.load();
    for path in &names {
        let shown = path.to_string_lossy();
        if !is_accounted_for(&shown, &loaded) {
            return Err(format!("{names:?}: nothing about {shown:?}"));
        }
    }
    proposals(&scratch, &names, &loaded)
}

fn is_accounted_for(path: &str, loaded: &Loaded) -> bool {
    let file = path.split_once('/').map_or(path, |(_, file)| file);
    let lower = file.to_ascii_lowercase();
    let companion = lower.starts_with("readme") && !lower.ends_with(".sql");
    let scope_is_told =
        |problem: &str| format!("migrations/{path}").starts_with(&format!("{problem}/"));
    let shown = format!("migrations/{path}");
    let mut problems = loaded.problems.iter();
    file.starts_with('.')
        || companion
        || loaded.folder.files.iter().any(|known| known == path)
        || problems.any(|one| one.path == shown || scope_is_told(&one.path))
}

/// Whoever renames a file as pgmig proposes has a migration, or a name that is taken twice.
fn proposals(scratch: &Scratch, names: &[OsString], loaded: &Loaded) -> Result<(), String> {
    for problem in loaded
        .problems
        .iter()
        .filter(|one| one.code == "stray-file")
    {
        let proposed = problem.help.iter().find_map(|help| {
            let name = help.strip_prefix("rename it to `")?.strip_suffix('`')?;
            (!name.contains("NNN")).then_some(name)
        });
        let Some(proposed) = proposed else { continue };
        let from = scratch
            .root()
            .join(problem.path.trim_start_matches("migrations/"));
        let to = from.with_file_name(proposed);
        if to.exists() {
            continue;
        }
        std::fs::rename(&from, &to).map_err(|error| format!("{from:?} to {to:?}: {error}"))?;
        let again = scratch.load();
        let shown = |path: &str| path.rsplit('/').next() == Some(proposed);
        let mut still = again.problems.iter().filter(|one| shown(&one.path));
        if still.any(|one| one.code == "stray-file") {
            return Err(format!(
                "{names:?}: `{proposed}` is refused too: {}",
                told(&again.problems)
            ));
        }
    }
    Ok(())
}

/// Versions are compared as the numbers they are, however many digits they have.
fn versions(random: &mut Random) -> Result<(), String> {
    let parts = |random: &mut Random| -> Vec<u64> {
        let count = 1 + random.below(3);
        (0..count)
            .map(|_| [0, 1, 9, 10, 99, 100, 20_260_131_120_000][random.below(7)])
            .collect()
    };
    let spelled = |parts: &[u64], random: &mut Random| -> String {
        let parts = parts
            .iter()
            .map(|part| format!("{}{part}", "0".repeat(random.below(3))));
        parts.collect::<Vec<_>>().join(".")
    };
    let (left, right) = (parts(random), parts(random));
    let (one, other) = (spelled(&left, random), spelled(&right, random));
    let (Some(first), Some(second)) = (Version::parse(&one), Version::parse(&other)) else {
        return Err(format!("`{one}` or `{other}` is no version"));
    };
    let twice = Version::parse(first.as_str());
    if twice.as_ref() != Some(&first) || first.cmp(&second) != left.cmp(&right) {
        return Err(format!("{first} and {second} of `{one}` and `{other}`"));
    }
    if (first == second) != (first.cmp(&second) == Ordering::Equal) {
        return Err(format!("{first} and {second} are equal and not"));
    }
    let odd = mutated(&one, random);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if Version::parse(&odd).is_some() != odd.split('.').all(digits) {
        return Err(format!("`{odd}` as a version"));
    }
    Ok(())
}
