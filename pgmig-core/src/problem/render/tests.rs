//! How problems look.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::Position;

fn at(source: &str, span: Range<usize>) -> String {
    Problem::error("a", "a.sql", "wrong")
        .at(source, span)
        .render()
}

#[test]
fn the_caret_is_under_the_letter_with_tabs_and_wide_letters() {
    let expected = "\
a.sql:2:6: wrong [a]
  |
2 |     日本 'größe' x;
  |           ^^^^^";
    // Two letters of the name are two bytes, two others are two columns wide.
    let source = "SELECT\n\t日本 'größe' x;\n";
    let start = source.find("größe").unwrap();
    assert_eq!(at(source, start..start + "größe".len()), expected);
}

#[test]
fn the_line_ending_and_the_byte_order_mark_are_not_shown() {
    let expected = "a.sql:1:1: wrong [a]\n  |\n1 | a\n  | ^";
    for source in ["\u{feff}a\r\nb", "\u{feff}a\n", "\u{feff}a"] {
        assert_eq!(at(source, 3..4), expected);
    }
}

#[test]
fn of_several_lines_the_first_is_shown() {
    let source = "SELECT (\n  1\n);";
    let expected = "a.sql:1:8: wrong [a]\n  |\n1 | SELECT (\n  |        ^";
    assert_eq!(at(source, 7..15), expected);
}

#[test]
fn the_end_of_a_file_has_a_place() {
    let expected = "a.sql:1:9: wrong [a]\n  |\n1 | SELECT 1\n  |         ^";
    assert_eq!(at("SELECT 1", 8..8), expected);
    assert_eq!(Position::of("a\n", 2), Position { line: 2, column: 1 });
}

#[test]
fn label_notes_and_help_follow() {
    let problem = Problem::error("a", "a.sql", "wrong")
        .at("SELECT 1", 0..6)
        .label("this")
        .note("why")
        .help("do this")
        .help("or that");
    let expected = "\
a.sql:1:1: wrong [a]
  |
1 | SELECT 1
  | ^^^^^^ this
  |
  = note: why
  = help: do this
  = help: or that";
    assert_eq!(problem.render(), expected);
}

proptest! {
    #[test]
    fn any_span_in_any_text_can_be_shown(
        text in "[a-zß日\u{feff}\t\r\n\u{0}\u{1b} ]{0,40}",
        start in 0usize..60,
        length in 0usize..60,
    ) {
        let rendered = at(&text, start..start + length);
        prop_assert!(rendered.starts_with("a.sql:"), "{}", rendered);
    }
}
