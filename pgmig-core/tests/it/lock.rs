//! What the lock file makes of changes.

use pgmig_core::{Error, Loaded, edit};

use crate::tree::Tree;

/// Three locked migrations of `public`, two of tenants.
pub(crate) fn locked() -> Tree {
    let tree = Tree::new(&[
        (
            "public/001_create_users.sql",
            "CREATE TABLE users (id uuid);\n",
        ),
        (
            "public/002_add_email.sql",
            "ALTER TABLE users ADD COLUMN email text;\n",
        ),
        (
            "public/003_add_index.sql",
            "CREATE INDEX ON users (email);\n",
        ),
        (
            "tenant/001_create_orders.sql",
            "CREATE TABLE orders (id uuid);\n",
        ),
        (
            "tenant/002_add_total.sql",
            "ALTER TABLE orders ADD COLUMN total bigint;\n",
        ),
    ]);
    tree.lock(&[]);
    assert_eq!(tree.titles(), [""; 0]);
    tree
}

fn drafts(loaded: &Loaded) -> Vec<String> {
    loaded.drafts().iter().map(ToString::to_string).collect()
}

/// The one problem is `title` and has `code`; accepting `name` and nothing else solves it.
fn is_solved_by_accepting(tree: &Tree, code: &str, title: &str, name: &str) {
    assert_eq!(tree.titles(), [title]);
    assert_eq!(tree.codes(), [code]);
    let refused = edit::lock(&tree.load(), &[]);
    assert!(matches!(refused, Err(Error::Problems(problems)) if problems[0].code == code));
    tree.lock(&[name]);
    assert_eq!(tree.titles(), [""; 0]);
    assert_eq!(drafts(&tree.load()), [""; 0]);
}

#[test]
fn an_edited_migration_names_both_checksums_and_the_ways_out() {
    let tree = locked();
    tree.write(
        "public/001_create_users.sql",
        "CREATE TABLE users (id int);",
    );
    let expected = "\
migrations/public/001_create_users.sql: locked migration `create_users` was edited [edited-migration]
 |
 = note: migrations/pgmig.lock has the checksum v1:3121aafaf668, the file has v1:fc08a7fe87e3
 = note: white space, comments and line endings do not count
 = help: bring it back: `git restore migrations/public/001_create_users.sql`, with `--source COMMIT` if this is committed
 = help: change what it made in a new migration: `cargo pgmig new NAME`
 = help: if it was never applied anywhere: `cargo pgmig lock --accept create_users`";
    assert_eq!(tree.rendered(), [expected]);
    is_solved_by_accepting(
        &tree,
        "edited-migration",
        "migrations/public/001_create_users.sql: locked migration `create_users` was edited",
        "create_users",
    );
}

#[test]
fn a_removed_migration_is_an_error_at_its_line_in_the_lock_file() {
    let tree = locked();
    tree.remove("public/002_add_email.sql");
    let expected = "\
migrations/pgmig.lock:6:1: locked migration `2 add_email` of public is gone [removed-migration]
  |
6 | public 2 add_email v1:54b9382c10e5e465e1e3c0f0b0aa12d76639d148d40b19aa0d363829356ddbf9 327698463b8c94a0
  | ^^^^^^^^^^^^^^^^^^
  |
  = note: no file has this name, and none has the checksum v1:54b9382c10e5
  = help: bring it back: `git restore 'migrations/public/*2_add_email.sql'`, with `--source COMMIT` if this is committed
  = help: if it was never applied anywhere: `cargo pgmig lock --accept add_email`";
    assert_eq!(tree.rendered(), [expected]);
    is_solved_by_accepting(
        &tree,
        "removed-migration",
        "migrations/pgmig.lock:6:1: locked migration `2 add_email` of public is gone",
        "2_add_email",
    );
}

#[test]
fn a_renamed_migration_is_recognised_by_its_checksum() {
    let tree = locked();
    tree.rename("public/003_add_index.sql", "public/003_index_email.sql");
    let problem = &tree.load().problems[0];
    assert_eq!(
        problem.help[0],
        "bring it back: `git mv migrations/public/003_index_email.sql migrations/public/003_add_index.sql`"
    );
    is_solved_by_accepting(
        &tree,
        "renamed-migration",
        "migrations/public/003_index_email.sql: locked migration `3 add_index` was renamed to `3 index_email`",
        "index_email",
    );
}

