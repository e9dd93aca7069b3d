//! What makes cargo build again: every edit does, a new file too with one line in `build.rs`.

use std::fs;

use crate::scratch::Scratch;

const MAIN: &str = r#"//! Prints what it carries.
pgmig::embed_migrations! { mod migrations }

fn main() {
    for migration in migrations::MIGRATIONS.public() {
        print!("{}: {}", migration.name(), migration.sql());
    }
}
"#;

const USERS: &str = "CREATE TABLE users (id uuid);\n";
const PLANS: &str = "CREATE TABLE plans (id uuid);\n";
const CARDS: &str = "CREATE TABLE cards (id uuid);\n";

/// A crate that has not been built yet, with settings and one migration, a draft.
fn scratch(package: &str) -> Scratch {
    let scratch = Scratch::new(&[package]);
    scratch.write(&format!("{package}/src/main.rs"), MAIN);
    let file = |path: &str| format!("{package}/migrations/{path}");
    scratch.write(&file("public/001_create_users.sql"), USERS);
    scratch.write(&file("pgmig.toml"), "out-of-order = false\n");
    scratch
}

/// Builds, and says whether the compiler was started; the binary prints `expected` in any case.
#[track_caller]
fn rebuilds(scratch: &Scratch, package: &str, expected: &str) -> bool {
    let built = scratch.cargo(&["build"], &[]).clean();
    assert_eq!(scratch.run("debug", package), expected);
    built.compiled.iter().any(|compiled| compiled == package)
}

#[test]
fn every_edit_is_seen_and_a_new_file_only_with_the_line_in_build_rs() {
    let package = "rebuilt";
    let scratch = scratch(package);
    let first = format!("create_users: {USERS}");
    assert!(rebuilds(&scratch, package, &first));
    assert!(!rebuilds(&scratch, package, &first));

    scratch.write("rebuilt/migrations/public/001_create_users.sql", PLANS);
    let edited = format!("create_users: {PLANS}");
    assert!(rebuilds(&scratch, package, &edited));

    scratch.write("rebuilt/migrations/pgmig.toml", "out-of-order = true\n");
    assert!(rebuilds(&scratch, package, &edited));

    scratch.write("rebuilt/migrations/public/002_create_cards.sql", CARDS);
    assert!(!rebuilds(&scratch, package, &edited));

    for line in [
        r#"println!("cargo::rerun-if-changed=migrations");"#,
        "pgmig::build::rerun_if_changed();",
        r#"pgmig::build::rerun_if_changed_in("migrations");"#,
    ] {
        new_file_is_seen_with(&scratch, line);
    }
}

fn new_file_is_seen_with(scratch: &Scratch, line: &str) {
    let third = "rebuilt/migrations/public/003_create_orders.sql";
    scratch.remove(third);
    let dependencies = if line.contains("pgmig::build") {
        "pgmig.workspace = true\n[build-dependencies]\npgmig.workspace = true\n"
    } else {
        "pgmig.workspace = true\n"
    };
    scratch.manifest("rebuilt", "2024", dependencies);
    scratch.write("rebuilt/build.rs", format!("fn main() {{ {line} }}\n"));
    let two = format!("create_users: {PLANS}create_cards: {CARDS}");
    rebuilds(scratch, "rebuilt", &two);
    assert!(!rebuilds(scratch, "rebuilt", &two), "{line}");

    scratch.write(third, USERS);
    let three = format!("{two}create_orders: {USERS}");
    assert!(rebuilds(scratch, "rebuilt", &three), "{line}");
    assert!(!rebuilds(scratch, "rebuilt", &three), "{line}");
    scratch.remove(third);
    assert!(rebuilds(scratch, "rebuilt", &two), "{line}");
}

#[test]
fn pgmig_locked_is_seen_when_it_comes_and_when_it_goes() {
    let package = "locked";
    let scratch = scratch(package);
    let expected = format!("create_users: {USERS}");
    assert!(rebuilds(&scratch, package, &expected));

    for _ in 0..2 {
        let built = scratch.cargo(&["build"], &[("PGMIG_LOCKED", "1")]);
        assert_eq!(built.errors(package).len(), 1, "{built:?}");
    }
    assert!(rebuilds(&scratch, package, &expected));
    scratch.cargo(&["build"], &[("PGMIG_LOCKED", "0")]).clean();
}

#[test]
fn an_edit_of_the_lock_file_is_seen() {
    let package = "relocked";
    let scratch = scratch(package);
    let folder = scratch.path().join("relocked/migrations");
    let plan = pgmig_core::edit::lock(&pgmig_core::load(&folder, "migrations"), &[]);
    plan.unwrap().apply().unwrap();
    let lock = fs::read_to_string(folder.join("pgmig.lock")).unwrap();
    let expected = format!("create_users: {USERS}");
    assert!(rebuilds(&scratch, package, &expected));

    scratch.write(
        "relocked/migrations/pgmig.lock",
        lock.replace("users", "plans"),
    );
    let built = scratch.cargo(&["build"], &[]);
    assert!(built.errors(package)[0].contains("the lock file was changed by hand"));

    scratch.write("relocked/migrations/pgmig.lock", lock);
    assert!(rebuilds(&scratch, package, &expected));
}

#[test]
fn a_removed_file_is_seen() {
    let package = "removed";
    let scratch = scratch(package);
    scratch.write("removed/migrations/public/002_create_plans.sql", PLANS);
    let both = format!("create_users: {USERS}create_plans: {PLANS}");
    assert!(rebuilds(&scratch, package, &both));

    scratch.remove("removed/migrations/public/002_create_plans.sql");
    let one = format!("create_users: {USERS}");
    assert!(rebuilds(&scratch, package, &one));
}
