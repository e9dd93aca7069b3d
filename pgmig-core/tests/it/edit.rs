//! `new`, `renumber` and `init`.

use std::time::{Duration, SystemTime};

use pgmig_core::edit::{self, New, Plan};
use pgmig_core::{Error, Scope, load};

use crate::lock::locked;
use crate::tree::Tree;

/// 2026-01-31 12:00:00 UTC.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)
}

fn new(tree: &Tree, scope: Scope, name: &str, down: bool) -> Result<Plan, Error> {
    let what = New {
        scope,
        name: name.to_owned(),
        down,
        now: now(),
    };
    edit::new(&tree.load(), &what)
}

fn shown(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

fn renumber(tree: &Tree, names: &[&str]) -> Vec<String> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let plan = edit::renumber(&tree.load(), &names, now()).unwrap();
    plan.apply().unwrap();
    shown(&plan)
}

#[test]
fn a_new_migration_has_the_next_number_with_as_many_zeros() {
    let tree = locked();
    let plan = new(&tree, Scope::Public, "Drop email-index", true).unwrap();
    let expected = [
        "create migrations/public/004_drop_email_index.sql",
        "create migrations/public/004_drop_email_index.down.sql",
    ];
    assert_eq!(shown(&plan), expected);
    plan.apply().unwrap();
    assert_eq!(
        tree.codes(),
        ["empty-file", "empty-file"],
        "it waits to be written"
    );
    assert!(plan.apply().is_err(), "nothing is overwritten");
}

#[test]
fn a_new_migration_in_a_folder_of_timestamps_has_the_time() {
    let tree = Tree::new(&[("20251231235959_a.sql", "SELECT 1;")]);
    let plan = new(&tree, Scope::Public, "b", false).unwrap();
    assert_eq!(shown(&plan), ["create migrations/20260131120000_b.sql"]);
    plan.apply().unwrap();
    let plan = new(&tree, Scope::Public, "c", false).unwrap();
    assert_eq!(shown(&plan), ["create migrations/20260131120001_c.sql"]);
}

#[test]
fn a_scope_that_begins_counts_as_the_other_one() {
    let tree = Tree::new(&[("public/0007_a.sql", "SELECT 1;")]);
    let plan = new(&tree, Scope::Tenant, "b", false).unwrap();
    assert_eq!(shown(&plan), ["create migrations/tenant/0001_b.sql"]);
    let tree = Tree::new(&[]);
    let plan = new(&tree, Scope::Public, "b", false).unwrap();
    assert_eq!(shown(&plan), ["create migrations/public/001_b.sql"]);
}

#[test]
fn a_new_migration_is_refused_where_it_has_no_name_or_place() {
    let tree = Tree::new(&[("001_add_users.sql", "SELECT 1;")]);
    let message = |scope, name| new(&tree, scope, name, false).unwrap_err().to_string();
    assert_eq!(
        message(Scope::Public, "AddUsers"),
        "the name `addusers` is taken: migrations/001_add_users.sql"
    );
    assert_eq!(
        message(Scope::Public, "größe"),
        "`größe` is no name for a migration: use letters, digits and `_`"
    );
    assert_eq!(
        message(Scope::Tenant, "orders"),
        "migrations holds the migrations of `public` directly: move them into migrations/public/ first"
    );
    let missing = load(&tree.above().join("nothing"), "nothing");
    let what = New {
        scope: Scope::Public,
        name: "a".to_owned(),
        down: false,
        now: now(),
    };
    assert!(matches!(
        edit::new(&missing, &what),
        Err(Error::Problems(_))
    ));
}

#[test]
fn renumber_moves_drafts_behind_what_is_locked_and_keeps_their_order() {
    let tree = locked();
    tree.write("public/002_first.sql", "SELECT 1;");
    tree.write("public/002_first.down.sql", "SELECT 1;");
    tree.write("public/003_second.sql", "SELECT 2;");
    tree.write("public/005_third.sql", "SELECT 3;");
    tree.write("public/009_fourth.sql", "SELECT 4;");
    let expected = [
        "rename migrations/public/005_third.sql to migrations/public/006_third.sql",
        "rename migrations/public/003_second.sql to migrations/public/005_second.sql",
        "rename migrations/public/002_first.sql to migrations/public/004_first.sql",
        "rename migrations/public/002_first.down.sql to migrations/public/004_first.down.sql",
    ];
    assert_eq!(renumber(&tree, &[]), expected);
    assert_eq!(tree.titles(), [""; 0]);
    assert_eq!(renumber(&tree, &[]), [""; 0]);
    assert_eq!(tree.load().drafts().len(), 4);
}

