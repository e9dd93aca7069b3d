//! What counts in a checksum, and what does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn of(text: &str) -> Checksum {
    checksum(&Lexed::new(text))
}

/// The parts between back ticks in a cell of a table.
fn quoted(cell: &str) -> Vec<String> {
    let parts = cell.split('`').skip(1).step_by(2);
    parts.map(|part| part.replace('↵', "\n")).collect()
}

#[test]
fn the_documented_test_vectors_hold() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checksum.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let (_, vectors) = docs.split_once("## Test vectors").unwrap();
    let rows = vectors.lines().filter(|line| line.contains("`v1:"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [text, tokens, expected] = cells[..] else {
            panic!("{row}");
        };
        let text = quoted(text).concat();
        assert_eq!([of(&text).to_string()], *quoted(expected), "{row}");

        let mut stream = Vec::new();
        for token in quoted(tokens) {
            push(&mut stream, &token);
        }
        assert_eq!(
            of(&text).0,
            <[u8; 32]>::from(Sha256::digest(&stream)),
            "{row}"
        );
        count += 1;
    }
    assert_eq!(count, 10);
}

#[test]
fn what_postgresql_passes_over_does_not_count() {
    let plain = of("CREATE TABLE a (b int, c text DEFAULT 'x');");
    for text in [
        "\u{feff}CREATE TABLE a (b int, c text DEFAULT 'x');",
        "-- licence\nCREATE TABLE a (\n\tb int,\n\tc text DEFAULT 'x'\n);\n",
        "CREATE/**/TABLE/* /* */ */a(b\u{b}int,c\u{c}text DEFAULT'x');--",
        "CREATE TABLE a (b int, c text DEFAULT 'x'\r\n);\r\n",
    ] {
        assert_eq!(of(text), plain, "{text:?}");
    }
}

#[test]
fn what_postgresql_sees_counts() {
    let plain = "CREATE TABLE a (b int, c text DEFAULT 'x');";
    for text in [
        "CREATE TABLE a (b int, c text DEFAULT 'x')",
        "CREATE TABLE a (b int, c text DEFAULT 'X');",
        "CREATE TABLE a (b int, c text DEFAULT 'x ');",
        "CREATE TABLE A (b int, c text DEFAULT 'x');",
        "CREATE TABLE \"a\" (b int, c text DEFAULT 'x');",
        "CREATE TABLE a (b int, c text DEFAULT 'x'); /* open",
        "-- pgmig: no-transaction\nCREATE TABLE a (b int, c text DEFAULT 'x');",
    ] {
        assert_ne!(of(text), of(plain), "{text:?}");
    }
    assert_ne!(of("SELECT a - -1"), of("SELECT a --1"));
    assert_ne!(of("SELECT '1' '2'"), of("SELECT '1'' ''2'"));
    assert_ne!(of("SELECT 1, 2"), of("SELECT 12"));
    assert_ne!(of("SELECT ${schema}"), of("SELECT $ { schema }"));
}

/// Something that PostgreSQL passes over. It begins with white space: it keeps two tokens apart, and
/// `-` apart from a comment.
fn trivia() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        Just(" ".to_owned()),
        Just("\t".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{b}\u{c}".to_owned()),
        "[a-z '\"$;]{0,8}".prop_map(|words| format!("/* {words} /* {words} */ */")),
        "[a-z '\"$;/*]{0,8}".prop_map(|words| format!("-- {words}\n")),
        "[a-z '\"$;/*]{0,8}".prop_map(|words| format!("-- {words}\r\n")),
    ];
    let space = prop_oneof![Just(" "), Just("\n"), Just("\t"), Just("\r\n")];
    (space, prop::collection::vec(one, 0..4))
        .prop_map(|(space, parts)| space.to_owned() + &parts.concat())
}

/// A token that PostgreSQL may see.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,5}",
        "[A-Z]{2,6}",
        "[0-9]{1,4}",
        "[0-9]{1,3}\\.[0-9]{1,3}",
        "'[a-z \n;$-]{0,8}(''[a-z]{0,3})?'",
        "[eE]'[a-z \n;\"-]{0,8}(\\\\')?'",
        "\"[a-z \n;'-]{1,8}\"",
        "\\$\\$[a-z \n;'\"-]{0,12}\\$\\$",
        "\\$t\\$[a-z \n;'\"-]{0,12}\\$t\\$",
        "\\$[1-9]",
        "[-+*/<>=]|<=|>=|<>|!=|\\|\\||->>|@>|&&|~\\*|\\?",
        "::|:=|[,;().]|\\[|\\]",
        Just("${schema}".to_owned()),
        Just("größe".to_owned()),
    ]
}

/// Tokens with something between each two and around all.
fn written(tokens: &[String], between: &[String]) -> String {
    let mut text = String::new();
    for (token, between) in tokens.iter().zip(between.iter().cycle()) {
        text.push_str(between);
        text.push_str(token);
    }
    text + &between[0]
}

proptest! {
    #[test]
    fn reformatting_never_changes_the_checksum(
        tokens in prop::collection::vec(token(), 0..20),
        one in prop::collection::vec(trivia(), 1..8),
        other in prop::collection::vec(trivia(), 1..8),
    ) {
        let (one, other) = (written(&tokens, &one), written(&tokens, &other));
        prop_assert_eq!(of(&one), of(&other), "{:?} {:?}", one, other);
    }

    #[test]
    fn changing_any_token_always_changes_the_checksum(
        tokens in prop::collection::vec(token(), 1..20),
        between in prop::collection::vec(trivia(), 1..8),
        at in any::<prop::sample::Index>(),
        new in token(),
    ) {
        let at = at.index(tokens.len());
        let before = of(&written(&tokens, &between));
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut tokens = tokens.clone();
            change(&mut tokens);
            of(&written(&tokens, &between))
        };
        prop_assert_ne!(before, with(&|tokens| { tokens.remove(at); }));
        prop_assert_ne!(before, with(&|tokens| tokens.insert(at, new.clone())));
        if tokens[at] != new {
            prop_assert_ne!(before, with(&|tokens| tokens[at] = new.clone()));
        }
        if at > 0 && tokens[at] != tokens[at - 1] {
            prop_assert_ne!(before, with(&|tokens| tokens.swap(at, at - 1)));
        }
    }

    #[test]
    fn the_line_ending_never_counts(text in "[^\r]{0,200}") {
        prop_assert_eq!(of(&text), of(&text.replace('\n', "\r\n")));
    }

    #[test]
    fn any_text_has_a_checksum(text in any::<String>(), sql in "[-'\"$/*\\\\;:{}a-z\n\r ]{0,60}") {
        prop_assert_eq!(of(&text).to_string().len(), 67);
        prop_assert_eq!(of(&sql).to_string().len(), 67);
    }
}
