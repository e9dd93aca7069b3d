//! Names and texts that try to be SQL: of schemas, of the ledger, of the app, in errors and in the
//! places of `${schema}`. All stay what they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use pgmig_runtime::{Dispatch, Error, Migrations, Migrator, OnFailure, Tenants};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use support::{column, embed, embed_in, execute};
use uuid::Uuid;

/// Each could end a name, a string, a comment or a body, begin another statement, be taken for a
/// parameter, or be another schema once it is folded, trimmed or cut.
const ATTEMPTS: [&str; 44] = [
    "\"",
    "\"\"",
    "'",
    "''",
    "\\",
    "\\\\",
    "\\'",
    "a\"; DROP TABLE public.witness; --",
    "a'; DROP TABLE public.witness; --",
    "a\\'; DROP TABLE public.witness; --",
    "a\\\"; DROP TABLE public.witness; --",
    "a\"\"; DROP TABLE public.witness; --",
    "a''; DROP TABLE public.witness; --",
    "a'); DROP TABLE public.witness; --",
    "a'::regclass); DROP TABLE public.witness; --",
    "a\" CASCADE; DROP TABLE public.witness; --",
    "a\", \"public",
    "a\".\"b",
    "a$$; DROP TABLE public.witness; $$",
    "a$pgmig$; DROP TABLE public.witness; $pgmig$",
    "$body$",
    "a; DROP TABLE public.witness",
    "a\n; DROP TABLE public.witness;\n--",
    "a\r\n\\! true",
    "--",
    "/*",
    "*/ DROP TABLE public.witness; /*",
    "a -- \n",
    "E'\\''",
    "U&\"\\0022\"",
    "$1",
    ":x",
    ":'x'",
    "%s %n %I %L %%",
    "${schema}",
    "{}",
    " public",
    "PUBLIC",
    "\"public\"",
    "public.witness",
    "select",
    "\u{ff02}; DROP TABLE public.witness; --",
    "\u{2019}; DROP TABLE public.witness; --",
    "\u{1}\u{7f}\u{202e}\u{feff}",
];

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];

/// With it there is a ledger before there is a tenant.
const PUBLIC: (&str, &str) = ("public/001_nothing.sql", "SELECT 1;");
const BASE: (&str, &str) = (
    "tenant/001_base.sql",
    "CREATE TABLE a (id int); CREATE VIEW ${schema}.v AS SELECT * FROM ${schema}.a;",
);
const COLUMN: (&str, &str) = (
    "tenant/002_column.sql",
    "ALTER TABLE ${schema}.a ADD COLUMN note text DEFAULT 'note'; INSERT INTO a (id) VALUES (1);",
);
const INDEX: (&str, &str) = (
    "tenant/003_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY i ON ${schema}.a (id);",
);

/// A database with something to lose, whose strings know backslashes where `old_strings`.
async fn database(old_strings: bool) -> (TestDatabase, PgPool) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(
        &pool,
        "CREATE TABLE public.witness (id int); INSERT INTO public.witness VALUES (1)",
    )
    .await;
    if old_strings {
        let set = "SET standard_conforming_strings = off";
        execute(&pool, &format!("ALTER DATABASE {} {set}", db.name())).await;
    }
    let fresh = db.pool();
    (db, fresh)
}

/// What there is outside of PostgreSQL's own schemas: how many relations each schema has.
async fn schemas(pool: &PgPool) -> BTreeMap<String, i64> {
    let query = "SELECT n.nspname::text, count(c.oid) FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid \
                 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' GROUP BY 1";
    let rows: Vec<(String, i64)> = sqlx::query_as(query).fetch_all(pool).await.unwrap();
    rows.into_iter().collect()
}

/// The witness is there and alone in `public`, and so are the ledger and these schemas.
async fn assert_only(pool: &PgPool, ledger: &str, expected: &[(&str, i64)]) {
    let mut found = schemas(pool).await;
    assert_eq!(found.remove("public"), Some(1));
    assert!(found.remove(ledger).is_some_and(|count| count > 3));
    let expected = expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count));
    assert_eq!(found, expected.collect());
    assert_eq!(column(pool, "SELECT id FROM public.witness").await, ["1"]);
}

fn fleet() -> Vec<Uuid> {
    (0..ATTEMPTS.len() as u128).map(Uuid::from_u128).collect()
}

fn named(migrations: &'static Migrations) -> Migrator {
    let name = |id: Uuid| ATTEMPTS[usize::try_from(id.as_u128()).unwrap()].to_owned();
    Migrator::new(migrations).tenant_schema(name)
}

