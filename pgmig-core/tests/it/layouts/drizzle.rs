//! Drizzle, both generations.

use crate::tree::{Tree, statements};

const JOURNAL: &str = r#"{
  "version": "7",
  "dialect": "postgresql",
  "entries": [
    {"idx": 0, "version": "5", "when": 1700000000000, "tag": "0000_fine_tiger", "breakpoints": true},
    {"idx": 1, "version": "7", "when": 1795457568123, "tag": "20261123181248_custom", "breakpoints": true},
    {"idx": 2, "version": "7", "when": 1700000000001, "tag": "_x", "breakpoints": false}
  ]
}"#;

fn journal() -> Tree {
    Tree::new(&[
        ("meta/_journal.json", JOURNAL),
        ("meta/_journal.json.backup", "{}"),
        ("meta/0000_snapshot.json", "{}"),
        (
            "0000_fine_tiger.sql",
            "CREATE TABLE a (id int)--> statement-breakpoint\r\nCREATE TABLE b (id int);\
             --> statement-breakpoint\n--> statement-breakpoint SELECT 1",
        ),
        (
            "20261123181248_custom.sql",
            "-- Custom SQL migration file, put your code below! --",
        ),
        ("_x.sql", "/* --> statement-breakpoint\nDROP TABLE a; */\n"),
        ("_x.down.sql", "SELECT 1;"),
    ])
}

#[test]
fn the_journal_says_what_is_applied_and_in_which_order() {
    let tree = journal();
    assert_eq!(
        tree.migrations(),
        ["public 0 fine_tiger", "public 1 custom", "public 2 x +down"]
    );
    let loaded = tree.load();
    let entry = loaded.folder.public[1].drizzle.as_ref().unwrap();
    assert_eq!(
        (entry.created_at, &entry.folder),
        (1_795_457_568_123, &None)
    );
    let first: String = entry.hash[..4].iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(first, "b3cc75fa");
    let files = &loaded.folder.files;
    assert!(
        files.contains(&"meta/_journal.json".to_owned()),
        "{files:?}"
    );
    assert!(!files.contains(&"meta/0000_snapshot.json".to_owned()));
}

#[test]
fn a_breakpoint_ends_a_statement_outside_of_comments() {
    let loaded = journal().load();
    assert_eq!(
        statements(&loaded.folder.public[0].up),
        [
            "CREATE TABLE a (id int)",
            "CREATE TABLE b (id int)",
            "SELECT 1"
        ]
    );
    assert_eq!(statements(&loaded.folder.public[2].up), [""; 0]);
}

#[test]
fn a_journal_and_files_that_disagree_are_errors() {
    let tree = Tree::new(&[
        (
            "meta/_journal.json",
            "{\"dialect\": \"pg\", \"entries\": [\n\
             {\"idx\": 1, \"when\": 1, \"tag\": \"0001_a\"},\n\
             {\"idx\": 0, \"when\": 2, \"tag\": \"0000_b\"},\n\
             {\"idx\": 2, \"when\": 3, \"tag\": \"0002_gone\"},\n\
             {\"idx\": 3, \"when\": 3, \"tag\": \"0000_b\"}]}",
        ),
        ("0001_a.sql", "SELECT 1;"),
        ("0000_b.sql", "SELECT 1;"),
        ("0005_orphan.sql", "SELECT 1;"),
        ("meta/0003_c.sql", "SELECT 1;"),
        ("nested/0003_c.sql", "SELECT 1;"),
        ("drizzle.config.ts", "words"),
    ]);
    let expected = [
        "migrations/0005_orphan.sql: the journal does not name it",
        "migrations/drizzle.config.ts: not a migration in the layout `drizzle`",
        "migrations/meta/0003_c.sql: not a migration in the layout `drizzle`",
        "migrations/meta/_journal.json:4:30: entry 2: there is no `0002_gone.sql`",
        "migrations/meta/_journal.json:5:30: entry 0: its `idx` is not greater than that of the entry before it",
        "migrations/meta/_journal.json:5:30: entry 3: the tag of entry 0 once more",
        "migrations/nested: not a migration in the layout `drizzle`",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn a_journal_that_cannot_be_read_is_told_where() {
    let tree = Tree::new(&[(
        "meta/_journal.json",
        "{\n  \"entries\": [\n<<<<<<< HEAD\n  ]\n}",
    )]);
    assert_eq!(
        tree.titles(),
        ["migrations/meta/_journal.json:3:1: the journal cannot be read: expected value"]
    );
    tree.write(
        "meta/_journal.json",
        r#"{"dialect": "mysql", "entries": []}"#,
    );
    assert_eq!(
        tree.titles(),
        ["migrations/meta/_journal.json:1:13: the migrations are for `mysql`"]
    );
}

#[test]
fn folders_of_1_0_have_their_time_as_version() {
    let tree = Tree::new(&[
        ("20261123181248_fine_tiger/migration.sql", "SELECT 1;"),
        ("20261123181248_fine_tiger/snapshot.json", "{}"),
        ("20261123181248_zebra/migration.sql", "SELECT 1;"),
        ("20261123181248_zebra/snapshot.json", "{}"),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 20261123181248 fine_tiger",
            "public 20261123181248.1 zebra"
        ]
    );
    let loaded = tree.load();
    let entry = loaded.folder.public[0].drizzle.as_ref().unwrap();
    assert_eq!(entry.created_at, 1_795_457_568_000);
    assert_eq!(entry.folder.as_deref(), Some("20261123181248_fine_tiger"));
    tree.write("2026_x/migration.sql", "SELECT 1;");
    tree.write("20261123181249_y/snapshot.json", "{}");
    let expected = [
        "migrations/20261123181249_y: a migration's folder without `migration.sql`",
        "migrations/2026_x: the folder's name does not begin with a time",
    ];
    assert_eq!(tree.titles(), expected);
    tree.write("meta/_journal.json", r#"{"entries": []}"#);
    assert_eq!(tree.titles(), ["migrations: files of more than one layout"]);
}

#[test]
fn a_folder_called_drizzle_is_drizzles_and_nothing_else() {
    let tree = Tree::new(&[
        ("public/001_a.sql", "SELECT 1;"),
        ("drizzle/0000_a.sql", "SELECT 1;"),
    ]);
    assert_eq!(
        tree.titles(),
        ["migrations/drizzle: no `meta/_journal.json`, which says what to apply"]
    );
    tree.write(
        "drizzle/meta/_journal.json",
        r#"{"entries": [{"idx": 0, "when": 1, "tag": "0000_a"}]}"#,
    );
    assert_eq!(tree.migrations(), ["public 1 a", "drizzle 0 a"]);
}
