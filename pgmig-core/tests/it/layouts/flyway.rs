//! Flyway.

use crate::tree::Tree;

#[test]
fn dotted_versions_are_compared_number_by_number() {
    let tree = Tree::new(&[
        ("V1_9__a.sql", "SELECT 1;"),
        ("V1.10__b c-d.sql", "SELECT 1;"),
        ("U1.10__b.sql", "SELECT 1;"),
        ("V2.0__e.sql", "SELECT 1;"),
        ("more/V2.0.1__f.sql", "SELECT 1;"),
    ]);
    assert_eq!(
        tree.migrations(),
        [
            "public 1.9 a",
            "public 1.10 b_c-d +down",
            "public 2 e",
            "public 2.0.1 f"
        ]
    );
}

#[test]
fn a_script_leaves_the_transaction_when_it_must_or_its_settings_say_so() {
    let tree = Tree::new(&[
        (
            "V1__a.sql",
            "CREATE INDEX CONCURRENTLY i ON pg_class (oid);",
        ),
        ("V2__b.sql", "SELECT '${kept}';"),
        (
            "V2__b.sql.conf",
            "# settings\nexecuteInTransaction=false\nplaceholderReplacement=false\nencoding=UTF-8\n",
        ),
        ("V3__c.sql", "SELECT 1 -- ${prose}\n;"),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 a -tx", "public 2 b -tx", "public 3 c"]
    );
}

#[test]
fn what_pgmig_cannot_follow_is_an_error() {
    let tree = Tree::new(&[
        ("V1__a.sql", "CREATE TABLE ${prefix}users ();"),
        ("V1.0__twin.sql", "SELECT 1;"),
        ("R__views.sql", "SELECT 1;"),
        ("B3__base.sql", "SELECT 1;"),
        ("V4__code.java", "class V4__code {}"),
        ("afterMigrate.sql", "SELECT 1;"),
        ("V5__gone.sql.conf", "executeInTransaction=false"),
        ("V6__c.sql", "SELECT 1;"),
        ("V6__c.sql.conf", "shouldExecute=1==2"),
        ("seed.sql", "SELECT 1;"),
    ]);
    let expected = [
        "migrations/B3__base.sql: a baseline of Flyway",
        "migrations/R__views.sql: a repeatable migration",
        "migrations/V1.0__twin.sql: version 1 is taken twice",
        "migrations/V1__a.sql:1:14: a placeholder of Flyway",
        "migrations/V4__code.java: a migration that is not SQL",
        "migrations/V5__gone.sql.conf: no migration of the layout `flyway`",
        "migrations/V6__c.sql.conf: a setting that pgmig cannot follow: `shouldExecute`",
        "migrations/afterMigrate.sql: a callback of Flyway",
        "migrations/seed.sql: no migration of the layout `flyway`",
    ];
    let mut titles = tree.titles();
    titles.sort();
    assert_eq!(titles, expected);
}