#[test]
fn another_number_with_the_same_order_is_a_rename_too() {
    let tree = locked();
    tree.rename("public/003_add_index.sql", "public/004_add_index.sql");
    is_solved_by_accepting(
        &tree,
        "renamed-migration",
        "migrations/public/004_add_index.sql: locked migration `3 add_index` was renamed to `4 add_index`",
        "public/003_add_index.sql",
    );
}

#[test]
fn two_migrations_that_changed_places_are_reordered() {
    let tree = locked();
    tree.rename("public/002_add_email.sql", "public/tmp");
    tree.rename("public/003_add_index.sql", "public/002_add_index.sql");
    tree.rename("public/tmp", "public/003_add_email.sql");
    let expected = [
        "migrations/public/002_add_index.sql: locked migration `add_index` was moved from version 3 to 2",
        "migrations/public/003_add_email.sql: locked migration `add_email` was moved from version 2 to 3",
    ];
    assert_eq!(tree.titles(), expected);
    assert_eq!(tree.codes(), ["reordered-migration"; 2]);
    tree.lock(&["add_email", "add_index"]);
    assert_eq!(tree.titles(), [""; 0]);
}

#[test]
fn two_migrations_that_changed_their_texts_are_edited() {
    let tree = locked();
    let (second, third) = (
        tree.read("public/002_add_email.sql"),
        tree.read("public/003_add_index.sql"),
    );
    tree.write("public/002_add_email.sql", &third);
    tree.write("public/003_add_index.sql", &second);
    assert_eq!(tree.codes(), ["edited-migration"; 2]);
    assert_eq!(
        tree.load().problems[0].notes[1],
        "this is the text of `add_index`"
    );
}

#[test]
fn a_migration_that_went_to_the_other_scope_is_moved() {
    let tree = locked();
    tree.rename("public/003_add_index.sql", "tenant/003_add_index.sql");
    is_solved_by_accepting(
        &tree,
        "moved-migration",
        "migrations/tenant/003_add_index.sql: locked migration `add_index` was moved from public to tenant",
        "tenant/3_add_index",
    );
}

#[test]
fn a_migration_that_was_replaced_is_gone_and_its_place_is_named() {
    let tree = locked();
    tree.remove("public/003_add_index.sql");
    tree.write("public/003_other.sql", "SELECT 1;");
    assert_eq!(tree.codes(), ["removed-migration"]);
    let note = "its version has `migrations/public/003_other.sql`";
    assert_eq!(tree.load().problems[0].notes[1], note);
}

#[test]
fn a_draft_before_a_locked_migration_is_an_error_unless_the_settings_allow_it() {
    let tree = locked();
    tree.rename("public/003_add_index.sql", "public/005_add_index.sql");
    tree.lock(&["add_index"]);
    tree.write("public/004_late.sql", "SELECT 1;");
    let title =
        "migrations/public/004_late.sql: migration 4 comes before 5 `add_index`, which is locked";
    assert_eq!(tree.titles(), [title]);
    assert_eq!(tree.codes(), ["out-of-order"]);
    assert_eq!(drafts(&tree.load()), [""; 0], "it is told once");
    let refused = edit::lock(&tree.load(), &["late".to_owned()]);
    assert!(
        matches!(refused, Err(Error::NothingToAccept { .. })),
        "{refused:?}"
    );

    tree.write("pgmig.toml", "out-of-order = true");
    assert_eq!(tree.titles(), [""; 0]);
    tree.lock(&[]);
    assert_eq!(drafts(&tree.load()), [""; 0]);
}

#[test]
fn a_migration_that_is_not_locked_is_a_draft() {
    let tree = locked();
    tree.write("tenant/003_new.sql", "SELECT 1;");
    assert_eq!(tree.titles(), [""; 0]);
    let loaded = tree.load();
    let expected = "\
migrations/tenant/003_new.sql: migration `new` is a draft: it is not locked [draft]
 |
 = note: a release build, or one with PGMIG_LOCKED=1, takes only migrations that are locked
 = help: `cargo pgmig lock` locks it; commit migrations/pgmig.lock with it";
    assert_eq!(loaded.drafts()[0].render(), expected);
    assert_eq!(loaded.drafts().len(), 1);
    let locked: Vec<bool> = loaded.folder.tenant.iter().map(|m| m.locked).collect();
    assert_eq!(locked, [true, true, false]);
    assert_eq!(tree.lock(&[]).notes, ["locks tenant 3 new"]);
    assert_eq!(drafts(&tree.load()), [""; 0]);
}

