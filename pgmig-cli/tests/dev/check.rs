//! `cargo pgmig check`.

use super::project::Project;

const SQL: &str = "CREATE TABLE users (id uuid PRIMARY KEY);\n";

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let project = Project::new();
    project.done("init");
    project.done("lock");
    project.write("migrations/public/001-users.sql", SQL);
    project.write("migrations/tenant/001_a.sql", "");
    let said = project.run("check");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    let err = said.err;
    assert!(
        err.contains("error: migrations/public/001-users.sql: "),
        "{err}"
    );
    assert!(
        err.contains("error: migrations/tenant/001_a.sql:1:1: "),
        "{err}"
    );
    assert!(
        err.ends_with("error: 2 problems; `cargo pgmig lint --explain stray-file` says more\n"),
        "{err}"
    );
}

#[test]
fn a_draft_is_an_error() {
    let project = Project::new();
    project.done("init");
    let said = project.run("check");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert_eq!(
        said.err,
        "\
error: migrations/public/001_create_tenants.sql: migration `create_tenants` is a draft: it is not locked [draft]
 |
 = note: a release build, or one with PGMIG_LOCKED=1, takes only migrations that are locked
 = help: `cargo pgmig lock` locks it; commit migrations/pgmig.lock with it

error: 1 problem; `cargo pgmig lint --explain draft` says more
"
    );
}

#[test]
fn for_other_tools_the_answer_is_one_json_document() {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        &format!("-- pgmig: no-transation\n{SQL}"),
    );
    let said = project.run("check --json");
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(answer["ok"], false);
    let problem = &answer["problems"][0];
    assert_eq!(problem["code"], "unknown-directive");
    assert_eq!(problem["path"], "migrations/public/001_users.sql");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&1.into(), &11.into())
    );
    assert_eq!(
        answer,
        serde_json::from_str::<serde_json::Value>(&project.run("check --format json").out).unwrap()
    );
}

#[test]
fn for_github_each_problem_is_an_annotation_at_its_place() {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        &format!("-- pgmig: no-transation\n{SQL}"),
    );
    let said = project.run("check --format github");
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    assert!(
        said.out.starts_with(
            "::error file=migrations/public/001_users.sql,line=1,col=11,title=unknown directive"
        ),
        "{}",
        said.out
    );
}

#[test]
fn a_folder_that_is_missing_is_told() {
    let said = Project::new().run("check");
    assert_eq!(said.code, 1);
    assert!(said.err.starts_with("error: migrations: "), "{}", said.err);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let project = Project::new();
    let mut check = project.command("check --json");
    let mut running = check.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(running.stdout.take());
    assert_eq!(running.wait().unwrap().code(), Some(1));
}
