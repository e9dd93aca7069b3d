//! Which folder a command means.

use super::project::Project;

const SQL: &str = "CREATE TABLE users (id uuid PRIMARY KEY);\n";

#[test]
fn a_command_works_as_a_subcommand_of_cargo_and_by_its_own_name() {
    let project = Project::new();
    project.write("migrations/public/001_a.sql", SQL);
    let as_cargo_runs_it = project.run("pgmig check");
    assert_eq!(as_cargo_runs_it, project.run("check"));
    assert_eq!(as_cargo_runs_it.code, 1);
}

#[test]
fn a_command_finds_the_crate_from_a_folder_inside_it() {
    let project = Project::new();
    project.write("migrations/public/001-a.sql", SQL);
    project.write("src/lib.rs", "");
    let said = project.run_in("src", "check");
    assert!(
        said.err
            .starts_with("error: ../migrations/public/001-a.sql: "),
        "{}",
        said.err
    );
}

#[test]
fn another_folder_is_named_by_path_and_seen_from_the_crate() {
    let project = Project::new();
    project.write("crates/shop/Cargo.toml", "");
    project.write("crates/shop/db/public/001-a.sql", SQL);
    let said = project.run("check --manifest-path crates/shop/Cargo.toml --path db");
    assert!(
        said.err
            .starts_with("error: crates/shop/db/public/001-a.sql: "),
        "{}",
        said.err
    );
}

#[test]
fn a_manifest_that_is_not_there_is_an_error_that_says_what_to_give() {
    let said = Project::new().run("check --manifest-path nowhere/Cargo.toml");
    assert_eq!(said.code, 2);
    assert_eq!(
        said.err,
        "error: there is no nowhere/Cargo.toml\n  = help: give the path of the Cargo.toml of the \
         crate that embeds the migrations\n"
    );
}

#[test]
fn an_unknown_command_is_an_error_of_usage() {
    let said = Project::new().run("chekc");
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .starts_with("error: unrecognized subcommand 'chekc'\n"),
        "{}",
        said.err
    );
}

#[test]
fn the_folder_of_the_tenant_scope_is_where_the_settings_say() {
    let project = Project::new();
    project.write(
        "db/pgmig.toml",
        "tenant = \"../tenants\"\nlayout = \"sqlx\"\n",
    );
    project.write("db/1_users.sql", SQL);
    project.write(
        "tenants/1_orders.sql",
        "CREATE TABLE orders (id uuid PRIMARY KEY);\n",
    );
    project.done("lock --path db");
    assert!(project.read("db/pgmig.lock").contains("\ntenant 1 orders "));
    project.done("check --path db");
    project.done("new --path db --tenant add_total");
    let files = project.files();
    let new = files.iter().find(|file| file.contains("add_total"));
    assert!(
        new.is_some_and(|file| file.starts_with("tenants/")),
        "{files:?}"
    );
}
