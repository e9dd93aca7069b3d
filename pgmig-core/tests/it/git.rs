//! Two branches that each add a migration, in a real git repository.

use std::process::Command;
use std::time::SystemTime;

use pgmig_core::{Error, edit};

use crate::lock::locked;
use crate::tree::Tree;

/// Runs git in the tree; whether it succeeded.
fn git(tree: &Tree, arguments: &[&str]) -> bool {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(tree.above())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is needed for this test");
    output.status.success()
}

fn commit(tree: &Tree) {
    assert!(git(tree, &["add", "-A"]));
    assert!(git(tree, &["commit", "-q", "-m", "change"]));
}

/// A repository where `main` has locked `ours` and the branch `other` has locked `theirs`; then
/// `other` is merged into `main`. Whether git could merge.
fn merge(tree: &Tree, ours: &str, theirs: &str, attributes: &str) -> bool {
    std::fs::write(tree.above().join(".gitattributes"), attributes).unwrap();
    assert!(git(tree, &["init", "-q"]));
    commit(tree);
    assert!(git(tree, &["checkout", "-q", "-b", "other"]));
    tree.write(theirs, "CREATE TABLE theirs (id int);");
    tree.lock(&[]);
    commit(tree);
    assert!(git(tree, &["checkout", "-q", "main"]));
    tree.write(ours, "CREATE TABLE ours (id int);");
    tree.lock(&[]);
    commit(tree);
    git(tree, &["merge", "-q", "other"])
}

const UNION: &str = "pgmig.lock merge=union\n";

/// Two migrations of two branches whose versions do not clash.
const APART: [(&str, &str); 4] = [
    ("public/004_ours.sql", "public/005_theirs.sql"),
    ("public/005_ours.sql", "public/004_theirs.sql"),
    ("public/004_ours.sql", "tenant/003_theirs.sql"),
    ("tenant/003_ours.sql", "public/004_theirs.sql"),
];

#[test]
fn two_branches_that_add_migrations_conflict_whatever_the_scopes() {
    for (ours, theirs) in APART {
        let tree = locked();
        assert!(!merge(&tree, ours, theirs, ""), "{ours} {theirs}");
        assert_eq!(tree.codes(), ["lock-conflict"]);
        assert!(tree.load().drafts().is_empty(), "one mistake, one error");
        tree.lock(&[]);
        assert_eq!(tree.titles(), [""; 0]);
        assert!(tree.load().drafts().is_empty(), "both sides stay locked");
        commit(&tree);
    }
}

#[test]
fn two_branches_that_git_merges_by_keeping_all_lines_do_not_compile() {
    for (ours, theirs) in APART {
        let tree = locked();
        assert!(merge(&tree, ours, theirs, UNION), "{ours} {theirs}");
        assert_eq!(tree.codes(), ["lock-merged"], "{}", tree.read("pgmig.lock"));
        tree.lock(&[]);
        assert_eq!(tree.titles(), [""; 0]);
        assert!(tree.load().drafts().is_empty(), "both sides stay locked");
    }
}

#[test]
fn a_migration_that_now_follows_one_of_the_other_branch_is_named() {
    let tree = locked();
    assert!(!merge(
        &tree,
        "public/005_ours.sql",
        "public/004_theirs.sql",
        ""
    ));
    let plan = edit::lock(&tree.load(), &[]).unwrap();
    let expected = "public 5 ours now comes after 4 theirs, of another branch: a database that has \
                    it already gets the other one late; `cargo pgmig renumber` can move either";
    assert_eq!(plan.notes, [expected]);

    let tree = locked();
    assert!(!merge(
        &tree,
        "public/004_ours.sql",
        "tenant/003_theirs.sql",
        ""
    ));
    assert_eq!(edit::lock(&tree.load(), &[]).unwrap().notes, [""; 0]);
}

#[test]
fn two_branches_with_the_same_version_are_renumbered_and_locked() {
    for attributes in ["", UNION] {
        let tree = locked();
        let merged = merge(
            &tree,
            "public/004_ours.sql",
            "public/004_theirs.sql",
            attributes,
        );
        assert_eq!(merged, !attributes.is_empty());
        let lock = if merged {
            "lock-merged"
        } else {
            "lock-conflict"
        };
        assert_eq!(tree.codes(), [lock, "duplicate-version"]);

        let refused = edit::lock(&tree.load(), &[]);
        assert!(matches!(&refused, Err(Error::Problems(p)) if p[0].code == "duplicate-version"));
        let refused = edit::renumber(&tree.load(), &[], SystemTime::now()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "version 4 of public is locked twice: the one that is applied nowhere yet gets the next \
             version, `cargo pgmig renumber ours` or `cargo pgmig renumber theirs`"
        );

        let named = ["theirs".to_owned()];
        edit::renumber(&tree.load(), &named, SystemTime::now())
            .unwrap()
            .apply()
            .unwrap();
        assert_eq!(
            tree.titles(),
            [""; 0],
            "the conflict is resolved by the way"
        );
        assert_eq!(tree.load().drafts().len(), 1);
        assert_eq!(tree.lock(&[]).notes, ["locks public 5 theirs"]);
        assert_eq!(tree.titles(), [""; 0]);
        assert!(tree.load().drafts().is_empty());
        commit(&tree);
    }
}
