//! Two branches that each add a migration, in a real git repository.

use std::process::Command;

use super::project::Project;

fn git(project: &Project, args: &str) -> (bool, String) {
    let mut git = Command::new("git");
    let identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"];
    git.args(identity).args(["-c", "core.autocrlf=false"]);
    git.args(args.split(' ')).current_dir(project.path());
    // Whatever the machine's own settings are.
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = git.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), out + &err)
}

fn commit(project: &Project, message: &str) {
    for args in ["add -A", &format!("commit -q -m {message}")] {
        let (done, said) = git(project, args);
        assert!(done, "git {args}: {said}");
    }
}

/// Two branches from one beginning; each adds and locks a migration. The first is merged.
fn two_branches(ours: (&str, &str), theirs: (&str, &str)) -> Project {
    let project = Project::new();
    git(&project, "init -q -b main .");
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int);",
    );
    project.write(
        "migrations/tenant/001_notes.sql",
        "CREATE TABLE notes (id int);",
    );
    project.done("lock");
    commit(&project, "begin");
    git(&project, "checkout -q -b theirs");
    project.write(theirs.0, theirs.1);
    project.done("lock");
    commit(&project, "theirs");
    git(&project, "checkout -q -b ours main");
    project.write(ours.0, ours.1);
    project.done("lock");
    commit(&project, "ours");
    project
}

#[test]
fn two_branches_that_take_the_same_version_cannot_be_merged_unseen() {
    let project = two_branches(
        (
            "migrations/public/002_plans.sql",
            "CREATE TABLE plans (id int);",
        ),
        (
            "migrations/public/002_teams.sql",
            "CREATE TABLE teams (id int);",
        ),
    );
    let (merged, said) = git(&project, "merge theirs");
    assert!(!merged);
    assert!(
        said.contains("CONFLICT (content): Merge conflict in migrations/pgmig.lock"),
        "{said}"
    );
    assert_eq!(project.run("check").code, 1);

    project.done("renumber plans");
    project.done("lock");
    assert_eq!(project.run("check").code, 0);
    let lock = project.read("migrations/pgmig.lock");
    let lines: Vec<&str> = lock
        .lines()
        .filter(|line| line.starts_with("public"))
        .collect();
    assert_eq!(lines.len(), 3, "{lock}");
    assert!(lines[1].starts_with("public 2 teams v1:"), "{lock}");
    assert!(lines[2].starts_with("public 3 plans v1:"), "{lock}");
}

#[test]
fn two_branches_that_touch_different_scopes_conflict_too() {
    let project = two_branches(
        (
            "migrations/public/002_plans.sql",
            "CREATE TABLE plans (id int);",
        ),
        (
            "migrations/tenant/002_tags.sql",
            "CREATE TABLE tags (id int);",
        ),
    );
    let (merged, said) = git(&project, "merge theirs");
    assert!(!merged, "{said}");
    let said = project.run("check");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("migrations/pgmig.lock"), "{}", said.err);

    project.done("lock");
    assert_eq!(
        project.done("check"),
        "     Checked 4 migrations (2 public, 2 tenant)\n"
    );
}

#[test]
fn a_merge_that_keeps_both_sides_does_not_pass_the_check() {
    let project = two_branches(
        (
            "migrations/public/002_plans.sql",
            "CREATE TABLE plans (id int);",
        ),
        (
            "migrations/public/003_teams.sql",
            "CREATE TABLE teams (id int);",
        ),
    );
    project.write(".gitattributes", "*.lock merge=union\n");
    let (merged, said) = git(&project, "merge theirs");
    assert!(merged, "{said}");
    let said = project.run("check");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("migrations/pgmig.lock"), "{}", said.err);
}
