//! What a tenant's migration may touch.

use super::errors as told;

/// What is said about a migration of the tenants, beside tables of `public` and of the tenants.
fn tenant(sql: &str) -> Vec<String> {
    let all = told(&[
        (
            "public/001_a.sql",
            "CREATE TABLE users (id int, name text); CREATE TABLE plans (id int); CREATE TYPE mood AS ENUM ('sad');",
        ),
        (
            "tenant/001_a.sql",
            "CREATE TABLE invoices (id int, total int);",
        ),
        ("tenant/002_b.sql", sql),
    ]);
    all.into_iter()
        .map(|line| line.replace("tenant/002_b.sql:", ""))
        .collect()
}

#[test]
fn what_all_tenants_share_is_not_changed_by_one() {
    let table = [
        (
            "CREATE EXTENSION pgcrypto;",
            "tenant-changes-shared 1:1 `CREATE EXTENSION` in a tenant's migration",
        ),
        (
            "CREATE SCHEMA x;",
            "tenant-changes-shared 1:1 `CREATE SCHEMA` in a tenant's migration",
        ),
        (
            "DROP SCHEMA public CASCADE;",
            "tenant-changes-shared 1:1 `DROP SCHEMA` in a tenant's migration",
        ),
        (
            "CREATE ROLE r;",
            "tenant-changes-shared 1:1 `CREATE ROLE` in a tenant's migration",
        ),
        (
            "CREATE PUBLICATION p;",
            "tenant-changes-shared 1:1 `CREATE PUBLICATION` in a tenant's migration",
        ),
        (
            "ALTER TABLE public.users ADD x int;",
            "tenant-changes-other-schema 1:13 a tenant's migration changes `public.users`",
        ),
        (
            "CREATE TABLE other.t (id int);",
            "tenant-changes-other-schema 1:14 a tenant's migration changes `other.t`",
        ),
        (
            "CREATE INDEX i ON public.users (id);",
            "tenant-changes-other-schema 1:19 a tenant's migration changes `public.users`",
        ),
        (
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "tenant-changes-other-schema 1:17 a tenant's migration changes `public.f`",
        ),
        (
            "DROP TABLE public.users;",
            "tenant-changes-other-schema 1:12 a tenant's migration changes `public.users`",
        ),
        (
            "CREATE TRIGGER g BEFORE INSERT ON public.users EXECUTE FUNCTION f();",
            "tenant-changes-other-schema 1:35 a tenant's migration changes `public.users`",
        ),
    ];
    for (sql, expected) in table {
        assert_eq!(tenant(sql), [format!("error {expected}")], "{sql}");
    }
}

#[test]
fn other_ways_out_of_the_schema_are_seen_too() {
    let table = [
        (
            "DO $$ BEGIN ALTER TABLE public.users ADD x int; END $$;",
            "tenant-changes-other-schema 1:25 a tenant's migration changes `public.users`",
        ),
        (
            "DO $$ BEGIN IF true THEN CREATE EXTENSION pgcrypto; END IF; END $$;",
            "tenant-changes-shared 1:26 `CREATE EXTENSION` in a tenant's migration",
        ),
        (
            "DO $$ BEGIN ALTER TABLE users ADD x int; END $$;",
            "tenant-changes-public 1:25 `users` belongs to `public`: every tenant would change it",
        ),
        (
            "ALTER TABLE invoices SET SCHEMA public;",
            "tenant-changes-other-schema 1:33 a tenant's migration changes `public.invoices`",
        ),
        (
            "CREATE TABLE c () INHERITS (public.users);",
            "tenant-changes-other-schema 1:29 a tenant's migration changes `public.users`",
        ),
        (
            "GRANT SELECT ON public.users TO joe;",
            "tenant-changes-other-schema 1:17 a tenant's migration changes `public.users`",
        ),
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO joe;",
            "tenant-changes-other-schema 1:38 a tenant's migration changes `public.*`",
        ),
        (
            "ALTER TYPE mood ADD VALUE 'x';",
            "tenant-changes-public 1:12 `mood` belongs to `public`: every tenant would change it",
        ),
    ];
    for (sql, expected) in table {
        assert_eq!(tenant(sql), [format!("error {expected}")], "{sql}");
    }
    for sql in [
        "GRANT SELECT ON invoices TO joe; GRANT joe TO jane; GRANT USAGE ON SCHEMA ${schema} TO joe;",
        "CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'x';",
        "DO $$ BEGIN ALTER TABLE invoices ADD x int REFERENCES public.users (id); END $$;",
    ] {
        assert!(tenant(sql).is_empty(), "{sql}\n{:?}", tenant(sql));
    }
}

#[test]
fn an_unqualified_name_that_only_public_has_is_not_changed_silently() {
    let table = [
        (
            "ALTER TABLE users ADD x int;",
            "error tenant-changes-public 1:13 `users` belongs to `public`: every tenant would change it",
        ),
        (
            "DROP TABLE IF EXISTS plans;",
            "error tenant-changes-public 1:22 `plans` belongs to `public`: every tenant would change it",
        ),
        (
            "CREATE INDEX i ON users (name);",
            "error tenant-changes-public 1:19 `users` belongs to `public`: every tenant would change it",
        ),
        (
            "INSERT INTO plans VALUES (1);",
            "error tenant-writes-public 1:13 every tenant writes rows of `plans`",
        ),
        (
            "UPDATE public.users SET name = 'x';",
            "error tenant-writes-public 1:8 every tenant writes rows of `public.users`",
        ),
        (
            "TRUNCATE plans;",
            "error tenant-writes-public 1:10 every tenant writes rows of `plans`",
        ),
    ];
    for (sql, expected) in table {
        assert_eq!(tenant(sql), [expected], "{sql}");
    }
}

#[test]
fn reading_and_referencing_public_is_fine_and_so_is_a_table_of_the_same_name() {
    let fine = [
        "CREATE TABLE notes (user_id int REFERENCES public.users (id), author text);",
        "CREATE VIEW v AS SELECT i.id FROM invoices i JOIN public.users u ON u.id = i.id JOIN plans p ON true;",
        "CREATE TABLE users (id int); ALTER TABLE users ADD x int; INSERT INTO users VALUES (1); DROP TABLE users;",
        "CREATE TABLE ${schema}.t (id int); CREATE INDEX i ON ${schema}.t (id); ALTER TABLE t ADD x int;",
        "INSERT INTO invoices SELECT id, 1 FROM public.users;",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.plans VALUES (1); RETURN NEW; END $$;",
        "CREATE TEMP TABLE t (id int); DROP TABLE t;",
    ];
    for sql in fine {
        assert!(tenant(sql).is_empty(), "{sql}\n{:?}", tenant(sql));
    }
    assert_eq!(
        tenant("CREATE TABLE n (u int REFERENCES public.usres (id));"),
        ["error unknown-name 1:34 no migration creates a table `public.usres`"]
    );
}

#[test]
fn public_does_not_name_what_the_tenants_have() {
    let told = told(&[
        (
            "public/001_a.sql",
            "CREATE VIEW all_invoices AS SELECT * FROM invoices;",
        ),
        ("tenant/001_a.sql", "CREATE TABLE invoices (id int);"),
    ]);
    assert_eq!(
        told,
        ["error unknown-name public/001_a.sql:1:43 `invoices` is a table of the tenants"]
    );
}