#[tokio::test]
async fn a_fleet_of_schemas_named_like_sql_is_migrated_and_dropped_and_nothing_else_is() {
    for (dispatch, old_strings) in [(BOTH[0], false), (BOTH[1], false), (BOTH[0], true)] {
        let (_db, pool) = database(old_strings).await;
        // One fresh, then several in a transaction, then outside of one.
        for migrations in [
            embed(&[PUBLIC, BASE]),
            embed(&[PUBLIC, BASE, COLUMN]),
            embed(&[PUBLIC, BASE, COLUMN, INDEX]),
        ] {
            let migrator = named(migrations).dispatch(dispatch).parallel(2);
            migrator.run_public(&pool).await.unwrap();
            let report = migrator.run_tenants(&pool, Tenants::List(fleet())).await;
            let report = report.unwrap();
            assert_eq!(report.migrated.len(), ATTEMPTS.len(), "{:?}", report.failed);
            let again = migrator.run_tenants(&pool, Tenants::List(fleet())).await;
            assert!(again.unwrap().is_noop());
        }
        assert_only(&pool, "pgmig", &ATTEMPTS.map(|name| (name, 3))).await;
        for name in ATTEMPTS {
            let quoted = name.replace('"', "\"\"");
            let note = column(&pool, &format!("SELECT note FROM \"{quoted}\".a")).await;
            assert_eq!(note, ["note"], "{name}");
        }
        let migrator = named(embed(&[PUBLIC, BASE, COLUMN, INDEX])).dispatch(dispatch);
        let status = migrator.status(&pool).await.unwrap();
        assert_eq!(status.tenants.len(), ATTEMPTS.len());
        for tenant in fleet() {
            migrator.drop_tenant(&pool, tenant).await.unwrap();
        }
        assert_only(&pool, "pgmig", &[]).await;
    }
}

#[tokio::test]
async fn a_ledger_and_an_app_named_like_sql_are_names() {
    for (number, name) in ATTEMPTS.into_iter().enumerate() {
        let (_db, pool) = database(number % 3 == 2).await;
        let migrations = embed_in(name, &[PUBLIC, BASE, INDEX_OF_BASE]);
        let migrator = Migrator::new(migrations)
            .dispatch(BOTH[number % 2])
            .ledger_schema(name);
        migrator.run_public(&pool).await.unwrap();
        migrator.run_tenant(&pool, Uuid::nil()).await.unwrap();
        assert!(migrator.run_public(&pool).await.unwrap().is_noop());
        let schema = format!("tenant_{}", Uuid::nil().simple());
        assert_only(&pool, name, &[(&schema, 3)]).await;
        let history = name.replace('"', "\"\"");
        let apps = format!("SELECT DISTINCT app FROM \"{history}\".history");
        assert_eq!(column(&pool, &apps).await, [name]);
        migrator.drop_tenant(&pool, Uuid::nil()).await.unwrap();
        assert_only(&pool, name, &[]).await;
    }
}

const INDEX_OF_BASE: (&str, &str) = (
    "tenant/002_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (id);",
);

#[tokio::test]
async fn an_error_that_reads_like_sql_is_kept_as_it_is() {
    for (number, attempt) in ATTEMPTS.into_iter().enumerate() {
        let (_db, pool) = database(number % 3 == 2).await;
        let literal = attempt.replace('\\', "\\\\").replace('\'', "''");
        let fails = format!("CREATE TABLE a (id int); SELECT E'{literal}'::int;");
        let migrations = embed(&[PUBLIC, ("tenant/001_a.sql", &fails)]);
        let migrator = Migrator::new(migrations)
            .dispatch(BOTH[number % 2])
            .on_failure(OnFailure::Continue { budget: 5 });
        migrator.run_public(&pool).await.unwrap();
        let fleet = Tenants::List(vec![Uuid::nil()]);
        let report = migrator.run_tenants(&pool, fleet).await;
        let report = match report {
            Ok(report) => report,
            Err(error) => panic!("{attempt}: {error}"),
        };
        assert_eq!(report.failed.len(), 1);
        let kept = "SELECT error FROM pgmig.target WHERE scope = 'tenant'";
        let kept = column(&pool, kept).await;
        // What a terminal would act on is shown as a picture.
        if !attempt.contains(char::is_control) {
            assert!(kept[0].contains(attempt), "{kept:?} has not {attempt:?}");
        }
        assert_only(&pool, "pgmig", &[]).await;
        let error = migrator.run_tenant(&pool, Uuid::nil()).await.unwrap_err();
        assert!(matches!(error, Error::Statement(_)), "{error}");
    }
}
