//! What the lock file makes of baselines.

use pgmig_core::{Error, Scope, edit};

use crate::lock::locked;
use crate::tree::Tree;

const BASELINE: &str = "-- Made by cargo pgmig baseline.\n\
    CREATE TABLE public.users (id uuid, email text);\n\
    CREATE INDEX users_email_idx ON public.users (email);\n";

/// The folder of [`locked`] with a baseline of `public`.
fn with_baseline() -> Tree {
    let tree = locked();
    make(&tree, Scope::Public, BASELINE);
    assert_eq!(tree.titles(), [""; 0]);
    tree
}

fn make(tree: &Tree, scope: Scope, text: &str) {
    let plan = edit::baseline(&tree.load(), scope, text).unwrap();
    plan.apply().unwrap();
}

#[test]
fn a_baseline_goes_up_to_the_newest_locked_migration_and_travels_with_the_binary() {
    let tree = with_baseline();
    tree.write("public/004_draft.sql", "CREATE TABLE drafts ();");
    let folder = tree.load().folder;
    assert_eq!(tree.titles(), [""; 0]);
    let [baseline] = folder.baselines.as_slice() else {
        panic!("{:?}", folder.baselines);
    };
    assert_eq!(baseline.scope, Scope::Public);
    assert_eq!(baseline.version.as_str(), "3");
    assert_eq!(baseline.head, folder.public[2].head);
    assert_eq!(baseline.script.statements.len(), 2);
    assert!(folder.files.contains(&"baseline/public.sql".to_owned()));
    let line = tree.read("pgmig.lock");
    let line = line.lines().find(|line| line.starts_with("baseline"));
    assert!(line.unwrap().starts_with("baseline public 3 "), "{line:?}");
}

#[test]
fn each_scope_has_its_own_and_making_one_anew_leaves_the_other() {
    let tree = with_baseline();
    make(
        &tree,
        Scope::Tenant,
        "CREATE TABLE ${schema}.orders (id uuid, total bigint);",
    );
    make(&tree, Scope::Public, &format!("{BASELINE}SELECT 1;"));
    assert_eq!(tree.titles(), [""; 0]);
    let scopes: Vec<_> = tree
        .load()
        .folder
        .baselines
        .iter()
        .map(|b| b.scope)
        .collect();
    assert_eq!(scopes, [Scope::Public, Scope::Tenant]);
}

#[test]
fn a_new_migration_and_a_merge_of_two_branches_leave_the_baseline_as_it_is() {
    let tree = with_baseline();
    tree.write("public/004_more.sql", "CREATE TABLE more ();");
    tree.lock(&[]);
    assert_eq!(tree.titles(), [""; 0]);
    let ours = tree.read("pgmig.lock");
    tree.write("tenant/003_theirs.sql", "CREATE TABLE theirs ();");
    tree.lock(&[]);
    let theirs = tree.read("pgmig.lock");
    tree.write("pgmig.lock", &format!("{ours}{theirs}"));
    assert!(!tree.codes().is_empty());
    tree.lock(&[]);
    assert_eq!(tree.titles(), [""; 0]);
    assert_eq!(tree.load().folder.baselines[0].version.as_str(), "3");
}

