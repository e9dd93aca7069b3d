//! The plan for every state of the ledger.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::Scope;
use crate::embedded::{List, MigrationParts, Probe, Statement, StatementParts};

/// A migration whose checksum is its version's number, with two statements.
fn migration(version: &'static str, edited: bool) -> Migration {
    static STATEMENTS: [Statement; 2] = [statement(0, 1), statement(3, 4)];
    static EDITED: [Statement; 2] = [statement(0, 1), statement(3, 5)];
    MigrationParts {
        scope: Scope::Public,
        version,
        name: "m",
        checksum: checksum(version, edited),
        head: [0; 32],
        up: ScriptParts {
            path: Box::leak(format!("migrations/public/{version}_m.sql").into_boxed_str()),
            text: "a; bc;",
            span: (0, 6),
            transactional: false,
            idempotent: false,
            statements: List::of(if edited { &EDITED } else { &STATEMENTS }),
        }
        .embed(),
        down: None,
        locked: true,
        commit_before: false,
        drizzle: None,
    }
    .embed()
}

const fn statement(start: u32, end: u32) -> Statement {
    StatementParts {
        span: (start, end),
        line: 1,
        kind: "SELECT",
        objects: List::EMPTY,
        in_transaction: true,
        destroys_data: false,
        probe: Probe::None,
        concurrently: None,
        slots: List::EMPTY,
        public: List::EMPTY,
    }
    .embed()
}

fn checksum(version: &str, edited: bool) -> [u8; 32] {
    let mut bytes = [u8::from(edited); 32];
    bytes[..version.len()].copy_from_slice(version.as_bytes());
    bytes
}

fn recorded(text: &str) -> Recorded {
    let (version, running) = match text.strip_suffix("...") {
        Some(version) => (version, true),
        None => (text, false),
    };
    let (version, edited) = match version.strip_suffix('!') {
        Some(version) => (version, true),
        None => (version, false),
    };
    Recorded {
        id: 7,
        version: version.to_owned(),
        name: "m".to_owned(),
        checksum: format!("v1:{}", crate::quote::hex(&checksum(version, edited))),
        running: running.then(|| Progress {
            done: 1,
            in_flight: true,
            digest: crate::quote::hex(&digest(&migration("1", false).0.up.0, 1)),
        }),
        applied_at: "2026-01-31T12:00:00Z".to_owned(),
        app: "shop 1.4.0".to_owned(),
        ..Recorded::default()
    }
}

