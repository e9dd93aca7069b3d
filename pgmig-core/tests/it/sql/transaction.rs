//! Transactions, settings and directives.

use super::{errors as told, one, told as all};
use crate::tree::Tree;

#[test]
fn a_statement_that_needs_no_transaction_names_the_directive() {
    assert_eq!(
        one("CREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY i ON t (id);"),
        ["error needs-no-transaction 2:14 `CREATE INDEX CONCURRENTLY` cannot run in a transaction"]
    );
    assert_eq!(
        one("VACUUM;"),
        ["error needs-no-transaction 1:1 `VACUUM` cannot run in a transaction"]
    );
    let tree = Tree::new(&[("public/001_a.sql", "VACUUM;")]);
    let rendered = tree.rendered().join("\n");
    assert!(rendered.contains("-- pgmig: no-transaction"), "{rendered}");
}

#[test]
fn with_the_directive_it_is_fine_and_so_is_the_one_of_sqlx() {
    for directive in ["-- pgmig: no-transaction", "-- no-transaction"] {
        let sql = format!("{directive}\nCREATE INDEX CONCURRENTLY i ON pg_class (oid);");
        assert!(one(&sql).is_empty(), "{directive}: {:?}", one(&sql));
    }
}

#[test]
fn a_directive_that_nothing_needs_is_a_warning() {
    assert_eq!(
        one("-- pgmig: no-transaction\nCREATE TABLE t (id int);"),
        ["warning needless-no-transaction 1:11 `no-transaction` that no statement needs"]
    );
    assert!(one("-- pgmig: no-transaction\n-- pgmig: allow(needless-no-transaction)\nCREATE TABLE t (id int);").is_empty());
}

#[test]
fn transactions_are_not_controlled_in_a_migration() {
    for word in [
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "START TRANSACTION",
        "END",
    ] {
        let told = one(&format!("SELECT 1;\n{word};"));
        assert_eq!(told.len(), 1, "{word}: {told:?}");
        assert!(
            told[0].starts_with("error transaction-control 2:1"),
            "{told:?}"
        );
    }
    let body = "DO $$ BEGIN PERFORM 1; END $$; CREATE TABLE t (begin int);";
    assert!(one(body).is_empty(), "{:?}", one(body));
}

#[test]
fn a_setting_that_outlives_the_migration_is_an_error() {
    let refused = [
        "SET timezone = 'UTC'",
        "SET TIME ZONE 'UTC'",
        "SET SESSION statement_timeout TO 0",
        "SET LOCAL search_path = x",
        "SET search_path TO x",
        "SET SCHEMA 'x'",
        "SET ROLE r",
        "SET LOCAL ROLE r",
        "SET SESSION AUTHORIZATION r",
        "RESET ALL",
        "RESET ROLE",
        "SELECT set_config('search_path', '', true)",
        "SELECT pg_catalog.set_config('a.b', 'x', false)",
    ];
    for sql in refused {
        let told = one(&format!("{sql};"));
        assert_eq!(told.len(), 1, "{sql}: {told:?}");
        assert!(told[0].starts_with("error session-setting"), "{told:?}");
    }
    let fine = [
        "SET LOCAL timezone = 'UTC'",
        "SET CONSTRAINTS ALL DEFERRED",
        "SELECT set_config('a.b', 'x', true)",
        "ALTER ROLE CURRENT_USER SET timezone = 'UTC'",
    ];
    for sql in fine {
        assert!(one(&format!("{sql};")).is_empty(), "{sql}: {:?}", one(sql));
    }
}

#[test]
fn a_folder_can_allow_a_rule_and_a_file_can_for_one_statement() {
    let sql =
        "SELECT 1;\n-- pgmig: allow(session-setting)\nSET timezone = 'UTC';\nSET timezone = 'CET';";
    assert_eq!(
        one(sql),
        ["error session-setting 4:1 `SET` of `timezone` outlives the migration"]
    );
    let files = [
        ("public/001_a.sql", "SET timezone = 'UTC';"),
        ("pgmig.toml", "[lints]\nsession-setting = \"warn\"\n"),
    ];
    assert!(all(&files)[0].starts_with("warning session-setting"));
    let files = [
        (
            "public/001_a.sql",
            "-- pgmig: allow(session-seting)\nSELECT 1;",
        ),
        (
            "pgmig.toml",
            "[lints]\nsession-seting = \"warn\"\nsession-setting = 1\n",
        ),
    ];
    assert_eq!(
        told(&files),
        [
            "error unknown-rule pgmig.toml:2:1 unknown rule `session-seting`",
            "error bad-settings pgmig.toml:3:19 a level is `\"allow\"`, `\"warn\"` or `\"deny\"`",
            "error unknown-rule public/001_a.sql:1:17 unknown rule `session-seting`",
        ]
    );
}

