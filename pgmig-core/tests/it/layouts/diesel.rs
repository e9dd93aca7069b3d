//! diesel.

use crate::tree::Tree;

#[test]
fn folders_are_migrations_in_the_order_of_their_text() {
    let tree = Tree::new(&[
        ("00000000000000_diesel_initial_setup/up.sql", "SELECT 1;"),
        ("00000000000000_diesel_initial_setup/down.sql", "SELECT 1;"),
        ("2026-01-20-162913_oauth/up.sql", "SELECT 1;"),
        ("2025-12-29-110242-0000_queue/up.sql", "SELECT 1;"),
        ("20170102131034_dumped/up.sql", "SELECT 1;"),
        ("2017-11-12-195324_lower/up.sql", "SELECT 1;"),
        (
            "2017-11-12-195324_lower/down.sql",
            "-- This file should undo anything in `up.sql`\n",
        ),
        ("README.md", "words"),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 0 diesel_initial_setup +down",
            "public 20170102131034 dumped",
            "public 20171112195324 lower",
            "public 20251229110242.0 queue",
            "public 20260120162913 oauth",
        ]
    );
}

#[test]
fn metadata_says_whether_there_is_a_transaction() {
    let tree = Tree::new(&[
        ("1_a/up.sql", "SELECT 1;"),
        ("1_a/metadata.toml", "run_in_transaction = false"),
        ("2_b/up.sql", "SELECT 1;"),
        ("2_b/metadata.toml", "run_in_transaction = true"),
        ("3_c/up.sql", "SELECT 1;"),
        (
            "3_c/metadata.toml",
            "# said nowhere, and diesel reads that as no\n",
        ),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 a -tx", "public 2 b", "public 3 c -tx"]
    );
    let files = tree.load().folder.files;
    assert!(files.contains(&"1_a/metadata.toml".to_owned()), "{files:?}");
}

#[test]
fn what_is_no_migration_is_an_error() {
    let tree = Tree::new(&[
        ("1_a/up.sql", "SELECT 1;"),
        ("1_a/metadata.toml", "run_in_transacton = false"),
        ("1_a/notes.sql", "SELECT 1;"),
        ("2_b/down.sql", "SELECT 1;"),
        ("x_c/up.sql", "SELECT 1;"),
        ("data.sql", "SELECT 1;"),
        ("10_d/up.sql", "SELECT 1;"),
        ("3_e/up.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/1_a/metadata.toml: `metadata.toml` that cannot be read",
        "migrations/1_a/notes.sql: not a migration in the layout `diesel`",
        "migrations/2_b: a migration's folder without `up.sql`",
        "migrations/3_e: its number and its name disagree on the order",
        "migrations/data.sql: not a migration in the layout `diesel`",
        "migrations/x_c: the folder's name has no version",
    ];
    // `10` is before `3` for diesel, and after it for pgmig.
    assert_eq!(tree.titles(), expected);
}
