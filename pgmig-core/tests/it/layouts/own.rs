//! pgmig's own layout: the section `-- pgmig: down`.

use crate::tree::{Tree, statements};

#[test]
fn a_down_section_is_a_script_of_its_own_whose_positions_are_those_of_the_file() {
    let text = "\u{feff}-- pgmig: allow(session-setting)\r\nCREATE TABLE a ();\r\n\r\n--pgmig:  down\r\n\
                -- pgmig: no-transaction\r\nDROP TABLE a;";
    let tree = Tree::new(&[("001_a.sql", text)]);
    assert_eq!(tree.migrations(), ["public 1 a +down"]);
    let loaded = tree.load();
    let migration = &loaded.folder.public[0];
    let down = migration.down.as_ref().unwrap();
    assert_eq!(migration.up.text, text);
    assert_eq!(down.text, text);
    assert_eq!(statements(&migration.up), ["CREATE TABLE a ()"]);
    assert_eq!(statements(down), ["DROP TABLE a"]);
    assert_eq!(down.statements[0].line, 6);
    assert!(migration.up.transactional && !down.transactional);
    assert_eq!(&text[down.range.clone()][..9], "-- pgmig:");
    assert_eq!(loaded.folder.files, ["001_a.sql"]);
}

#[test]
fn a_down_section_is_no_part_of_the_checksum() {
    let checksum = |text: &str| Tree::new(&[("1_a.sql", text)]).load().folder.public[0].checksum;
    assert_eq!(
        checksum("SELECT 1;\n-- pgmig: down\nSELECT 2;"),
        checksum("SELECT 1;")
    );
}

#[test]
fn a_second_way_back_and_an_empty_one_are_errors() {
    let tree = Tree::new(&[
        ("1_a.sql", "SELECT 1;\n-- pgmig: down\n-- nothing\n"),
        (
            "2_b.sql",
            "SELECT 1;\n-- pgmig: down\nSELECT 2;\n-- pgmig: down\nSELECT 3;",
        ),
        ("3_c.sql", "SELECT 1;\n-- pgmig: down\nSELECT 2;"),
        ("3_c.down.sql", "SELECT 2;"),
        ("4_d.sql", "-- pgmig: down\nSELECT 2;"),
    ]);
    let expected = [
        "migrations/1_a.sql:3:1: a section without a statement",
        "migrations/2_b.sql:4:1: a second `-- pgmig: down`",
        "migrations/3_c.sql:3:1: a second down script of the same migration",
        "migrations/4_d.sql:1:1: a section without a statement",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_way_back_that_is_misnamed_hides_no_other_one_that_has_no_migration() {
    let tree = Tree::new(&[
        ("1_a.sql", "SELECT 1;"),
        ("2_b'.down.sql", "SELECT 1;"),
        ("2_b.down.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/2_b'.down.sql: this is not the name of a migration",
        "migrations/2_b.down.sql: a down script without its migration",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_file_of_goose_or_dbmate_among_pgmigs_own_is_an_error() {
    let tree = Tree::new(&[
        ("1_a.sql", "SELECT 1;"),
        (
            "2_b.sql",
            "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;",
        ),
        (
            "3_c.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;",
        ),
        (
            "4_d.sql",
            "-- migrate: up the hill, +goose or not\nSELECT 1;",
        ),
    ]);
    let expected = [
        "migrations/2_b.sql:1:1: `-- +goose Up` is goose's",
        "migrations/3_c.sql:1:1: `-- migrate:up` is dbmate's",
    ];
    assert_eq!(tree.titles(), expected);
}
