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
        "no migration is called `nothing`"
    );
}

#[test]
fn init_makes_what_a_crate_needs_and_leaves_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let plan = edit::init(dir.path(), "migrations");
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
    assert_eq!(edit::init(dir.path(), "migrations"), Plan::default());

    let tree = Tree::new(&[("001_a.sql", "SELECT 1;")]);
    std::fs::write(tree.above().join("build.rs"), "fn main() {}").unwrap();
    let plan = edit::init(tree.above(), "migrations/");
    assert_eq!(shown(&plan), ["create migrations/pgmig.lock"]);
    assert_eq!(plan.notes.len(), 1);
    plan.apply().unwrap();
    assert_eq!(tree.files(""), ["001_a.sql", "pgmig.lock"]);
}
