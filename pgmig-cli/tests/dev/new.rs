//! `cargo pgmig new`.

use super::project::Project;

#[test]
fn a_new_migration_has_the_next_number_with_as_many_zeros() {
    let project = Project::new();
    project.write("migrations/public/0009_users.sql", "CREATE TABLE users ();");
    assert_eq!(
        project.done("new add_phone"),
        "     Created migrations/public/0010_add_phone.sql\n"
    );
}

#[test]
fn a_new_migration_of_tenants_has_a_number_of_its_own() {
    let project = Project::new();
    project.done("init");
    assert_eq!(
        project.done("new --tenant --down Create-Customers"),
        "     Created migrations/tenant/001_create_customers.sql
     Created migrations/tenant/001_create_customers.down.sql\n"
    );
}

#[test]
fn where_versions_are_times_a_new_migration_has_the_time() {
    let project = Project::new();
    project.write(
        "migrations/public/20240131120000_users.sql",
        "CREATE TABLE users ();",
    );
    project.done("new add_phone");
    let file = project.files().pop().unwrap();
    let version = file
        .strip_prefix("migrations/public/")
        .and_then(|file| file.strip_suffix("_add_phone.sql"))
        .unwrap_or_else(|| panic!("{file}"));
    assert_eq!(version.len(), 14);
    assert!(version > "20240131120000");
}

#[test]
fn a_name_that_is_taken_or_none_is_refused() {
    let project = Project::new();
    project.done("init");
    let said = project.run("new create_tenants");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert_eq!(
        said.err,
        "error: the name `create_tenants` is taken: migrations/public/001_create_tenants.sql\n"
    );
    let said = project.run("new ?");
    assert_eq!(said.code, 2);
    assert_eq!(
        said.err,
        "error: `?` is no name for a migration: use letters, digits and `_`\n"
    );
}

#[test]
fn without_a_folder_there_is_nothing_to_add_to() {
    let said = Project::new().run("new add_phone");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.starts_with("error: migrations: "), "{}", said.err);
}
