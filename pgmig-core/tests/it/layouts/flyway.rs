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
        "migrations/V1.0__twin.sql: version 1 is taken twice",
        "migrations/V1__a.sql:1:14: a placeholder of Flyway",
        "migrations/V4__code.java: a migration that is not SQL",
        "migrations/V5__gone.sql.conf: not a migration in the layout `flyway`",
        "migrations/V6__c.sql.conf: a setting that pgmig cannot follow: `shouldExecute`",
        "migrations/afterMigrate.sql: a callback of Flyway",
        "migrations/seed.sql: not a migration in the layout `flyway`",
    ];
    let mut titles = tree.titles();
    titles.sort();
    assert_eq!(titles, expected);
}

#[test]
fn repeatable_migrations_come_last_in_the_order_of_their_descriptions() {
    let tree = Tree::new(&[
        (
            "public/R__b_views.sql",
            "CREATE OR REPLACE VIEW b AS SELECT 1 AS one;",
        ),
        (
            "public/R__b+views.sql",
            "CREATE OR REPLACE VIEW c AS SELECT one FROM b;",
        ),
        ("public/more/R__a.sql", "SELECT id FROM users;"),
        ("public/V1__users.sql", "CREATE TABLE users (id uuid);"),
        ("tenant/V1__orders.sql", "CREATE TABLE orders (id uuid);"),
        (
            "tenant/R__totals.sql",
            "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS n FROM orders;",
        ),
        ("tenant/R__totals.sql.conf", "placeholderReplacement=false"),
    ]);
    let none: [&str; 0] = [];
    assert_eq!(tree.titles(), none);
    assert_eq!(
        tree.migrations(),
        [
            "public 1 users",
            "tenant 1 orders",
            "public R a",
            "public R b_views",
            "public R b+views",
            "tenant R totals"
        ]
    );
}

#[test]
fn a_repeatable_migration_has_to_be_one() {
    let tree = Tree::new(&[
        ("V1__users.sql", "CREATE TABLE users (id uuid);"),
        ("R__a_twice.sql", "CREATE VIEW twice AS SELECT 1 AS one;"),
        (
            "R__b_concurrent.sql",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (id);",
        ),
        (
            "R__c_unknown.sql",
            "CREATE OR REPLACE VIEW v AS SELECT 1 FROM nowhere;",
        ),
        (
            "R__d_views.sql",
            "DROP VIEW IF EXISTS good; CREATE VIEW good AS SELECT 1 AS one;",
        ),
        ("R__d views.sql", "SELECT 1;"),
    ]);
    let mut titles = tree.titles();
    titles.sort();
    assert_eq!(
        titles,
        [
            "migrations/R__a_twice.sql:1:13: view `twice` exists already",
            "migrations/R__b_concurrent.sql: a repeatable migration that runs outside a transaction",
            "migrations/R__c_unknown.sql:1:43: no migration creates a table `nowhere`",
            "migrations/R__d_views.sql: a second repeatable migration `d_views`",
        ]
    );
}

#[test]
fn the_lock_file_has_no_repeatable_migrations() {
    let tree = Tree::new(&[
        ("V1__users.sql", "CREATE TABLE users (id uuid);"),
        (
            "R__views.sql",
            "CREATE OR REPLACE VIEW v AS SELECT id FROM users;",
        ),
    ]);
    tree.lock(&[]);
    tree.write(
        "R__views.sql",
        "CREATE OR REPLACE VIEW v AS SELECT id, 1 AS one FROM users;",
    );
    let loaded = tree.load();
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert!(loaded.drafts().is_empty());
}
