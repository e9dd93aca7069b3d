//! What is in a folder beside migrations, and what is made of it.

use crate::tree::Tree;

#[test]
fn a_down_script_belongs_to_the_migration_with_its_version_and_name() {
    let tree = Tree::new(&[
        ("public/001_a.sql", "SELECT 1;"),
        ("public/1_a.down.sql", "SELECT 1;"),
        ("public/002_b.sql", "SELECT 1;"),
        ("public/002_c.down.sql", "SELECT 1;"),
        ("public/003-d.sql", "SELECT 1;"),
        ("public/003_d.down.sql", "SELECT 1;"),
        ("public/004_e.sql", "SELECT 1;"),
        ("public/004_e.down.sql", "SELECT 1;"),
        ("public/0004_e.down.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/public/002_c.down.sql: a down script without its migration",
        // Not 003_d.down.sql, whose migration is there under a wrong name.
        "migrations/public/003-d.sql: this is not the name of a migration",
        "migrations/public/004_e.down.sql: a second down script of the same migration",
    ];
    assert_eq!(tree.titles(), expected);
    let loaded = tree.load();
    let help = "if it belongs to `002_b.sql`, rename it to `002_b.down.sql`";
    assert_eq!(loaded.problems[0].help, [help]);
    let down = loaded.folder.public[0].down.as_ref();
    assert_eq!(
        down.map(|down| down.path.as_str()),
        Some("public/1_a.down.sql")
    );
}

#[test]
fn versions_are_numbers_however_many_zeros_they_have() {
    let tree = Tree::new(&[
        ("1_a.sql", "SELECT 1;"),
        ("001_b.sql", "SELECT 1;"),
        ("9_c.sql", "SELECT 1;"),
        ("10_d.sql", "SELECT 1;"),
        ("99999999999999999999999999_e.sql", "SELECT 1;"),
    ]);
    assert_eq!(
        tree.titles(),
        ["migrations/001_b.sql: version 1 is taken twice"]
    );
    let loaded = tree.load();
    let names: Vec<&str> = loaded
        .folder
        .public
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
}

#[test]
fn names_that_would_be_one_in_rust_are_taken_twice_but_only_in_one_scope() {
    let tree = Tree::new(&[
        ("public/001_add_users.sql", "SELECT 1;"),
        ("public/002_addUsers.sql", "SELECT 1;"),
        ("tenant/001_add_users.sql", "SELECT 1;"),
    ]);
    let expected = ["migrations/public/002_addUsers.sql: the name `addUsers` is taken twice"];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_folder_is_never_passed_over() {
    let tree = Tree::new(&[
        ("public/001_a.sql", "SELECT 1;"),
        ("public/old/000_z.sql", "SELECT 1;"),
        ("Tenant/001_a.sql", "SELECT 1;"),
        (".git/HEAD", "ref: x"),
        ("pgmig.loc", ""),
    ]);
    let loaded = tree.load();
    let told: Vec<String> = loaded
        .problems
        .iter()
        .map(|problem| format!("{problem} ({})", problem.help.join("; ")))
        .collect();
    let expected = [
        "migrations/Tenant: unknown folder (did you mean `tenant`?)",
        "migrations/pgmig.loc: this file is outside the folders that are applied (did you mean `pgmig.lock`?)",
        "migrations/public/old: folder inside a scope (move its files up, or move it out of the folder)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_folder_may_be_empty_or_a_file() {
    assert_eq!(Tree::new(&[]).titles(), [""; 0]);
    let tree = Tree::new(&[("001_a.sql", "SELECT 1;")]);
    let loaded = pgmig_core::load(&tree.root().join("001_a.sql"), "migrations/001_a.sql");
    let titles: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        titles,
        ["migrations/001_a.sql: this is a file, not a folder"]
    );
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_link_is_what_it_leads_to() {
        let tree = Tree::new(&[("public/001_a.sql", "SELECT 1;")]);
        let elsewhere = tree.above().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("001_t.sql"), "SELECT 1;").unwrap();
        symlink(&elsewhere, tree.root().join("tenant")).unwrap();
        symlink("001_a.sql", tree.root().join("public/002_b.sql")).unwrap();
        symlink("nowhere", tree.root().join("public/003_c.sql")).unwrap();
        symlink("004_d.sql", tree.root().join("public/004_d.sql")).unwrap();
        let expected = [
            "migrations/public/003_c.sql: symbolic link that leads nowhere",
            "migrations/public/004_d.sql: symbolic link that leads nowhere",
        ];
        assert_eq!(tree.titles(), expected);
        assert_eq!(tree.load().folder.public.len(), 2);
        assert_eq!(tree.load().folder.tenant.len(), 1);
    }

    #[test]
    fn what_is_neither_file_nor_folder_is_not_opened() {
        let tree = Tree::new(&[("public/001_a.sql", "SELECT 1;")]);
        let socket = tree.root().join("public/002_b.sql");
        let _listener = UnixListener::bind(&socket).unwrap();
        let expected = ["migrations/public/002_b.sql: neither a file nor a folder"];
        assert_eq!(tree.titles(), expected);
    }

    #[test]
    fn a_name_that_is_not_utf8_is_shown_as_well_as_it_can_be() {
        let tree = Tree::new(&[("public/001_a.sql", "SELECT 1;")]);
        let name = OsStr::from_bytes(b"002_\xff.sql");
        // Some file systems take no such name.
        if std::fs::write(tree.root().join("public").join(name), "SELECT 1;").is_ok() {
            let expected =
                ["migrations/public/002_\u{fffd}.sql: the file's name is not valid UTF-8"];
            assert_eq!(tree.titles(), expected);
        }
    }

    #[test]
    fn what_may_not_be_read_is_told() {
        let tree = Tree::new(&[
            ("public/001_a.sql", "SELECT 1;"),
            ("tenant/001_a.sql", "SELECT 1;"),
            ("pgmig.lock", ""),
        ]);
        for path in ["public/001_a.sql", "tenant", "pgmig.lock"] {
            let none = std::fs::Permissions::from_mode(0o000);
            std::fs::set_permissions(tree.root().join(path), none).unwrap();
        }
        let is_root = std::fs::read_dir(tree.root().join("tenant")).is_ok();
        let expected = [
            "migrations/pgmig.lock: the lock file cannot be read",
            "migrations/public/001_a.sql: the file cannot be read",
            "migrations/tenant: the folder cannot be read",
        ];
        // Root may read everything.
        if !is_root {
            assert_eq!(tree.titles(), expected);
        }
        let all = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(tree.root().join("tenant"), all).unwrap();
    }
}
