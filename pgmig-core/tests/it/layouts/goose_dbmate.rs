//! goose and dbmate, which keep both scripts in one file.

use crate::tree::{Tree, statements};

const GOOSE: &str = "\
-- pgmig: allow(session-setting)
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$
-- +goose StatementEnd
CREATE TABLE a ();

-- +goose Down
DROP TABLE a;
DROP FUNCTION f;
";

#[test]
fn goose_has_up_and_down_in_one_file() {
    let tree = Tree::new(&[
        ("00001_a.sql", GOOSE),
        (
            "00002_b.sql",
            "-- +goose NO TRANSACTION\r\n-- +goose up\r\nVACUUM;\r\n",
        ),
        ("00003_empty.sql", "-- +goose Up\n"),
        (
            "00004_c.sql",
            "-- +goose Up\nSELECT 1;\n-- +goose Down\n-- nothing\n",
        ),
        ("embed.go", "package migrations"),
        ("00001_a_test.go", "package migrations"),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 1 a +down",
            "public 2 b -tx",
            "public 3 empty",
            "public 4 c"
        ]
    );
    let loaded = tree.load();
    let up = &loaded.folder.public[0].up;
    // The end of a statement is one without a semicolon too.
    assert_eq!(statements(up).len(), 2);
    assert_eq!(up.statements[1].line, 6);
    assert_eq!(up.directives.len(), 1);
    let down = loaded.folder.public[0].down.as_ref().unwrap();
    assert_eq!(statements(down), ["DROP TABLE a", "DROP FUNCTION f"]);
    assert_eq!(loaded.folder.files.len(), 4);
}

#[test]
fn annotations_that_goose_would_refuse_are_errors() {
    let tree = Tree::new(&[
        (
            "1_a.sql",
            "-- +goose Up\nSELECT 1;\n-- +goose Up\nSELECT 2;",
        ),
        (
            "2_b.sql",
            "-- +goose Down\nSELECT 1;\n-- +goose Up\nSELECT 2;",
        ),
        ("3_c.sql", "SELECT 1;"),
        ("4_d.sql", "SELECT 1;\n-- +goose Up\nSELECT 2;"),
        (
            "5_e.sql",
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 2;",
        ),
        ("6_f.sql", "-- +goose Up\nSELECT 2;\n-- +goose StatementEnd"),
        ("7_g.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 2;"),
        ("8_h.sql", "-- +goose Up\n-- +goose Dwon\nSELECT 2;"),
        ("9_i.go", "package migrations"),
    ]);
    let expected = [
        "migrations/1_a.sql:3:1: a second `-- +goose Up`",
        "migrations/2_b.sql:1:1: `-- +goose Down` before `-- +goose Up`",
        "migrations/2_b.sql:2:1: a statement before the first section",
        "migrations/3_c.sql: no `-- +goose Up` in the file",
        "migrations/4_d.sql:1:1: a statement before the first section",
        "migrations/5_e.sql:2:1: `-- +goose StatementBegin` without an end",
        "migrations/6_f.sql:3:1: `-- +goose StatementEnd` without a beginning",
        "migrations/7_g.sql:2:1: environment variables in a migration",
        "migrations/8_h.sql:2:1: unknown annotation `Dwon`",
        "migrations/9_i.go: a migration written in Go",
    ];
    assert_eq!(tree.titles(), expected);
}

#[test]
fn dbmate_says_for_each_script_whether_there_is_a_transaction() {
    let tree = Tree::new(&[
        (
            "20151129054053_a.sql",
            "-- migrate:up transaction:false\nVACUUM;\n\n-- migrate:down\nSELECT 1;",
        ),
        (
            "20160101000000-b-c.sql",
            "--migrate:up\nSELECT 1;\n-- migrate:down\n",
        ),
        (
            "20170101000000.sql",
            "-- words\n-- migrate:up  other:1 \nSELECT 1;\n",
        ),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 20151129054053 a -tx +down",
            "public 20160101000000 b-c",
            "public 20170101000000 unnamed"
        ]
    );
    assert!(
        tree.load().folder.public[0]
            .down
            .as_ref()
            .unwrap()
            .transactional
    );
}

#[test]
fn sections_that_dbmate_would_refuse_are_errors() {
    let tree = Tree::new(&[
        (
            "1_a.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;",
        ),
        ("2_b.sql", "SELECT 1;"),
        (
            "3_c.sql",
            "-- migrate:down\nSELECT 1;\n-- migrate:up\nSELECT 2;",
        ),
        ("4_d.sql", "SELECT 0;\n-- migrate:up\nSELECT 1;"),
        (
            "5_e.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:up\nSELECT 2;",
        ),
        ("seed.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/2_b.sql: no `-- migrate:up` in the file",
        "migrations/3_c.sql:1:1: `-- migrate:down` before `-- migrate:up`",
        "migrations/4_d.sql:1:1: a statement before the first section",
        "migrations/5_e.sql:3:1: a second `-- migrate:up`",
        "migrations/seed.sql: not a migration in the layout `dbmate`",
    ];
    assert_eq!(tree.titles(), expected);
}
