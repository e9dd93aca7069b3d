//! File names that are read, and what is suggested for those that are not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::layout::dir::is_companion;

#[test]
fn a_name_is_a_version_and_words() {
    let parsed = parse("0012_create_users_2.sql").unwrap();
    assert_eq!(parsed.version.as_str(), "12");
    assert_eq!(parsed.name, "create_users_2");
    assert_eq!(parsed.direction, Direction::Up);
    assert_eq!(parse("1_a.down.sql").unwrap().direction, Direction::Down);
    assert_eq!(parse("1_a-b_.sql").unwrap().name, "a-b_");
    for wrong in [
        "001.sql",
        "_a.sql",
        "1__a.sql",
        "1.2_a.sql",
        "1_a.up.sql",
        "1_ä.sql",
    ] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_slip_gives_the_name_that_was_meant() {
    let cases = [
        ("001-foo.sql", "001_foo.sql"),
        ("001 create users.SQL", "001_create_users.sql"),
        ("001.foo.down.sql", "001_foo.down.sql"),
        ("1__foo-bar_.sql", "1_foo_bar.sql"),
        ("1_foo.up.sql", "1_foo.sql"),
        ("V1__foo.sql", "1_foo.sql"),
        ("U1__foo.sql", "1_foo.down.sql"),
        ("foo_001.sql", "001_foo.sql"),
        ("20260131-foo.sql", "20260131_foo.sql"),
    ];
    for (written, meant) in cases {
        assert_eq!(suggestion(written).as_deref(), Some(meant), "{written}");
    }
    for none in [
        "foo.sql",
        "001.sql",
        "001_.sql",
        ".sql",
        "001_foo.sql",
        "001_foo.sql~",
        "1_foo.txt",
    ] {
        assert_eq!(suggestion(none), None, "{none}");
    }
}

#[test]
fn a_read_me_is_fine_unless_it_is_sql() {
    for fine in ["README", "README.md", "readme.de.txt", "README-public.md"] {
        assert!(is_companion(fine), "{fine}");
    }
    for not in ["README.sql", "readme_1.SQL", "notes.md", "001_readme.md"] {
        assert!(!is_companion(not), "{not}");
    }
}

proptest! {
    #[test]
    fn any_name_can_be_looked_at(any in any::<String>(), near in "[VUu]?[0-9]{0,3}[-_. ]{0,2}[a-zß]{0,3}[-_.]{0,2}[0-9]{0,2}(\\.down|\\.up)?\\.(sql|SQL|txt)~?") {
        for name in [any, near] {
            is_companion(&name);
            if let Some(meant) = suggestion(&name) {
                prop_assert!(parse(&meant).is_some(), "{name:?} {meant:?}");
                prop_assert_ne!(meant, name);
            }
        }
    }
}
