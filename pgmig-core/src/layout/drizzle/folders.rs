//! The folders of drizzle-kit 1.0: `20260131120000_create_users/migration.sql` with
//! `snapshot.json`.

use super::Made;
use crate::layout::dir::{Dir, is_companion};
use crate::layout::entries::{Entry, Kind};
use crate::layout::{Found, Layout, Listing};
use crate::{Problem, Version};

pub(super) const SCRIPT: &str = "migration.sql";

pub(super) fn list(dir: &Dir<'_>, entries: &[Entry], listing: &mut Listing) {
    let mut found = Vec::new();
    for entry in entries {
        if entry.kind == Kind::Folder {
            found.extend(folder(dir, &entry.name, listing));
        } else if !is_companion(&entry.name) {
            let note = "a migration is a folder with `migration.sql`";
            let stray = dir.stray(&entry.name, Layout::Drizzle, note);
            listing.problems.push(stray);
        }
    }
    Dir::part_twins(&mut found);
    dir.finish(found, listing);
}

fn folder(dir: &Dir<'_>, name: &str, listing: &mut Listing) -> Option<Found> {
    let mut has = [false; 3];
    for entry in dir.entries(&format!("{name}/"), &mut listing.problems) {
        let known = [SCRIPT, "down.sql", "snapshot.json"];
        if let Some(at) = known.iter().position(|file| *file == entry.name) {
            has[at] = true;
        } else if !is_companion(&entry.name) {
            let file = format!("{name}/{}", entry.name);
            let note = "a migration's folder holds `migration.sql` and `snapshot.json`";
            let stray = dir.stray(&file, Layout::Drizzle, note);
            listing.problems.push(stray);
        }
    }
    let [has_up, has_down, _] = has;
    let wrong = |title: &str| Problem::error("stray-folder", dir.shown(name), title);
    if !has_up {
        let problem = wrong("a migration's folder without `migration.sql`")
            .help("bring the script back, or delete the folder");
        listing.problems.push(problem);
        return None;
    }
    let (time, words) = name.split_once('_').unwrap_or((name, ""));
    let (Some(at), Some(version)) = (milliseconds(time), Version::parse(time)) else {
        let problem = wrong("the folder's name does not begin with a time")
            .note("drizzle-kit writes it as `20260131120000_create_users`, in UTC")
            .help("rename it");
        listing.problems.push(problem);
        return None;
    };
    let mut found = dir.found(Layout::Drizzle, version, words, &format!("{name}/{SCRIPT}"));
    found.down = has_down.then(|| dir.path(&format!("{name}/down.sql")));
    found.drizzle = Some(Made {
        at,
        folder: Some(name.to_owned()),
    });
    Some(found)
}

/// `20260131120000`, a time in UTC, in milliseconds since 1970.
fn milliseconds(time: &str) -> Option<i64> {
    if time.len() != 14 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| time[from..to].parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let is_time = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    is_time.then_some(seconds * 1_000)
}

/// Counts from 1 March, so that the day that a leap year adds is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folders_time_is_milliseconds_since_1970() {
        assert_eq!(milliseconds("19700101000000"), Some(0));
        assert_eq!(milliseconds("20000229235959"), Some(951_868_799_000));
        assert_eq!(milliseconds("20261123181248"), Some(1_795_457_568_000));
        assert_eq!(milliseconds("20261323181248"), None);
        assert_eq!(milliseconds("2026112318124"), None);
        assert_eq!(milliseconds("2026112318124x"), None);
    }
}
