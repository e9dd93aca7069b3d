//! refinery.

use crate::tree::{Tree, migrations};
use pgmig_core::Layout;

#[test]
fn versioned_and_unversioned_files_are_migrations_in_folders_too() {
    let tree = Tree::new(&[
        ("V1__initial.sql", "SELECT 1;"),
        ("later/V10__größe.sql", "SELECT 1;"),
        ("U2__late.sql", "SELECT '${not_a_placeholder}';"),
        ("mod.rs", "words"),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 initial", "public 2 late", "public 10 größe"]
    );
}

#[test]
fn a_migration_written_in_rust_is_told_what_to_do() {
    let tree = Tree::new(&[
        ("V1__initial.sql", "SELECT 1;"),
        ("V2__code.rs", "pub fn migration() -> String {}"),
        ("V3__a-b.sql", "SELECT 1;"),
        ("V1.2__dotted.sql", "SELECT 1;"),
    ]);
    let loaded = tree.load_as(Layout::Refinery);
    let titles: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    let expected = [
        "migrations/V1.2__dotted.sql: not a migration in the layout `refinery`",
        "migrations/V2__code.rs: a migration written in Rust",
        "migrations/V3__a-b.sql: not a migration in the layout `refinery`",
    ];
    assert_eq!(titles, expected);
    assert!(
        loaded.problems[1]
            .render()
            .contains("write what it returns to `V2__code.sql`")
    );
}

#[test]
fn files_that_refinery_and_flyway_read_differently_are_an_error() {
    let tree = Tree::new(&[
        ("V1__a.sql", "SELECT 1;"),
        ("U2__b.sql", "SELECT 1;"),
        ("V1.5__c.sql", "SELECT 1;"),
    ]);
    let rendered = tree.rendered();
    assert!(rendered[0].contains("refinery alone would read `U2__b.sql`"));
    assert!(rendered[0].contains("Flyway alone would read `V1.5__c.sql`"));
    let tree = Tree::new(&[("V1__a.sql", "SELECT 1;"), ("U2__b.sql", "SELECT 1;")]);
    let loaded = tree.load_as(Layout::Refinery);
    assert_eq!(migrations(&loaded), ["public 1 a", "public 2 b"]);
}