#[test]
fn white_space_and_comments_of_a_baseline_may_change_and_nothing_else() {
    let tree = with_baseline();
    tree.write("baseline/public.sql", &format!("\n-- mine\n{BASELINE}"));
    assert_eq!(tree.titles(), [""; 0]);
    tree.write("baseline/public.sql", &BASELINE.replace("uuid", "int"));
    assert_eq!(
        tree.rendered(),
        ["\
migrations/baseline/public.sql: the baseline of public was edited [edited-baseline]
 |
 = note: migrations/pgmig.lock has the checksum v1:f69c0afd9eb6, the file has v1:c7086d3ad683
 = note: a schema made from it would not be what the migrations make
 = help: bring it back: `git restore migrations/baseline/public.sql`, with `--source COMMIT` if this is committed
 = help: or make it anew: `cargo pgmig baseline`"]
    );
    make(&tree, Scope::Public, &BASELINE.replace("uuid", "int"));
    assert_eq!(tree.titles(), [""; 0]);
}

#[test]
fn a_migration_that_was_accepted_otherwise_makes_the_baseline_stale() {
    let tree = with_baseline();
    tree.write(
        "public/002_add_email.sql",
        "ALTER TABLE users ADD COLUMN email citext;",
    );
    assert_eq!(tree.codes(), ["edited-migration"]);
    tree.lock(&["add_email"]);
    assert_eq!(tree.codes(), ["stale-baseline"]);
    // Nor can a lock file be made of it that passes.
    tree.lock(&[]);
    assert_eq!(tree.codes(), ["stale-baseline"]);
    make(&tree, Scope::Public, BASELINE);
    assert_eq!(tree.titles(), [""; 0]);
}

#[test]
fn a_migration_that_comes_in_before_makes_the_baseline_stale() {
    let tree = with_baseline();
    tree.write("pgmig.toml", "out-of-order = true");
    tree.rename("public/003_add_index.sql", "public/005_add_index.sql");
    tree.lock(&["add_index"]);
    make(&tree, Scope::Public, BASELINE);
    assert_eq!(tree.titles(), [""; 0]);
    tree.write("public/004_late.sql", "CREATE TABLE late ();");
    assert_eq!(tree.codes(), ["stale-baseline"]);
    assert!(tree.rendered()[0].contains("`migrations/public/004_late.sql` is not in it"));
    let refused = edit::baseline(&tree.load(), Scope::Public, BASELINE);
    assert!(matches!(refused, Err(Error::DraftBefore { .. })));
    tree.lock(&[]);
    assert_eq!(tree.codes(), ["stale-baseline"]);
    make(&tree, Scope::Public, BASELINE);
    assert_eq!(tree.titles(), [""; 0]);
}

#[test]
fn a_baseline_that_is_gone_is_an_error_until_the_lock_file_forgets_it() {
    let tree = with_baseline();
    tree.remove("baseline/public.sql");
    assert_eq!(tree.codes(), ["removed-baseline"]);
    let plan = tree.lock(&[]);
    assert_eq!(plan.notes, ["the baseline of public is no longer locked"]);
    assert_eq!(tree.titles(), [""; 0]);
    assert!(!tree.read("pgmig.lock").contains("baseline"));
}

#[test]
fn a_baseline_that_nobody_locked_is_an_error_and_lock_does_not_lock_it() {
    let tree = locked();
    tree.write("baseline/public.sql", BASELINE);
    assert_eq!(tree.codes(), ["unlocked-baseline"]);
    tree.lock(&[]);
    assert_eq!(tree.codes(), ["unlocked-baseline"]);
}

#[test]
fn a_line_of_a_baseline_that_was_changed_by_hand_is_told() {
    let tree = with_baseline();
    let lock = tree.read("pgmig.lock");
    tree.write(
        "pgmig.lock",
        &lock.replace("baseline public 3", "baseline public 2"),
    );
    assert_eq!(tree.codes(), ["lock-edited"]);
    let without: Vec<&str> = lock
        .lines()
        .filter(|line| !line.starts_with("baseline"))
        .collect();
    tree.write("pgmig.lock", &without.join("\n"));
    assert_eq!(tree.codes(), ["lock-edited"]);
}

#[test]
fn nothing_locked_and_a_folder_with_a_mistake_have_no_baseline() {
    let tree = Tree::new(&[("001_a.sql", "CREATE TABLE a ();")]);
    let refused = edit::baseline(&tree.load(), Scope::Public, BASELINE);
    assert!(matches!(refused, Err(Error::NothingLocked { .. })));
    let tree = locked();
    tree.write("public/002_add_email.sql", "SELECT 1;");
    let refused = edit::baseline(&tree.load(), Scope::Public, BASELINE);
    assert!(matches!(refused, Err(Error::Problems(_))));
}

#[test]
fn a_baseline_stands_beside_any_layout() {
    for (file, text) in [
        ("001_users.sql", "CREATE TABLE users ();"),
        ("V1__users.sql", "CREATE TABLE users ();"),
        ("1_users.up.sql", "CREATE TABLE users ();"),
        ("2026-01-31-120000_users/up.sql", "CREATE TABLE users ();"),
        ("001_users.sql", "-- +goose Up\nCREATE TABLE users ();"),
    ] {
        let tree = Tree::new(&[(file, text)]);
        tree.lock(&[]);
        make(&tree, Scope::Public, "CREATE TABLE users ();");
        assert_eq!(tree.titles(), [""; 0], "{file}");
        assert_eq!(tree.load().folder.baselines.len(), 1, "{file}");
    }
}

#[test]
fn other_files_among_baselines_are_strays() {
    let tree = with_baseline();
    tree.write("baseline/README.md", "What this is");
    assert_eq!(tree.titles(), [""; 0]);
    tree.write("baseline/drizzle.sql", "SELECT 1;");
    assert_eq!(tree.codes(), ["stray-file"]);
}