/// The plan in words: the versions that would run, or what is wrong.
fn outcome(embedded: &[&'static str], applied: &[&str], policy: Policy) -> String {
    let embedded: Vec<Migration> = embedded
        .iter()
        .map(|version| match version.strip_suffix('!') {
            Some(version) => migration(version, true),
            None => migration(version, false),
        })
        .collect();
    let rows: Vec<Recorded> = applied.iter().map(|text| recorded(text)).collect();
    match plan(Box::leak(embedded.into_boxed_slice()), &rows, policy) {
        Ok(plan) => {
            let mut words: Vec<String> = plan.steps.iter().map(step).collect();
            words.extend(plan.ahead.map(|version| format!("ahead {version}")));
            words.join(" ")
        }
        Err(wrong) => wrong.iter().map(name).collect::<Vec<_>>().join(" "),
    }
}

fn step(step: &Step) -> String {
    let resume = step.resume.as_ref();
    let resume = resume.map_or(String::new(), |(id, at)| format!("@{id}:{}", at.done));
    format!("{}{resume}", step.migration.0.version)
}

fn name(wrong: &Disagreement) -> String {
    match wrong {
        Disagreement::Edited { version, .. } => format!("edited:{version}"),
        Disagreement::Missing { version, .. } => format!("missing:{version}"),
        Disagreement::UnknownInTheMiddle { version, .. } => format!("middle:{version}"),
        Disagreement::UnknownNewer { version, .. } => format!("newer:{version}"),
        Disagreement::OutOfOrder { version, .. } => format!("order:{version}"),
        Disagreement::EditedWhileRunning { version, .. } => format!("half:{version}"),
        Disagreement::HalfRolledBack { version, .. } => format!("back:{version}"),
    }
}

#[test]
fn every_policy_is_a_row() {
    let default = Policy::default();
    let strict = Policy {
        unknown_newer: UnknownNewer::Refuse,
        ..default
    };
    let free = Policy {
        out_of_order: OutOfOrder::Allow,
        ..default
    };
    type Row = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        Policy,
        &'static str,
    );
    let table: &[Row] = &[
        ("fresh", &["1", "2"], &[], default, "1 2"),
        ("nothing embedded", &[], &[], default, ""),
        ("up to date", &["1", "2"], &["1", "2"], default, ""),
        ("behind", &["1", "2", "3"], &["1"], default, "2 3"),
        ("by number", &["9", "10"], &["9"], default, "10"),
        ("dotted", &["1.9", "1.10"], &["1.9"], default, "1.10"),
        ("edited", &["1!", "2"], &["1", "2"], default, "edited:1"),
        (
            "edited, and more to do",
            &["1!", "2"],
            &["1"],
            default,
            "edited:1",
        ),
        (
            "all wrongs",
            &["1!", "2!"],
            &["1", "2"],
            default,
            "edited:1 edited:2",
        ),
        (
            "missing",
            &["1", "3"],
            &["1", "2", "3"],
            default,
            "missing:2",
        ),
        ("missing first", &["2"], &["1", "2"], default, "missing:1"),
        ("unknown newer", &["1"], &["1", "2"], default, "ahead 2"),
        (
            "unknown newer, behind",
            &["1", "2"],
            &["1", "3"],
            default,
            "order:2",
        ),
        (
            "unknown newer, refused",
            &["1"],
            &["1", "2"],
            strict,
            "newer:2",
        ),
        ("no binary knows", &[], &["1"], default, "ahead 1"),
        (
            "in the middle",
            &["1", "3"],
            &["1", "2"],
            default,
            "middle:2",
        ),
        ("in the middle of all", &["2"], &["1"], default, "middle:1"),
        (
            "out of order",
            &["1", "2", "3"],
            &["1", "3"],
            default,
            "order:2",
        ),
        (
            "out of order, allowed",
            &["1", "2", "3"],
            &["1", "3"],
            free,
            "2",
        ),
        ("interrupted", &["1", "2"], &["1..."], default, "1@7:1 2"),
        (
            "interrupted, then mended",
            &["1!", "2"],
            &["1..."],
            default,
            "1@7:1 2",
        ),
        (
            "interrupted, newer",
            &["1"],
            &["1", "2..."],
            default,
            "ahead 2",
        ),
    ];
    for (case, embedded, applied, policy, expected) in table {
        assert_eq!(outcome(embedded, applied, *policy), *expected, "{case}");
    }
}

#[test]
fn a_migration_whose_done_statements_were_changed_does_not_go_on() {
    let mut row = recorded("1!...");
    row.running = Some(Progress {
        done: 2,
        in_flight: false,
        digest: crate::quote::hex(&digest(&migration("1", true).0.up.0, 2)),
    });
    let embedded = Box::leak(Box::new([migration("1", false)]));
    let wrong = plan(embedded, &[row], Policy::default()).unwrap_err();
    assert!(matches!(
        wrong[..],
        [Disagreement::EditedWhileRunning { done: 2, .. }]
    ));
}

#[test]
fn the_head_covers_what_is_applied_in_version_order_whatever_the_order_it_came_in() {
    let free = Policy {
        out_of_order: OutOfOrder::Allow,
        ..Policy::default()
    };
    let all = ["1", "2", "3"].map(|version| checksum(version, false));
    let embedded = Box::leak(Box::new(["1", "2", "3"].map(|v| migration(v, false))));
    let plan = plan(embedded, &[recorded("1"), recorded("3")], free).unwrap();
    assert_eq!(plan.steps[0].head, head(&all));
    assert_eq!(plan.steps[0].newest.as_deref(), Some("3"));
}
