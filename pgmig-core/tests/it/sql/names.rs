//! Names that are followed through the history of `public`.

use super::errors as told;
use crate::tree::Tree;

const BASE: &str = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, name text);\n\
                    CREATE TYPE mood AS ENUM ('sad', 'happy');\n\
                    CREATE VIEW names (who) AS SELECT name FROM users;\n\
                    CREATE INDEX users_email ON users (email);\n";

/// What is said about a second migration.
fn second(sql: &str) -> Vec<String> {
    let all = told(&[("public/001_base.sql", BASE), ("public/002_b.sql", sql)]);
    all.into_iter()
        .map(|line| line.replace("public/002_b.sql:", ""))
        .collect()
}

#[test]
fn a_table_or_a_column_that_was_never_created_is_an_error_with_the_nearest_name() {
    let table = [
        (
            "ALTER TABLE usres ADD x int;",
            "error unknown-name 1:13 no migration creates a table `usres`",
        ),
        (
            "DROP TABLE usres;",
            "error unknown-name 1:12 no migration creates a table `usres`",
        ),
        (
            "INSERT INTO usres VALUES (1);",
            "error unknown-name 1:13 no migration creates a table `usres`",
        ),
        (
            "SELECT 1 FROM users u JOIN usres ON true;",
            "error unknown-name 1:28 no migration creates a table `usres`",
        ),
        (
            "CREATE VIEW v AS SELECT * FROM usres;",
            "error unknown-name 1:32 no migration creates a table `usres`",
        ),
        (
            "CREATE TABLE t (u int REFERENCES usres (id));",
            "error unknown-name 1:34 no migration creates a table `usres`",
        ),
        (
            "CREATE TABLE t (u int, FOREIGN KEY (u) REFERENCES users (uid));",
            "error unknown-column 1:58 table `users` has no column `uid`",
        ),
        (
            "CREATE INDEX i ON usres (id);",
            "error unknown-name 1:19 no migration creates a table `usres`",
        ),
        (
            "CREATE INDEX i ON users (emial);",
            "error unknown-column 1:26 table `users` has no column `emial`",
        ),
        (
            "CREATE INDEX i ON users (lower(emial));",
            "error unknown-column 1:32 table `users` has no column `emial`",
        ),
        (
            "DROP INDEX users_emial;",
            "error unknown-name 1:12 no migration creates an index `users_emial`",
        ),
        (
            "CREATE TRIGGER g BEFORE UPDATE ON usres EXECUTE FUNCTION f();",
            "error unknown-name 1:35 no migration creates a table `usres`",
        ),
        (
            "ALTER TABLE users DROP COLUMN emial;",
            "error unknown-column 1:31 table `users` has no column `emial`",
        ),
        (
            "ALTER TABLE users ALTER emial SET NOT NULL;",
            "error unknown-column 1:25 table `users` has no column `emial`",
        ),
        (
            "ALTER TABLE users RENAME emial TO x;",
            "error unknown-column 1:26 table `users` has no column `emial`",
        ),
        (
            "ALTER TABLE users ADD CHECK (emial <> '');",
            "error unknown-column 1:30 table `users` has no column `emial`",
        ),
        (
            "INSERT INTO users (emial) VALUES ('x');",
            "error unknown-column 1:20 table `users` has no column `emial`",
        ),
        (
            "UPDATE users SET emial = 'x';",
            "error unknown-column 1:18 table `users` has no column `emial`",
        ),
        (
            "DELETE FROM users WHERE emial = 'x';",
            "error unknown-column 1:25 table `users` has no column `emial`",
        ),
        (
            "SELECT u.emial FROM users u;",
            "error unknown-column 1:10 table `users` has no column `emial`",
        ),
        (
            "SELECT 1 FROM users a, users b WHERE emial = 'x';",
            "error unknown-column 1:38 none of the tables has a column `emial`",
        ),
        (
            "CREATE POLICY p ON users USING (emial = 'x');",
            "error unknown-column 1:33 table `users` has no column `emial`",
        ),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT id FROM usres $$;",
            "error unknown-name 1:67 no migration creates a table `usres`",
        ),
        (
            "COMMENT ON TABLE usres IS 'x';",
            "error unknown-name 1:18 no migration creates a table `usres`",
        ),
    ];
    for (sql, expected) in table {
        assert_eq!(second(sql), [expected], "{sql}");
    }
    let tree = Tree::new(&[
        ("public/001_base.sql", BASE),
        ("public/002_b.sql", "DROP TABLE usres;"),
    ]);
    assert!(tree.rendered()[0].contains("did you mean `users`?"));
}

#[test]
fn what_is_gone_is_told_with_the_place_where_it_went() {
    let files = |sql| {
        [
            ("public/001_base.sql", BASE),
            (
                "public/002_b.sql",
                "ALTER TABLE users RENAME TO people;\nALTER TABLE people RENAME email TO mail;\nALTER TABLE people DROP name CASCADE;\n\nDROP TYPE mood;",
            ),
            ("public/003_c.sql", sql),
        ]
    };
    let table = [
        (
            "DROP TABLE users;",
            "table `users` was renamed to `people`",
            "renamed in migrations/public/002_b.sql:1",
        ),
        (
            "SELECT email FROM people;",
            "column `email` was renamed to `mail`",
            "renamed in migrations/public/002_b.sql:2",
        ),
        (
            "ALTER TABLE people ALTER name DROP NOT NULL;",
            "column `name` was dropped",
            "dropped in migrations/public/002_b.sql:3",
        ),
        (
            "ALTER TYPE mood ADD VALUE 'x';",
            "type `mood` was dropped",
            "dropped in migrations/public/002_b.sql:5",
        ),
    ];
    for (sql, title, note) in table {
        let rendered = Tree::new(&files(sql)).rendered().join("\n");
        assert!(rendered.contains(title), "{sql}: {rendered}");
        assert!(rendered.contains(note), "{sql}: {rendered}");
    }
}

