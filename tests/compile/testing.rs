//! What `#[pgmig::test]` says of a function that is no test: each directory of `tests/ui-testing` is
//! a crate with mistakes, and `stderr` is what the compiler says of them. `BLESS=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::scratch::{CHECKOUT, Message, Scratch, directories};

#[test]
fn a_function_that_is_no_test_is_told_why_where_it_says_so() {
    let cases = Path::new(CHECKOUT).join("tests/ui-testing");
    let names = directories(&cases);
    let scratch = Scratch::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for name in &names {
        scratch.copy(&cases.join(name), name);
        scratch.write(
            &format!("{name}/migrations/public/001_a.sql"),
            "CREATE TABLE a ();",
        );
        let dependencies = "pgmig = { workspace = true, features = [\"test\"] }\n\
                            sqlx = { version = \"0.9\", default-features = false }\n";
        scratch.manifest(name, "2024", dependencies);
    }
    let built = scratch.cargo(&["build", "--tests"], &[]);
    for name in &names {
        let mut said = String::new();
        for Message { level, text, place } in built.of(name) {
            write!(said, "{level}: {text}\n --> {place}\n\n").unwrap();
        }
        let file = cases.join(name).join("stderr");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, said).unwrap();
        } else {
            assert_eq!(said, fs::read_to_string(&file).unwrap(), "{name}");
        }
    }
}