#[test]
fn without_a_lock_file_everything_is_a_draft_and_that_is_told_once() {
    let tree = locked();
    tree.remove("pgmig.lock");
    assert_eq!(tree.titles(), [""; 0]);
    let expected = ["migrations/pgmig.lock: there is no lock file: every migration is a draft"];
    assert_eq!(drafts(&tree.load()), expected);
    assert_eq!(drafts(&Tree::new(&[]).load()), [""; 0]);
}

#[test]
fn what_does_not_change_a_token_changes_nothing() {
    let tree = locked();
    let licence = "\u{feff}/* Copyright */\r\n-- SPDX-License-Identifier: MIT\r\n\r\n";
    for file in [
        "public/001_create_users.sql",
        "public/002_add_email.sql",
        "tenant/002_add_total.sql",
    ] {
        let text = tree.read(file).replace(' ', "\t  ").replace('\n', "\r\n");
        tree.write(file, &format!("{licence}{text}-- the end"));
    }
    let lock = tree.read("pgmig.lock");
    tree.write("pgmig.lock", &lock.replace('\n', "\r\n"));
    assert_eq!(tree.titles(), [""; 0]);
    assert_eq!(drafts(&tree.load()), [""; 0]);
}

#[test]
fn a_file_that_cannot_be_read_is_not_also_gone() {
    let tree = locked();
    tree.write_bytes("public/001_create_users.sql", b"SELECT '\xff';");
    tree.rename("public/002_add_email.sql", "public/002-add-email.sql");
    assert_eq!(tree.codes(), ["not-utf8", "stray-file"]);
}

#[test]
fn every_letter_of_the_lock_file_that_is_changed_by_hand_is_noticed() {
    let tree = locked();
    let sound = tree.read("pgmig.lock");
    let first = sound.find("public 1").unwrap();
    for (at, old) in sound.char_indices().skip(first) {
        let new = match old {
            '\n' => ' ',
            '7' => '8',
            _ => '7',
        };
        let mut text = sound.clone();
        text.replace_range(at..at + old.len_utf8(), &new.to_string());
        tree.write("pgmig.lock", &text);
        // The end of the last line is white space.
        let last = at + 1 == sound.len();
        assert_eq!(tree.codes().is_empty(), last, "{at}: {old:?} to {new:?}");
    }
}

#[test]
fn lines_that_were_removed_swapped_or_added_by_hand_are_noticed() {
    let tree = locked();
    let sound = tree.read("pgmig.lock");
    let lines: Vec<&str> = sound.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with("public 1"))
        .unwrap();
    for at in first..lines.len() {
        let mut without = lines.clone();
        without.remove(at);
        tree.write("pgmig.lock", &without.join("\n"));
        assert_eq!(tree.codes().len(), 1, "without line {at}");

        let mut swapped = lines.clone();
        swapped.swap(at, at - 1);
        if at > first {
            tree.write("pgmig.lock", &swapped.join("\n"));
            assert_eq!(
                tree.codes().len(),
                1,
                "line {at} swapped: {:?}",
                tree.titles()
            );
        }

        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        tree.write("pgmig.lock", &twice.join("\n"));
        assert_eq!(tree.codes().len(), 1, "line {at} twice");
    }
}

#[test]
fn a_lock_file_that_was_changed_by_hand_is_taken_only_when_it_is_accepted() {
    let tree = locked();
    let sound = tree.read("pgmig.lock");
    let seal = sound.lines().last().unwrap().to_owned();
    tree.write("pgmig.lock", &sound.replace(&seal, "end 0000000000000000"));
    let expected = "\
migrations/pgmig.lock:10:1: the lock file was changed by hand [lock-edited]
   |
10 | end 0000000000000000
   | ^^^^^^^^^^^^^^^^^^^^ does not cover the lines above
   |
   = note: a line was removed or added, or a merge was resolved by hand
   = help: `git restore migrations/pgmig.lock` brings back the committed one
   = help: `cargo pgmig lock --accept pgmig.lock` takes its lines as they are, if that is meant";
    assert_eq!(tree.rendered(), [expected]);
    assert!(matches!(
        edit::lock(&tree.load(), &[]),
        Err(Error::Problems(_))
    ));
    tree.lock(&["pgmig.lock"]);
    assert_eq!(tree.read("pgmig.lock"), sound);
}

#[test]
fn a_lock_file_of_another_format_is_not_guessed_at() {
    let tree = locked();
    let newer = tree.read("pgmig.lock").replace("format 1", "format 2");
    tree.write("pgmig.lock", &newer);
    assert_eq!(
        tree.titles(),
        ["migrations/pgmig.lock:1:1: the lock file's format is not known"]
    );
    assert!(edit::lock(&tree.load(), &["pgmig.lock".to_owned()]).is_err());
}

