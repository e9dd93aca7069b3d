//! What is taken back, for every state of the ledger.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::planner::Progress;

/// A row of the ledger: `3`, `3...` not finished, `3<` half way back.
fn recorded(text: &str) -> Recorded {
    let version = text.trim_end_matches(['.', '<']);
    Recorded {
        id: version.parse().unwrap(),
        version: version.to_owned(),
        checksum: format!("checksum of {version}"),
        running: (version != text).then(Progress::default),
        rolling_back: text.ends_with('<'),
        ..Recorded::default()
    }
}

/// The way back in words: the versions in order, then what is left; or why there is none.
fn outcome(applied: &[&str], to: &RollbackTo) -> String {
    let rows: Vec<Recorded> = applied.iter().map(|text| recorded(text)).collect();
    match plan(&rows, &Goal::To(to.clone())) {
        Ok(back) => {
            let steps = back.steps.iter().map(|step| step.row.version.as_str());
            let left = back.version.as_deref().unwrap_or("nothing");
            steps.chain(["->", left]).collect::<Vec<_>>().join(" ")
        }
        Err(Refused::NotApplied(version)) => format!("not applied {version}"),
        Err(Refused::Unfinished(row)) => format!("unfinished {}", row.version),
    }
}

#[test]
fn every_way_back_is_a_row() {
    let to = |version: &str| RollbackTo::Version(version.to_owned());
    let (one, all) = (RollbackTo::OneStep, RollbackTo::Nothing);
    for (applied, to, expected) in [
        (&["1", "2", "10"][..], &one, "10 -> 2"),
        (&["1", "10", "2"], &to("1"), "10 2 -> 1"),
        (&["1", "2"], &all, "2 1 -> nothing"),
        (&["1"], &one, "1 -> nothing"),
        (&["1", "2"], &to("2"), "-> 2"),
        (&[], &one, "-> nothing"),
        (&[], &all, "-> nothing"),
        (&[], &to("1"), "not applied 1"),
        (&["1", "2"], &to("3"), "not applied 3"),
        (&["1", "2..."], &to("2"), "not applied 2"),
        (&["1", "2..."], &one, "unfinished 2"),
        (&["1", "2..."], &to("1"), "unfinished 2"),
        (&["1", "2..."], &all, "unfinished 2"),
        // What was interrupted on its way back ends first.
        (&["1", "2<"], &one, "2 -> 1"),
        (&["1", "2<", "3"], &one, "2 -> 3"),
        (&["1", "2<"], &to("1"), "2 -> 1"),
        (&["1", "2", "3<"], &to("2"), "3 -> 2"),
        (&["1", "2", "3<"], &all, "3 2 1 -> nothing"),
        (&["1", "2<"], &to("2"), "not applied 2"),
    ] {
        assert_eq!(outcome(applied, to), expected, "{applied:?} {to:?}");
    }
}

#[test]
fn a_version_and_all_that_is_newer_go_whether_or_not_it_is_there() {
    let from = |applied: &[&str], version: &str| {
        let rows: Vec<Recorded> = applied.iter().map(|text| recorded(text)).collect();
        let goal = Goal::From(version.to_owned());
        let back = plan(&rows, &goal).unwrap();
        let steps = back.steps.iter().map(|step| step.row.version.clone());
        (steps.collect::<Vec<_>>().join(" "), back.version)
    };
    assert_eq!(
        from(&["1", "2", "10"], "2"),
        ("10 2".to_owned(), Some("1".to_owned()))
    );
    assert_eq!(
        from(&["1", "3"], "2"),
        ("3".to_owned(), Some("1".to_owned()))
    );
    assert_eq!(from(&["1"], "2"), (String::new(), Some("1".to_owned())));
    assert_eq!(from(&["1<", "2"], "2"), ("1 2".to_owned(), None));
}

#[test]
fn the_head_goes_back_over_what_is_left_and_is_empty_in_the_end() {
    let rows = ["1", "2", "3"].map(recorded);
    let back = plan(&rows, &Goal::To(RollbackTo::Nothing)).unwrap();
    let of = |row: &Recorded| checksum_bytes(&row.checksum);
    let [one, two] = [of(&rows[0]), of(&rows[1])];
    assert_eq!(back.steps[0].head, head([&one, &two]));
    assert_eq!(back.steps[1].head, head([&one]));
    assert!(back.steps[2].head.is_empty());
    assert_eq!(back.steps[1].newest.as_deref(), Some("1"));
    assert_eq!(back.steps[2].newest, None);
}
