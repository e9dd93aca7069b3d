//! `cargo pgmig init`.

use super::project::Project;

#[test]
fn init_makes_folders_lock_file_build_script_and_a_first_migration() {
    let project = Project::new();
    assert_eq!(
        project.done("init"),
        "     Created migrations/public/001_create_tenants.sql
     Created migrations/public/001_create_tenants.down.sql
     Created migrations/tenant/.gitkeep
     Created migrations/pgmig.lock
     Created build.rs

Next, in your code:
  static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
  pgmig::Migrator::new(&MIGRATIONS).setup(&pool).await?;
and once the first migration is as you want it:
  cargo pgmig lock
"
    );
    assert_eq!(
        project.files(),
        [
            "build.rs",
            "migrations/pgmig.lock",
            "migrations/public/001_create_tenants.down.sql",
            "migrations/public/001_create_tenants.sql",
            "migrations/tenant/.gitkeep",
        ]
    );
    let build = project.read("build.rs");
    assert!(
        build.contains("cargo::rerun-if-changed=migrations"),
        "{build}"
    );
}

#[test]
fn what_init_makes_is_in_order_once_it_is_locked() {
    let project = Project::new();
    project.done("init");
    project.done("lock");
    assert_eq!(
        project.done("check"),
        "     Checked 1 migration (1 public, 0 tenant)\n"
    );
}

#[test]
fn a_second_init_changes_nothing() {
    let project = Project::new();
    project.done("init");
    let before: Vec<_> = project.files().iter().map(|f| project.read(f)).collect();
    let said = project.done("init");
    assert!(said.starts_with("   Unchanged nothing to do\n"), "{said}");
    let after: Vec<_> = project.files().iter().map(|f| project.read(f)).collect();
    assert_eq!(before, after);
}

#[test]
fn migrations_and_a_build_script_that_are_there_stay_as_they_are() {
    let project = Project::new();
    project.write("migrations/public/7_users.sql", "CREATE TABLE users ();");
    project.write("build.rs", "fn main() {}\n");
    let said = project.done("init");
    assert!(
        said.starts_with(
            "     Created migrations/pgmig.lock\n        Note add to the `main` of build.rs"
        ),
        "{said}"
    );
    assert_eq!(project.read("build.rs"), "fn main() {}\n");
    assert_eq!(
        project.files(),
        [
            "build.rs",
            "migrations/pgmig.lock",
            "migrations/public/7_users.sql"
        ]
    );
}

#[test]
fn another_folder_is_named_in_the_build_script_and_in_what_comes_next() {
    let project = Project::new();
    let said = project.done("init --path db/migrations");
    assert!(
        said.contains("pgmig::embed_migrations!(\"db/migrations\");"),
        "{said}"
    );
    let build = project.read("build.rs");
    assert!(
        build.contains("cargo::rerun-if-changed=db/migrations"),
        "{build}"
    );
}