#[test]
fn a_wrong_name_to_accept_is_told_with_the_nearest() {
    let tree = locked();
    tree.write("public/001_create_users.sql", "SELECT 1;");
    let refused = edit::lock(&tree.load(), &["create_user".to_owned()]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no migration is called `create_user`; did you mean `create_users`?"
    );
}

#[test]
fn a_draft_is_parsed_and_what_is_locked_is_not_parsed_again() {
    let tree = Tree::new(&[
        ("001_a.sql", "CREATE TABLE a (id);"),
        ("001_a.down.sql", "DROP a;"),
    ]);
    let (up, down) = (
        "migrations/001_a.sql:1:19: syntax error at `)`",
        "migrations/001_a.down.sql:1:6: syntax error at `a`",
    );
    assert_eq!(tree.titles(), [down, up]);
    assert!(matches!(
        edit::lock(&tree.load(), &[]),
        Err(Error::Problems(_))
    ));

    // As another pgmig might have locked it.
    let entry = pgmig_core::lock::Entry::of(&tree.load().folder.public[0]);
    tree.write("pgmig.lock", &pgmig_core::lock::render(&[entry]));
    assert_eq!(tree.titles(), [down], "a down script is in no lock file");

    tree.write("001_a.sql", "CREATE TABLE a (id,);");
    assert_eq!(tree.codes(), ["syntax", "edited-migration", "syntax"]);
}

/// A journal folder of two migrations, locked, and the same as `drizzle-kit up` leaves it: with the
/// times of the journal as the folders' names.
fn upgraded(times: [u32; 2]) -> Tree {
    const TEXTS: [&str; 2] = [
        "CREATE TABLE \"a\" (\"id\" int);",
        "ALTER TABLE \"a\" ADD COLUMN \"b\" int;",
    ];
    let entry = |idx: usize, name: &str| {
        format!(
            r#"{{"idx": {idx}, "when": {}000, "tag": "{idx:04}_{name}"}}"#,
            times[idx]
        )
    };
    let journal = format!(
        r#"{{"dialect": "postgresql", "entries": [{}, {}]}}"#,
        entry(0, "fine_tiger"),
        entry(1, "odd_fox")
    );
    let tree = Tree::new(&[
        ("drizzle/meta/_journal.json", journal.as_str()),
        ("drizzle/0000_fine_tiger.sql", TEXTS[0]),
        ("drizzle/0001_odd_fox.sql", TEXTS[1]),
    ]);
    tree.lock(&[]);
    assert_eq!(tree.titles(), [""; 0]);
    std::fs::remove_dir_all(tree.root().join("drizzle")).unwrap();
    for (at, name) in ["fine_tiger", "odd_fox"].iter().enumerate() {
        // 1970-01-01T00:00:00Z and some seconds.
        let folder = format!("drizzle/197001010000{:02}_{name}", times[at]);
        tree.write(&format!("{folder}/migration.sql"), TEXTS[at]);
        tree.write(&format!("{folder}/snapshot.json"), "{}");
    }
    tree
}

#[test]
fn a_drizzle_folder_that_was_upgraded_is_locked_anew_without_a_word_about_each() {
    let tree = upgraded([7, 8]);
    assert_eq!(
        tree.rendered(),
        ["\
migrations/drizzle: 2 locked migrations have another version since drizzle-kit rewrote the folder [upgraded-folder]
 |
 = note: it was `0 fine_tiger` and is `19700101000007 fine_tiger`: Drizzle 1.0 has no journal, and the texts are as they were
 = help: `cargo pgmig lock` writes it down; no database applies anything again"]
    );
    let loaded = tree.load();
    assert_eq!(drafts(&loaded), [""; 0]);
    tree.lock(&[]);
    assert_eq!(tree.titles(), [""; 0]);
    assert!(
        tree.read("pgmig.lock")
            .contains("drizzle 19700101000008 odd_fox v1:")
    );
}

#[test]
fn an_upgraded_drizzle_folder_with_another_order_or_text_has_to_be_accepted() {
    // The journal has an order of its own, folders that of their times.
    let tree = upgraded([8, 7]);
    assert_eq!(tree.codes(), ["reordered-migration"; 2]);
    let tree = upgraded([7, 8]);
    tree.write("drizzle/19700101000008_odd_fox/migration.sql", "SELECT 1;");
    assert_eq!(tree.codes(), ["upgraded-folder", "removed-migration"]);
    assert!(edit::lock(&tree.load(), &[]).is_err());
}
