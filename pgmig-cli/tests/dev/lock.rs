//! `cargo pgmig lock`.

use super::project::Project;

fn two_migrations() -> Project {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int);",
    );
    project.write(
        "migrations/tenant/001_notes.sql",
        "CREATE TABLE notes (id int);",
    );
    project
}

#[test]
fn lock_makes_every_draft_final_and_says_which() {
    let project = two_migrations();
    assert_eq!(
        project.done("lock"),
        "     Written migrations/pgmig.lock
        Note locks public 1 users
        Note locks tenant 1 notes\n"
    );
    assert_eq!(
        project.done("check"),
        "     Checked 2 migrations (1 public, 1 tenant)\n"
    );
    assert_eq!(project.done("lock"), "   Unchanged nothing to do\n");
}

#[test]
fn an_edited_migration_is_locked_only_by_name() {
    let project = two_migrations();
    project.done("lock");
    let before = project.read("migrations/pgmig.lock");
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id bigint);",
    );
    let said = project.run("lock");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(
        said.err.starts_with(
            "error: migrations/public/001_users.sql: locked migration `users` was edited [edited-migration]\n"
        ),
        "{}",
        said.err
    );
    assert_eq!(project.read("migrations/pgmig.lock"), before);
    assert_eq!(
        project.done("lock --accept users"),
        "     Written migrations/pgmig.lock
        Note public 1 users is locked as it is now\n"
    );
    assert_eq!(project.run("check").code, 0);
}

#[test]
fn a_name_that_no_migration_has_is_an_error_with_the_nearest() {
    let project = two_migrations();
    project.done("lock");
    let said = project.run("lock --accept user");
    assert_eq!(said.code, 2);
    assert_eq!(
        said.err,
        "error: no migration is called `user`; did you mean `users`?\n"
    );
}

#[test]
fn other_line_endings_and_a_licence_header_change_nothing() {
    let project = two_migrations();
    project.done("lock");
    for file in [
        "migrations/public/001_users.sql",
        "migrations/tenant/001_notes.sql",
    ] {
        let text = project.read(file).replace(' ', "\r\n\t");
        project.write(file, &format!("\u{feff}-- Copyright: us\r\n{text}"));
    }
    assert_eq!(project.run("check").code, 0);
    assert_eq!(project.done("lock"), "   Unchanged nothing to do\n");
}