#[test]
fn renumber_leaves_what_may_be_out_of_order_and_moves_what_clashes() {
    let tree = locked();
    tree.write("pgmig.toml", "out-of-order = true");
    tree.rename("public/003_add_index.sql", "public/007_add_index.sql");
    tree.lock(&["add_index"]);
    tree.write("public/003_between.sql", "SELECT 1;");
    tree.write("public/002_clash.sql", "SELECT 1;");
    tree.write("public/008_last.sql", "SELECT 1;");
    let expected = ["rename migrations/public/002_clash.sql to migrations/public/009_clash.sql"];
    assert_eq!(renumber(&tree, &[]), expected);
    assert_eq!(tree.titles(), [""; 0]);
}

#[test]
fn renumber_takes_what_is_named_out_of_the_lock_file() {
    let tree = locked();
    let expected = [
        "rename migrations/public/002_add_email.sql to migrations/public/004_add_email.sql",
        "write migrations/pgmig.lock",
    ];
    assert_eq!(renumber(&tree, &["add_email"]), expected);
    assert_eq!(tree.titles(), [""; 0]);
    assert_eq!(tree.load().drafts().len(), 1);
    assert_eq!(
        edit::renumber(&tree.load(), &["nothing".to_owned()], now())
            .unwrap_err()
            .to_string(),
        "no migration is called `nothing`\n  = help: the name is the file's, without its version: \
         `create_users` of `001_create_users.sql`"
    );
}

#[test]
fn init_makes_what_a_crate_needs_and_leaves_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let plan = edit::init(dir.path(), "migrations", false);
    let expected = [
        "create migrations/public/001_create_tenants.sql",
        "create migrations/public/001_create_tenants.down.sql",
        "create migrations/tenant/.gitkeep",
        "create migrations/pgmig.lock",
        "create build.rs",
    ];
    assert_eq!(shown(&plan), expected);
    plan.apply().unwrap();
    let loaded = load(&dir.path().join("migrations"), "migrations");
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert_eq!(loaded.drafts().len(), 1);
    assert_eq!(edit::init(dir.path(), "migrations", false), Plan::default());

    let tree = Tree::new(&[("001_a.sql", "SELECT 1;")]);
    std::fs::write(tree.above().join("build.rs"), "fn main() {}").unwrap();
    let plan = edit::init(tree.above(), "migrations/", false);
    assert_eq!(shown(&plan), ["create migrations/pgmig.lock"]);
    assert_eq!(plan.notes.len(), 1);
    plan.apply().unwrap();
    assert_eq!(tree.files(""), ["001_a.sql", "pgmig.lock"]);
}

/// A folder, and the files that are added to it.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

