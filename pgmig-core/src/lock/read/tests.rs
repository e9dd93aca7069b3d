//! Lock files, sound and otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::lock::render;

fn entry(scope: Scope, version: &str, name: &str) -> Entry {
    Entry {
        scope,
        version: Version::parse(version).unwrap(),
        name: name.to_owned(),
        checksum: Checksum([7; 32]),
    }
}

fn read(text: &str) -> (State, Vec<Entry>, Vec<&'static str>) {
    let mut problems = Vec::new();
    let lock = parse(text.to_owned(), "pgmig.lock", &mut problems);
    let entries = lock.entries.into_iter().map(|line| line.entry);
    let codes = problems.iter().map(|problem| problem.code);
    (lock.state, entries.collect(), codes.collect())
}

/// What two branches had in common, and what each has added.
fn branches(ours: &[Entry], theirs: &[Entry]) -> [String; 3] {
    let base = vec![
        entry(Scope::Public, "1", "a"),
        entry(Scope::Tenant, "1", "t"),
    ];
    [&[][..], ours, theirs].map(|added| render(&[&base, added].concat()))
}

/// The lines of `one` and `other` after what both begin with, `put` together.
fn merged(one: &str, other: &str, put: impl Fn(&str, &str) -> String) -> String {
    let same = one.lines().zip(other.lines()).take_while(|(a, b)| a == b);
    let same: String = same.map(|(line, _)| format!("{line}\n")).collect();
    same.clone() + &put(&one[same.len()..], &other[same.len()..])
}

fn union(one: &str, other: &str) -> String {
    merged(one, other, |one, other| format!("{one}{other}"))
}

#[test]
fn what_was_written_is_read() {
    let entries = [
        entry(Scope::Public, "1", "a"),
        entry(Scope::Public, "2", "b"),
        entry(Scope::Drizzle, "1", "d"),
        entry(Scope::Tenant, "20260131120000", "t"),
    ];
    let mut shuffled = entries.to_vec();
    shuffled.reverse();
    let text = render(&shuffled);
    assert_eq!(read(&text), (State::Sound, entries.to_vec(), vec![]));
    assert_eq!(read(&text.replace('\n', "\r\n")).0, State::Sound);
    assert_eq!(read(&format!("\u{feff}# mine\n\n{text}\n")).0, State::Sound);
    assert_eq!(read(&render(&[])), (State::Sound, vec![], vec![]));
}

#[test]
fn the_documented_example_is_sound() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lock-file.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let example = docs.split("```text\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let (state, entries, problems) = read(example);
    assert_eq!(
        (state, entries.len(), problems.as_slice()),
        (State::Sound, 3, &[][..]),
        "{example}"
    );
}

#[test]
fn a_conflict_keeps_the_migrations_of_both_sides() {
    let [base, ours, theirs] = branches(
        &[entry(Scope::Public, "2", "ours")],
        &[entry(Scope::Public, "2", "theirs")],
    );
    let end = base.lines().last().unwrap();
    let plain = merged(&ours, &theirs, |ours, theirs| {
        format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n")
    });
    let diff3 = merged(&ours, &theirs, |ours, theirs| {
        format!("<<<<<<< HEAD\n{ours}||||||| 1234567\n{end}\n=======\n{theirs}>>>>>>> other\n")
    });
    for text in [plain.replace('\n', "\r\n"), plain, diff3] {
        let (state, entries, problems) = read(&text);
        assert_eq!(state, State::Conflict, "{text}");
        assert_eq!(problems, ["lock-conflict"]);
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "ours", "t", "theirs"], "{text}");
    }
}

#[test]
fn the_lines_of_two_branches_without_markers_are_noticed() {
    let cases = [
        (
            entry(Scope::Public, "2", "ours"),
            entry(Scope::Public, "2", "theirs"),
        ),
        (
            entry(Scope::Public, "2", "ours"),
            entry(Scope::Public, "3", "theirs"),
        ),
        (
            entry(Scope::Public, "3", "ours"),
            entry(Scope::Public, "2", "theirs"),
        ),
        (
            entry(Scope::Public, "2", "ours"),
            entry(Scope::Tenant, "2", "theirs"),
        ),
        (
            entry(Scope::Tenant, "2", "ours"),
            entry(Scope::Tenant, "2", "theirs"),
        ),
    ];
    for (ours, theirs) in cases {
        let [_, one, other] = branches(&[ours], &[theirs]);
        let text = union(&one, &other);
        let (state, entries, problems) = read(&text);
        assert_eq!(
            (state, problems),
            (State::Merged, vec!["lock-merged"]),
            "{text}"
        );
        assert_eq!(entries.len(), 4, "{text}");
    }
}

#[test]
fn a_merge_that_was_resolved_by_hand_does_not_pass() {
    let [_, one, other] = branches(
        &[entry(Scope::Public, "2", "ours")],
        &[entry(Scope::Tenant, "2", "theirs")],
    );
    let text = union(&one, &other);
    // Both lines, one end.
    let ends = text.lines().filter(|line| line.starts_with("end "));
    for end in ends {
        let text = text.replacen(&format!("{end}\n"), "", 1);
        assert_ne!(read(&text).0, State::Sound, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(
        any in any::<Vec<u8>>(),
        near in "(public|tenant|end|[<=>|]{7}|#)?( ?[0-9]{1,2}| ?v1:[0-9a-f]{64}| ?[a-z]{1,3}|\r|\u{feff}|ß){0,6}\n?",
        lines in prop::collection::vec(0usize..15, 0..6),
    ) {
        read(&String::from_utf8_lossy(&any));
        read(&near);
        // Lines of real files, in any order.
        let [base, one, other] = branches(
            &[entry(Scope::Public, "2", "ours")],
            &[entry(Scope::Tenant, "2", "theirs")],
        );
        let body = |text: &str| -> String {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let files = [base, one, other].map(|file| body(&file));
        let all = files.concat() + "<<<<<<< a\n=======\n>>>>>>> b\n|||||||\n";
        let all: Vec<&str> = all.split_inclusive('\n').collect();
        let text: String = lines.iter().map(|at| all[at % all.len()]).collect();
        prop_assert_eq!(read(&text).0 == State::Sound, files.contains(&text), "{}", text);
    }
}
