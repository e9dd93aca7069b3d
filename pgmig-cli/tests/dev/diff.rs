//! `cargo pgmig diff`, on a server that is found or brought.

use super::project::Project;

fn project() -> Project {
    let project = Project::new();
    let files = [
        ("public/001_users", "CREATE TABLE users (id int PRIMARY KEY, name text);"),
        (
            "public/002_wider",
            "ALTER TABLE users ALTER COLUMN id TYPE bigint, ADD COLUMN mail text NOT NULL DEFAULT '';
             CREATE INDEX users_mail ON users (mail);",
        ),
        ("public/003_less", "ALTER TABLE users DROP COLUMN name; CREATE TABLE notes (note text);"),
        ("tenant/001_t", "CREATE TABLE t (owner bigint REFERENCES public.users (id));"),
        ("tenant/002_owned", "ALTER TABLE t ALTER COLUMN owner SET NOT NULL;"),
    ];
    for (file, sql) in files {
        project.write(&format!("migrations/{file}.sql"), sql);
    }
    assert_eq!(project.run("lock").code, 0);
    project
}

#[test]
fn what_lies_between_two_versions_is_told_in_words_forth_and_back() {
    let project = project();
    assert_eq!(
        project.done("diff 1 2"),
        "public: from version 1 to 2
  ~ column users.id: type integer -> bigint
  + column users.mail
  + index users_mail
"
    );
    assert_eq!(
        project.done("diff 2 001"),
        "public: from version 2 to 1
  ~ column users.id: type bigint -> integer
  - column users.mail
  - index users_mail
"
    );
    assert_eq!(
        project.done("diff 2"),
        "public: from version 2 to 3\n  + table notes\n  - column users.name\n"
    );
    assert_eq!(
        project.done("diff 3 3"),
        "public: from version 3 to 3\n  nothing changes\n"
    );
    assert_eq!(
        project.done("diff 1 2 --tenant"),
        "tenant: from version 1 to 2\n  ~ column t.owner: nullability none -> not null\n"
    );
}

#[test]
fn what_is_mechanical_is_told_as_statements_that_run() {
    let project = project();
    let sql = project.done("diff 1 3 --sql");
    assert!(sql.contains("-- by hand: - column users.name\n"), "{sql}");
    assert!(sql.contains("CREATE TABLE public.notes"), "{sql}");
    assert!(
        sql.contains("CREATE INDEX users_mail ON public.users"),
        "{sql}"
    );

    let json: serde_json::Value =
        serde_json::from_str(&project.done("diff 0 1 --tenant --json")).unwrap();
    assert_eq!(json["scope"], "tenant");
    assert_eq!((&json["from"], &json["to"]), (&"0".into(), &"1".into()));
    assert_eq!(json["changes"][0]["change"], "added");
    assert_eq!(json["changes"][0]["object"], "t");
    let first = json["statements"][0].as_str().unwrap();
    assert!(first.starts_with("CREATE TABLE \"tenant\".t"), "{first}");
}

#[test]
fn a_version_that_is_not_there_is_told_with_those_that_are() {
    let said = project().run("diff 1 7");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: there is no version 7 in the public scope\n  \
             = help: its versions go from 1 to 3; 0 is before all\n"
        )
    );
}
