//! What migrations do that belongs to a server and not to one of its databases.

use crate::Migration;
use crate::layout::drizzle::tenant::{Word, words};

/// The statements of migrations about roles and databases, in order, as the files have them: a dump
/// of a database has nothing of those, so a baseline begins with them.
///
/// ```
/// # let root = tempfile::tempdir()?;
/// std::fs::write(root.path().join("001_app.sql"), "GRANT app TO me;\nCREATE TABLE t (id int);")?;
///
/// let folder = pgmig_core::load(root.path(), "migrations").folder;
/// let carried = pgmig_core::baseline::once_a_server(&folder.public);
/// assert_eq!(carried, "GRANT app TO me;\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn once_a_server(migrations: &[Migration]) -> String {
    let mut carried = String::new();
    for migration in migrations {
        for statement in &migration.up.statements {
            let text = &migration.up.text[statement.range.clone()];
            if is_of_the_server(&statement.kind, &words(text)) {
                carried.push_str(text);
                carried.push_str(";\n");
            }
        }
    }
    carried
}

fn is_of_the_server(kind: &str, words: &[Word]) -> bool {
    match kind {
        // Rights on objects are in the dump; without an object it is a role that is granted.
        "GRANT" | "REVOKE" => !words.iter().any(|word| word.is("on")),
        // Its body runs when the function is called.
        "CREATE FUNCTION" | "CREATE PROCEDURE" => false,
        _ => words.windows(3).any(|words| {
            let verb = ["create", "alter", "drop"]
                .iter()
                .any(|verb| words[0].is(verb));
            let noun = ["role", "user", "group", "database"];
            verb && noun.iter().any(|noun| words[1].is(noun)) && !words[2].is("mapping")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(kind: &str, text: &str) -> bool {
        is_of_the_server(kind, &words(text))
    }

    #[test]
    fn roles_and_databases_are_the_servers_and_rights_on_objects_are_not() {
        assert!(is("CREATE ROLE", "CREATE ROLE app"));
        assert!(is("ALTER DATABASE", "ALTER DATABASE shop SET x = 1"));
        assert!(is("GRANT", "GRANT app TO me"));
        assert!(is("DO", "DO $$ BEGIN CREATE ROLE app; END $$"));
        assert!(!is("GRANT", "GRANT SELECT ON t TO app"));
        assert!(!is(
            "CREATE USER MAPPING",
            "CREATE USER MAPPING FOR me SERVER s"
        ));
        assert!(!is("CREATE TABLE", "CREATE TABLE role (name text)"));
        assert!(!is("DO", "DO $$ BEGIN CREATE TABLE t (); END $$"));
        assert!(!is(
            "CREATE FUNCTION",
            "CREATE FUNCTION f() AS $$ CREATE ROLE app $$"
        ));
    }
}
