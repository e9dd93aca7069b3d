//! What `load` makes of folders on disk.

use pgmig_core::{Layout, load, load_with};

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
        "migrations/public/001-create-users.sql: this is not the name of a migration",
        "migrations/public/002_a.sql:1:1: the file is empty",
        "migrations/public/003_b.sql:1:1: the file has comments, but no statement",
        "migrations/public/004_d.sql: version 4 is taken twice",
        "migrations/public/005_c.sql: the name `c` is taken twice",
        "migrations/public/006_gone.down.sql: a down script without its migration",
        "migrations/public/007_e.sql:1:11: unknown directive `no-transation`",
        "migrations/public/008_f.sql:1:9: NUL byte in the file",
        "migrations/stray.sql: this file is outside the folders that are applied",
        "migrations/tenant/001_latin.sql:1:9: the file is not UTF-8",
        "migrations/tenant/notes.txt: this is not the name of a migration",
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
migrations/001_a.sql:2:12: unknown directive `no-transation` [unknown-directive]
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
migration: there is no such folder [missing-folder]
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

#[test]
fn the_settings_name_the_folder_of_the_tenant_scope_and_the_layout() {
    let tree = Tree::new(&[
        (
            "pgmig.toml",
            "tenant = \"../tenants/./\"\nlayout = \"sqlx\"\n",
        ),
        ("1_a.sql", "SELECT 1;"),
        ("../tenants/1_b.sql", "CREATE TABLE ${schema}.b ();"),
        ("../tenants/2_c.sql", "CREATE TABLE b ();"),
    ]);
    let none = pgmig_core::Options::default();
    let macros = pgmig_core::Options {
        layout: Some(Layout::Sqlx),
        tenant: Some(pgmig_core::TenantFolder {
            root: tree.above().join("tenants"),
            shown: "tenants".to_owned(),
        }),
    };
    for options in [none, macros] {
        let loaded = load_with(&tree.root(), "migrations", &options);
        let layouts: Vec<_> = loaded.folder.migrations().map(|one| one.layout).collect();
        assert_eq!(layouts, [Layout::Sqlx; 3]);
        let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["tenants/2_c.sql:1:14: table `b` exists already"]);
    }
    let elsewhere = load(&tree.root(), "shop/migrations");
    assert_eq!(elsewhere.problems[0].path, "shop/tenants/2_c.sql");
}

#[test]
fn settings_that_say_something_else_than_the_macro_are_an_error() {
    let tree = Tree::new(&[
        ("pgmig.toml", "layout = \"sqlx\"\ntenant = \"../tenants\"\n"),
        ("1_a.sql", "SELECT 1;"),
        ("../tenants/1_b.sql", "SELECT 1;"),
        ("../others/1_b.sql", "SELECT 1;"),
    ]);
    let options = pgmig_core::Options {
        layout: Some(Layout::Pgmig),
        tenant: Some(pgmig_core::TenantFolder {
            root: tree.above().join("others"),
            shown: "others".to_owned(),
        }),
    };
    let loaded = load_with(&tree.root(), "migrations", &options);
    let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "migrations/pgmig.toml:1:10: `layout` is `sqlx` here, and `pgmig` in `embed_migrations!`",
            "migrations/pgmig.toml:2:10: `tenant` is `tenants` here, and `others` in `embed_migrations!`",
        ]
    );
    tree.write("pgmig.toml", "tenant = \"/srv/tenants\"");
    assert_eq!(
        tree.titles(),
        ["migrations/pgmig.toml:1:10: `tenant` is the path of a folder, seen from this one"]
    );
}