#[test]
fn what_can_be_neither_probed_nor_repeated_says_that_it_is_idempotent() {
    let told = one("-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY ON pg_class (oid);");
    assert_eq!(
        told,
        [
            "error cannot-resume 2:1 after a crash nobody can tell whether this `CREATE INDEX` was done"
        ]
    );
    assert!(
        one("-- pgmig: no-transaction\n-- pgmig: idempotent\nCREATE INDEX CONCURRENTLY ON pg_class (oid);")
            .is_empty()
    );
    assert!(one("-- pgmig: no-transaction\nVACUUM;\nREINDEX SYSTEM;").is_empty());
}

#[test]
fn a_slot_that_nothing_can_be_put_into_is_an_error() {
    assert_eq!(
        told(&[(
            "tenant/001_a.sql",
            "CREATE TABLE ${schema}.t (a text DEFAULT '${schema}');\nCREATE INDEX i_${schema} ON ${schema}.t (a);"
        )]),
        [
            "error misplaced-slot tenant/001_a.sql:1:43 `${schema}` inside a string",
            "error misplaced-slot tenant/001_a.sql:2:16 `${schema}` inside a name",
        ]
    );
}

#[test]
fn a_migration_that_uses_a_new_enum_value_asks_for_a_commit_before_it() {
    let tree = Tree::new(&[
        (
            "public/001_a.sql",
            "CREATE TYPE s AS ENUM ('a');\nCREATE TABLE t (s s);",
        ),
        ("public/002_b.sql", "ALTER TYPE s ADD VALUE 'it''s';"),
        ("public/003_c.sql", "INSERT INTO t VALUES ('a');"),
        ("public/004_d.sql", "INSERT INTO t VALUES ('it''s');"),
        ("tenant/001_a.sql", "SELECT 'it''s';"),
    ]);
    let folder = tree.load().folder;
    let commits: Vec<bool> = folder
        .migrations()
        .map(|migration| migration.commit_before)
        .collect();
    assert_eq!(commits, [false, false, false, true, false]);
}

#[test]
fn a_setting_that_the_same_transaction_takes_back_is_fine() {
    assert!(
        one("SET client_min_messages = error; SELECT 1; RESET client_min_messages;").is_empty()
    );
    assert_eq!(
        one("RESET client_min_messages; SET client_min_messages = error;").len(),
        2
    );
}

#[test]
fn an_enum_value_is_not_used_in_the_transaction_that_adds_it() {
    let base = "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE t (id int, m mood, x text);";
    let refused = [
        "INSERT INTO t (id, m) VALUES (1, 'sad'), (2, 'glad')",
        "UPDATE t SET m = 'glad'",
        "DELETE FROM t WHERE t.m = 'glad'",
        "SELECT 'glad'::mood",
        "SELECT CAST('glad' AS mood)",
        "ALTER TABLE t ALTER m SET DEFAULT 'glad'",
        "ALTER TABLE t ADD n mood DEFAULT 'glad'",
        "CREATE TABLE u (n mood NOT NULL DEFAULT 'glad')",
    ];
    let told = |sql: &str| told(&[("public/001_a.sql", base), ("public/002_b.sql", sql)]);
    for sql in refused {
        let found = told(&format!("ALTER TYPE mood ADD VALUE 'glad';\n{sql};"));
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
        assert!(
            found[0].starts_with("error enum-value-used public/002_b.sql:2:"),
            "{found:?}"
        );
    }
    let fine = [
        "ALTER TYPE mood ADD VALUE 'glad'; INSERT INTO t (id, x) VALUES (1, 'glad');",
        "ALTER TYPE mood ADD VALUE 'glad'; UPDATE t SET x = 'glad';",
        "ALTER TYPE mood ADD VALUE 'glad'; SELECT 'glad';",
        "-- pgmig: no-transaction\nALTER TYPE mood ADD VALUE 'glad'; UPDATE t SET m = 'glad';",
        "ALTER TYPE mood ADD VALUE 'glad'; CREATE FUNCTION f() RETURNS mood LANGUAGE plpgsql AS $$ BEGIN RETURN 'glad'::mood; END $$;",
    ];
    for sql in fine {
        assert!(told(sql).is_empty(), "{sql}: {:?}", told(sql));
    }
}
