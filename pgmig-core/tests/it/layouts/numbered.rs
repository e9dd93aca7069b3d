//! sqlx, and golang-migrate with those that name files alike.

use crate::tree::{Tree, migrations, statements};
use pgmig_core::Layout;

#[test]
fn up_and_down_files_are_paired_by_version() {
    let tree = Tree::new(&[
        ("10_c.up.sql", "SELECT 1;"),
        ("9_b.up.sql", "SELECT 1;"),
        ("9_renamed.down.sql", "SELECT 1;"),
        ("0001_a.up.sql", "SELECT 1;"),
        ("0001_a.down.sql", "-- nothing to take back\n"),
        ("embed.go", "package migrations"),
        ("README.md", "words"),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 a", "public 9 b +down", "public 10 c"]
    );
    assert_eq!(tree.load().folder.files.len(), 5);
}

#[test]
fn a_statement_that_refuses_a_transaction_needs_no_word_in_a_folder_that_is_sent_bare() {
    let tree = Tree::new(&[
        (
            "1_a.up.sql",
            "CREATE INDEX CONCURRENTLY i ON pg_class (oid);",
        ),
        ("1_a.down.sql", "DROP INDEX CONCURRENTLY i;"),
        ("2_b.up.sql", ""),
        (
            "3_c.up.sql",
            "BEGIN;\nSELECT 1;\nCOMMIT;\nstart transaction; SELECT 2; END;",
        ),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 a -tx +down", "public 2 b", "public 3 c"]
    );
    let loaded = tree.load();
    assert_eq!(
        statements(&loaded.folder.public[2].up),
        ["SELECT 1", "SELECT 2"]
    );
    assert!(!loaded.folder.public[0].down.as_ref().unwrap().transactional);
}

#[test]
fn sqlx_has_either_form_and_takes_any_name() {
    let tree = Tree::new(&[
        (
            "1_a simple-one.sql",
            "-- no-transaction: for CONCURRENTLY\nSELECT 1;",
        ),
        ("2_b.up.sql", "SELECT 1;"),
        ("2_b.down.sql", "SELECT 1;"),
        ("3_b.sql", "\u{feff}-- no-transaction\nSELECT 1;"),
    ]);
    let loaded = tree.load_as(Layout::Sqlx);
    assert_eq!(
        migrations(&loaded),
        [
            "public 1 a_simple-one -tx",
            "public 2 b +down",
            "public 3 b -tx"
        ]
    );
}

#[test]
fn what_the_tools_pass_over_is_an_error() {
    let tree = Tree::new(&[
        ("1_a.up.sql", "SELECT 1;"),
        ("1_b.up.sql", "SELECT 1;"),
        ("2_c.down.sql", "SELECT 1;"),
        ("x_d.up.sql", "SELECT 1;"),
        ("1_a.down.sql", "SELECT 1;"),
        ("01_a.down.sql", "SELECT 1;"),
        ("nested/3_e.up.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/1_a.down.sql: a second down script of the same migration",
        "migrations/1_b.up.sql: version 1 is taken twice",
        "migrations/2_c.down.sql: a down script without its migration",
        "migrations/nested: not a migration in the layout `golang-migrate`",
        "migrations/x_d.up.sql: not a migration in the layout `golang-migrate`",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_folder_of_simple_migrations_needs_no_name() {
    let tree = Tree::new(&[
        ("20220421174016_larger-commands.sql", "SELECT 1;"),
        (
            "20230408234928_add_get_jobs_fn_.sql",
            "-- no-transaction\nSELECT 1;",
        ),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 20220421174016 larger-commands",
            "public 20230408234928 add_get_jobs_fn_ -tx"
        ]
    );
}
