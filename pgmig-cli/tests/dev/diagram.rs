//! `cargo pgmig diagram`: the reference app's picture, which its docs show, and what a table can be.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::project::Project;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// `BLESS=1` writes the pictures anew, to be looked at before they are committed.
fn is_as_in_the_docs(args: &str, file: &str) {
    let committed = checkout().join("docs/schema").join(file);
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path().join(file);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-pgmig"));
    command.args(args.split_whitespace()).arg("-o").arg(&drawn);
    let output = command.current_dir(checkout()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let drawn = std::fs::read_to_string(drawn).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
        std::fs::write(committed, drawn).unwrap();
    } else {
        let expected = std::fs::read_to_string(&committed).unwrap();
        assert_eq!(drawn, expected, "{file} is old");
    }
}

#[test]
fn the_pictures_in_the_docs_are_those_of_the_reference_apps_migrations() {
    for file in ["public.svg", "public.mmd"] {
        is_as_in_the_docs("diagram", file);
    }
    for file in ["tenant.svg", "tenant.mmd"] {
        is_as_in_the_docs("diagram --tenant", file);
    }
}

#[test]
fn partitions_circles_keys_of_two_columns_and_odd_names_are_drawn() {
    let project = Project::new();
    project.write(
        "migrations/public/001_a.sql",
        "CREATE TABLE a (x int, y numeric(10, 2), PRIMARY KEY (x, y));
         CREATE TABLE \"B <&> b\" (x int UNIQUE, y numeric(10, 2), up int,
             FOREIGN KEY (x, y) REFERENCES a, FOREIGN KEY (up) REFERENCES \"B <&> b\" (x));
         ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES \"B <&> b\" (x);
         CREATE TABLE log (at timestamptz, line text) PARTITION BY RANGE (at);
         CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE TABLE none ();",
    );
    let text = project.done("diagram");
    assert_eq!(
        text,
        "erDiagram
    \"B #60;#38;#62; b\" {
        integer x FK, UK \"may be NULL\"
        numeric(10_2) y FK \"may be NULL\"
        integer up FK \"may be NULL\"
    }
    \"a\" {
        integer x PK, FK
        numeric(10_2) y PK
    }
    \"log\" {
        timestamptz at \"may be NULL\"
        text line \"may be NULL\"
    }
    \"none\" {
    }
    \"B #60;#38;#62; b\" |o--o{ \"B #60;#38;#62; b\" : \"up\"
    \"a\" |o--o| \"B #60;#38;#62; b\" : \"x, y\"
    \"B #60;#38;#62; b\" ||--o{ \"a\" : \"x\"
"
    );
    project.done("diagram -o schema.svg");
    let svg = project.read("schema.svg");
    assert!(svg.contains("B &lt;&amp;&gt; b"), "{svg}");
    assert_eq!(svg.matches("<g class=\"line\">").count(), 3, "{svg}");
    assert!(!svg.contains("log_1"), "{svg}");
}

#[test]
fn what_mermaid_would_not_take_for_a_name_is_written_so_that_it_does() {
    let project = Project::new();
    project.write(
        "migrations/public/001_a.sql",
        "CREATE DOMAIN fk AS int;
         CREATE TABLE \"50% of \\ \"\"all\"\" #1;\" (pk int PRIMARY KEY, \"Größe\" fk NOT NULL,
             \"2 %\" timestamp(3) with time zone[]);",
    );
    assert_eq!(
        project.done("diagram"),
        "erDiagram
    \"50#37; of #92; #34;all#34; #35;1;\" {
        integer c_pk PK \"pk\"
        c_fk Gr__e \"Größe\"
        timestamptz(3)[] c_2__ \"2 #37;, may be NULL\"
    }
"
    );
}

#[test]
fn a_file_of_another_kind_and_a_folder_with_mistakes_are_refused() {
    let project = Project::new();
    project.write("migrations/public/001_a.sql", "CREATE TABLE a ();");
    let said = project.run("diagram -o schema.png");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("`.svg` is a picture"), "{}", said.err);
    project.write("migrations/public/001_a.sql", "CREATE TABEL a ();");
    let said = project.run("diagram -o schema.svg");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("001_a.sql:1:8"), "{}", said.err);
    assert!(!project.files().contains(&"schema.svg".to_owned()));
}
