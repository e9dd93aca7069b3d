//! What `load` makes of folders on disk.

use crate::tree::Tree;

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let tree = Tree::new(&[
        ("public/001-create-users.sql", "SELECT 1;"),
        ("public/002_a.sql", ""),
        ("public/003_b.sql", "-- nothing here\n"),
        ("public/004_c.sql", "SELECT 1;"),
        ("public/004_d.sql", "SELECT 1;"),
        ("public/005_c.sql", "SELECT 1;"),
        ("public/006_gone.down.sql", "SELECT 1;"),
        ("public/007_e.sql", "-- pgmig: no-transation\nSELECT 1;"),
        ("public/008_f.sql", "SELECT '\0';"),
        ("public/README.md", "hello"),
        ("public/.gitkeep", ""),
        ("tenant/notes.txt", "hello"),
        ("stray.sql", "SELECT 1;"),
        ("pubilc/001_x.sql", "SELECT 1;"),
    ]);
    tree.write_bytes("tenant/001_latin.sql", b"SELECT '\xe4';\n");
    let expected = [
        "migrations/pubilc: unknown folder",
        "migrations/public/001-create-users.sql: the file's name is no migration's",
        "migrations/public/002_a.sql:1:1: the file is empty",
        "migrations/public/003_b.sql:1:1: the file has comments, but no statement",
        "migrations/public/004_d.sql: version 4 is taken twice",
        "migrations/public/005_c.sql: the name `c` is taken twice",
        "migrations/public/006_gone.down.sql: takes back a migration that is not there",
        "migrations/public/007_e.sql:1:11: unknown directive `no-transation`",
        "migrations/public/008_f.sql:1:9: NUL byte in the file",
        "migrations/stray.sql: no migration of a scope",
        "migrations/tenant/001_latin.sql:1:9: the file is not UTF-8",
        "migrations/tenant/notes.txt: the file's name is no migration's",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_problem_shows_its_line_with_a_caret() {
    let tree = Tree::new(&[(
        "001_a.sql",
        "\u{feff}-- licence\r\n\t-- pgmig: no-transation\r\nSELECT 1;",
    )]);
    let expected = "\
migrations/001_a.sql:2:12: unknown directive `no-transation`
  |
2 |     -- pgmig: no-transation
  |               ^^^^^^^^^^^^^
  |
  = help: did you mean `no-transaction`?";
    assert_eq!(tree.rendered(), [expected]);
}

#[test]
fn a_missing_folder_is_one_problem_that_names_its_neighbour() {
    let tree = Tree::new(&[]);
    let missing = tree.above().join("migration");
    let loaded = pgmig_core::load(&missing, "migration");
    let expected = "\
migration: there is no such folder
 |
 = note: the path is relative to the folder of the crate's Cargo.toml
 = help: did you mean `migrations`, beside it?";
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].render(), expected);
}

#[test]
fn a_folder_without_public_and_tenant_is_the_public_scope() {
    let tree = Tree::new(&[
        ("002_b.sql", "SELECT 2;"),
        ("010_c.sql", "SELECT 3;"),
        ("1_a.sql", "SELECT 1;"),
        ("1_a.down.sql", "SELECT 0;"),
        ("README.md", "words"),
        (".gitignore", "*.bak"),
    ]);
    let loaded = tree.load();
    assert_eq!(tree.titles(), [""; 0]);
    let names: Vec<&str> = loaded
        .folder
        .public
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let down = loaded.folder.public[0].down.as_ref().unwrap();
    assert_eq!(down.path, "1_a.down.sql");
    assert_eq!(
        loaded.folder.files,
        ["002_b.sql", "010_c.sql", "1_a.down.sql", "1_a.sql"]
    );
}

#[test]
fn a_setting_that_is_not_known_is_an_error_at_its_key() {
    let tree = Tree::new(&[(
        "pgmig.toml",
        "# settings\nout_of-order = true\nout-of-order = 1\n",
    )]);
    let expected = [
        "migrations/pgmig.toml:2:1: unknown setting `out_of-order`",
        "migrations/pgmig.toml:3:16: `out-of-order` is `true` or `false`",
    ];
    assert_eq!(tree.titles(), expected);
    tree.write("pgmig.toml", "out-of-order = true");
    assert_eq!(tree.titles(), [""; 0]);
    assert!(tree.load().folder.out_of_order);
}