#[test]
fn a_new_migration_looks_like_those_of_its_folder() {
    let cases: [Case; 9] = [
        (
            &[
                ("00009_a.up.sql", "SELECT 1;"),
                ("00009_a.down.sql", "SELECT 1;"),
            ],
            &["00010_b.up.sql", "00010_b.down.sql"],
        ),
        (&[("V9__a.sql", "SELECT 1;")], &["V10__b.sql", "U10__b.sql"]),
        (
            &[("V1.9__a.sql", "SELECT 1;")],
            &["V1.10__b.sql", "U1.10__b.sql"],
        ),
        (
            &[("V9__a.sql", "SELECT 1;"), ("U10__x.sql", "SELECT 1;")],
            &["V11__b.sql"],
        ),
        (
            &[("00009_a.sql", "-- +goose Up\nSELECT 1;")],
            &["00010_b.sql"],
        ),
        (
            &[("20251231235959_a.sql", "-- migrate:up\nSELECT 1;")],
            &["20260131120000_b.sql"],
        ),
        (
            &[("2025-12-31-235959-0000_a/up.sql", "SELECT 1;")],
            &[
                "2026-01-31-120000-0000_b/up.sql",
                "2026-01-31-120000-0000_b/down.sql",
            ],
        ),
        (
            &[("20251231235959_a/up.sql", "SELECT 1;")],
            &["20260131120000_b/up.sql", "20260131120000_b/down.sql"],
        ),
        (
            &[
                ("20251231235959_a/migration.sql", "SELECT 1;"),
                ("20251231235959_z/migration.sql", "SELECT 1;"),
                ("migration_lock.toml", "provider = \"postgresql\""),
            ],
            &[
                "20260131120000_b/migration.sql",
                "20260131120000_b/down.sql",
            ],
        ),
    ];
    for (files, expected) in cases {
        let tree = Tree::new(files);
        let plan = new(&tree, Scope::Public, "b", true).unwrap();
        let expected: Vec<String> = expected
            .iter()
            .map(|file| format!("create migrations/{file}"))
            .collect();
        assert_eq!(shown(&plan), expected);
        plan.apply().unwrap();
        let loaded = tree.load();
        assert_eq!(
            loaded.folder.public.last().unwrap().name,
            "b",
            "{expected:?}"
        );
        let strays: Vec<_> = loaded
            .problems
            .iter()
            .filter(|one| one.code != "empty-file")
            .map(ToString::to_string)
            .collect();
        assert_eq!(strays, [""; 0]);
    }
}

#[test]
fn what_drizzle_kit_writes_is_left_to_it() {
    let journal = r#"{"entries": [{"idx": 0, "when": 1, "tag": "0000_a"}]}"#;
    let tree = Tree::new(&[("meta/_journal.json", journal), ("0000_a.sql", "SELECT 1;")]);
    let error = new(&tree, Scope::Public, "b", false).unwrap_err();
    assert!(matches!(error, Error::Generated { .. }), "{error}");
}

#[test]
fn renumber_keeps_the_form_of_a_name_and_leaves_folders_alone() {
    let tree = Tree::new(&[
        ("V1__a.sql", "SELECT 1;"),
        ("V2__b.sql", "SELECT 2;"),
        ("U1__a.sql", "SELECT 3;"),
    ]);
    assert_eq!(
        renumber(&tree, &["a"]),
        [
            "rename migrations/V1__a.sql to migrations/V3__a.sql",
            "rename migrations/U1__a.sql to migrations/U3__a.sql"
        ]
    );
    let tree = Tree::new(&[
        ("1_a.up.sql", "SELECT 1;"),
        ("2_b.up.sql", "SELECT 2;"),
        ("1_a.down.sql", "SELECT 3;"),
    ]);
    assert_eq!(
        renumber(&tree, &["a"]),
        [
            "rename migrations/1_a.up.sql to migrations/3_a.up.sql",
            "rename migrations/1_a.down.sql to migrations/3_a.down.sql"
        ]
    );
    let tree = Tree::new(&[("1_a/up.sql", "SELECT 1;"), ("2_b/up.sql", "SELECT 2;")]);
    let error = edit::renumber(&tree.load(), &["a".to_owned()], now()).unwrap_err();
    assert!(matches!(error, Error::NotRenamed { .. }), "{error}");
}

#[test]
fn a_locked_migration_of_another_layout_that_moved_is_told_without_a_path_that_is_wrong() {
    let tree = Tree::new(&[
        ("2026-01-31-120000_a/up.sql", "SELECT 1;"),
        ("2026-02-01-120000_b/up.sql", "SELECT 2;"),
    ]);
    edit::lock(&tree.load(), &[]).unwrap().apply().unwrap();
    let old = tree.root().join("2026-01-31-120000_a");
    std::fs::rename(&old, tree.root().join("2026-01-31-120000_c")).unwrap();
    let rendered = tree.rendered();
    assert!(
        rendered[0].contains("= help: bring it back as version 20260131120000 `a`"),
        "{rendered:?}"
    );
    std::fs::remove_dir_all(tree.root().join("2026-01-31-120000_c")).unwrap();
    let rendered = tree.rendered();
    assert!(
        rendered[0].contains("`git restore 'migrations/*a*'`"),
        "{rendered:?}"
    );
}