#[test]
fn what_is_there_is_not_created_twice() {
    let table = [
        (
            "CREATE TABLE users (id int);",
            "table `users` exists already",
        ),
        (
            "CREATE VIEW names AS SELECT 1;",
            "view `names` exists already",
        ),
        ("CREATE TYPE mood AS ENUM ();", "type `mood` exists already"),
        (
            "CREATE INDEX users_email ON users (id);",
            "index `users_email` exists already",
        ),
        (
            "ALTER TABLE users ADD email text;",
            "column `email` exists already",
        ),
        (
            "ALTER VIEW names RENAME TO users;",
            "table `users` exists already",
        ),
    ];
    for (sql, title) in table {
        let told = second(sql);
        assert_eq!(told.len(), 1, "{sql}: {told:?}");
        assert!(told[0].ends_with(title), "{sql}: {told:?}");
    }
    for sql in [
        "CREATE TABLE IF NOT EXISTS users (id int);",
        "CREATE OR REPLACE VIEW names AS SELECT 1 AS who;",
        "CREATE INDEX IF NOT EXISTS users_email ON users (id);",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;",
        "DROP TABLE IF EXISTS nothing; DROP VIEW names; DROP TABLE users; CREATE TABLE users (x int); CREATE INDEX users_email ON users (x);",
        "CREATE TEMP TABLE users (x int);",
        "CREATE TABLE audit.users (id int);",
    ] {
        assert!(second(sql).is_empty(), "{sql}: {:?}", second(sql));
    }
}

#[test]
fn what_cannot_be_known_is_not_told() {
    let fine = [
        // Made by code that is put together while it runs.
        "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || quote_ident('t1') || ' (id int)'; END $$; SELECT * FROM t1;",
        // May have happened or not.
        "DO $$ BEGIN IF true THEN ALTER TABLE users ADD x int; END IF; END $$; UPDATE users SET x = 1;",
        "DO $$ BEGIN DROP TABLE users CASCADE; EXCEPTION WHEN others THEN NULL; END $$; CREATE TABLE users (id int);",
        // A function that makes it, and is called.
        "CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE TABLE %I ()', 't2'); END $$; SELECT make(); SELECT * FROM t2;",
        // Extensions bring what is not in any file.
        "CREATE EXTENSION postgis; SELECT * FROM spatial_ref_sys;",
        // Not ours to know.
        "SELECT * FROM pg_catalog.pg_class, information_schema.tables, pg_stat_activity;",
        "SELECT * FROM other.thing; ALTER TABLE other.thing ADD x int;",
        "CREATE TABLE q AS SELECT * FROM users; SELECT anything FROM q;",
        "SELECT r.anything, whatever FROM generate_series(1, 2) r;",
        "SELECT id AS n FROM users ORDER BY n;",
        "WITH w AS (SELECT id AS n FROM users) SELECT n FROM w;",
        "SELECT users FROM users; SELECT (u).email, ctid FROM users u;",
        "INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET email = excluded.email RETURNING users.id;",
        "SELECT (SELECT name FROM (SELECT 1 AS x) s) FROM users;",
        "CREATE FUNCTION f(p int) RETURNS int LANGUAGE sql AS $$ SELECT id FROM users WHERE id = p $$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT x FROM later); END $$;",
        "CREATE TABLE part (LIKE users INCLUDING ALL); SELECT email FROM part;",
        "CREATE TABLE child () INHERITS (users); ALTER TABLE users ADD z int; SELECT z FROM child;",
        "CREATE INDEX ON users (name); DROP INDEX users_name_idx;",
        "CREATE TABLE s (id serial); ALTER SEQUENCE s_id_seq RESTART; DROP INDEX IF EXISTS x;",
        "SELECT current_date, localtime FROM users WHERE extract(year FROM now()) > 1;",
    ];
    for sql in fine {
        assert!(second(sql).is_empty(), "{sql}\n{:?}", second(sql));
    }
}

#[test]
fn what_existed_before_pgmig_is_declared_once() {
    let files = [
        (
            "public/001_a.sql",
            "-- pgmig: external legacy, audit.log\nALTER TABLE legacy ADD x int;",
        ),
        (
            "public/002_b.sql",
            "SELECT anything FROM legacy; ALTER TABLE audit.log ADD y int;",
        ),
    ];
    assert!(told(&files).is_empty(), "{:?}", told(&files));
}

#[test]
fn after_a_syntax_error_nothing_is_concluded() {
    let files = [
        ("public/001_a.sql", "CREATE TABLE t (id int"),
        ("public/002_b.sql", "ALTER TABLE t ADD x int;"),
    ];
    let told = told(&files);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_down_script_is_read_from_the_state_that_its_up_script_leaves() {
    let files = [
        ("public/001_base.sql", BASE),
        (
            "public/001_base.down.sql",
            "DROP VIEW names; DROP TABLE users; DROP TYPE mood; DROP INDEX users_email;",
        ),
        ("public/002_b.sql", "ALTER TABLE users ADD age int;"),
        ("public/002_b.down.sql", "ALTER TABLE users DROP agee;"),
    ];
    assert_eq!(
        told(&files),
        [
            "error dropped-name public/001_base.down.sql:1:63 index `users_email` was dropped",
            "error unknown-column public/002_b.down.sql:1:24 table `users` has no column `agee`",
        ]
    );
}
