//! Directives and their mistakes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn found(text: &str) -> (Vec<Directive>, Vec<String>) {
    let mut problems = Vec::new();
    let directives = read(&Lexed::new(text), "a.sql", &mut problems);
    let problems = problems.iter().map(|problem| {
        let help = problem.help.join("; ");
        format!("{problem} ({help})")
    });
    (directives, problems.collect())
}

fn asks(text: &str) -> Vec<Ask> {
    let (directives, problems) = found(text);
    assert_eq!(problems, [""; 0]);
    directives
        .into_iter()
        .map(|directive| directive.ask)
        .collect()
}

fn problems(text: &str) -> Vec<String> {
    found(text).1
}

#[test]
fn directives_are_read_at_the_head_in_any_spacing() {
    let text = "\u{feff}-- licence\r\n--pgmig:no-transaction\r\n\t--  PGMIG :  idempotent  \n/* x */\n\
                -- pgmig: allow(a, b-c)\n-- pgmig: external t, public.u\nSELECT 1;";
    let (directives, problems) = found(text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(directives.len(), 4);
    assert_eq!(directives[0].ask, Ask::NoTransaction);
    assert_eq!(directives[1].ask, Ask::Idempotent);
    let words = |ask: &Ask| match ask {
        Ask::Allow(words) | Ask::External(words) => {
            let texts = words.iter().map(|word| {
                assert_eq!(&text[word.range.clone()], word.text);
                word.text.clone()
            });
            texts.collect::<Vec<_>>()
        }
        Ask::NoTransaction | Ask::Idempotent => Vec::new(),
    };
    assert_eq!(words(&directives[2].ask), ["a", "b-c"]);
    assert_eq!(words(&directives[3].ask), ["t", "public.u"]);
    assert_eq!(&text[directives[2].range.clone()], "allow(a, b-c)");
    assert!(directives.iter().all(|directive| directive.at_head));
}

#[test]
fn sqlx_s_no_transaction_is_understood_at_the_head_only() {
    assert_eq!(asks("-- no-transaction\nVACUUM;"), [Ask::NoTransaction]);
    assert_eq!(asks("VACUUM;\n-- no-transaction\n"), []);
    assert_eq!(asks("-- no-transaction is not what we want\nSELECT 1;"), []);
}

#[test]
fn allow_may_be_before_a_statement() {
    let (directives, problems) = found("SELECT 1;\n-- pgmig: allow(a)\nSELECT 2;");
    assert_eq!(problems, [""; 0]);
    assert!(!directives[0].at_head);
}

#[test]
fn what_is_in_a_string_or_says_something_else_is_no_directive() {
    assert_eq!(
        asks("SELECT '\n-- pgmig: nonsense\n', $$\n-- pgmig: nonsense\n$$;"),
        []
    );
    assert_eq!(
        asks("-- pgmig is fine\n-- see pgmig: nonsense\n/* pgmig */\nSELECT 1;"),
        []
    );
}

#[test]
fn a_directive_that_would_do_nothing_is_an_error() {
    let cases = [
        (
            "-- pgmig: no-transation\n",
            "a.sql:1:11: unknown directive `no-transation` (did you mean `no-transaction`?)",
        ),
        (
            "-- pgmig: frobnicate x\n",
            "a.sql:1:11: unknown directive `frobnicate` (the directives are `no-transaction`, `idempotent`, `allow`, `external`)",
        ),
        (
            "-- pgmig:\n",
            "a.sql:1:10: directive without a name (the directives are `no-transaction`, `idempotent`, `allow`, `external`)",
        ),
        (
            "-- pgmig no-transaction\n",
            "a.sql:1:1: directive `no-transaction` without the colon after `pgmig` (write `-- pgmig: no-transaction`)",
        ),
        (
            "-- pgmig: no-transaction please\n",
            "a.sql:1:11: directive `no-transaction` that cannot be read (nothing comes after it: `-- pgmig: no-transaction`)",
        ),
        (
            "-- pgmig: allow\n",
            "a.sql:1:11: directive `allow` that cannot be read (name the rules: `-- pgmig: allow(rule, other-rule)`)",
        ),
        (
            "-- pgmig: allow()\n",
            "a.sql:1:11: directive `allow` that cannot be read (name the rules: `-- pgmig: allow(rule, other-rule)`)",
        ),
        (
            "-- pgmig: external\n",
            "a.sql:1:11: directive `external` that cannot be read (name the objects: `-- pgmig: external table, other`)",
        ),
        (
            "/* pgmig: no-transaction */\n",
            "a.sql:1:1: directive in a block comment (write it as a line comment: `-- pgmig: ...`)",
        ),
        (
            "SELECT 1;\n-- pgmig: idempotent\n",
            "a.sql:2:11: directive after the first statement (move it to the head of the file: it is about the whole file)",
        ),
        (
            "SELECT 1; -- pgmig: allow(a)\n",
            "a.sql:1:21: directive behind a statement (give it a line of its own, before the statement that is meant)",
        ),
        (
            "SELECT\n-- pgmig: allow(a)\n1;",
            "a.sql:2:11: directive inside a statement (move it to the line before the statement)",
        ),
    ];
    for (text, problem) in cases {
        assert_eq!(problems(text), [problem], "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_looked_through(
        any in any::<String>(),
        near in "(--? ?(pgmig|PGMIG|pgmig )?:? ?(allow|external|idempotent|x)?[ (),.a-zß\u{3000}]{0,9}\r?\n|;|/\\*|\\*/|'){0,6}",
    ) {
        for text in [any, near] {
            for directive in found(&text).0 {
                prop_assert!(text.get(directive.range).is_some());
            }
        }
    }
}
