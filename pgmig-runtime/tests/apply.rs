//! Transactional migrations on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Dispatch, Error, Migrations, Migrator};
use pgmig_testkit::{Proxy, TestDatabase};
use sqlx::Connection as _;
use support::{column, embed, execute, history, queries, relations};
use uuid::Uuid;

const TENANTS: &str = "CREATE TABLE tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    is_active boolean NOT NULL DEFAULT true
);";

fn shop() -> &'static Migrations {
    embed(&[
        ("public/001_create_tenants.sql", TENANTS),
        (
            "public/002_create_plans.sql",
            "CREATE TABLE plans (id int);",
        ),
        (
            "tenant/001_create_invoices.sql",
            "CREATE TABLE invoices (id int PRIMARY KEY, total int);\n\
             CREATE FUNCTION due() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';",
        ),
        (
            "tenant/002_index_invoices.sql",
            "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY invoices_total ON invoices (total);",
        ),
        (
            "tenant/003_view.sql",
            "CREATE VIEW ${schema}.big AS SELECT * FROM ${schema}.invoices;",
        ),
    ])
}

async fn tenant(pool: &sqlx::PgPool) -> Uuid {
    let rows = column(pool, "INSERT INTO tenants DEFAULT VALUES RETURNING id").await;
    rows[0].parse().unwrap()
}

#[tokio::test]
async fn public_and_every_active_tenant_are_migrated() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(shop());
    migrator.run_public(&pool).await.unwrap();
    let (one, two) = (tenant(&pool).await, tenant(&pool).await);
    execute(&pool, "INSERT INTO tenants (is_active) VALUES (false)").await;

    let report = migrator.setup(&pool).await.unwrap();

    assert!(report.public.is_noop());
    assert_eq!(report.tenants.migrated.len(), 2);
    for (id, report) in [one, two].iter().zip(&report.tenants.migrated) {
        let schema = format!("tenant_{}", id.simple());
        assert_eq!(report.target.schema, schema);
        assert!(report.created);
        let versions: Vec<_> = report.applied.iter().map(|m| m.version).collect();
        assert_eq!(versions, ["1", "2", "3"]);
        assert_eq!(
            relations(&pool, &schema).await,
            ["i invoices_pkey", "i invoices_total", "r invoices", "v big"]
        );
    }
    assert_eq!(
        relations(&pool, "public").await,
        ["i tenants_pkey", "r plans", "r tenants"]
    );
    let valid = "SELECT bool_and(indisvalid) FROM pg_index";
    assert_eq!(column(&pool, valid).await, ["t"]);
    assert_eq!(history(&pool).await.len(), 8);
}

#[tokio::test]
async fn a_boot_with_nothing_to_do_sends_one_query() {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = sqlx::PgPool::connect(proxy.url()).await.unwrap();
    let migrator = Migrator::new(shop());
    migrator.run_public(&pool).await.unwrap();
    let id = tenant(&pool).await;
    migrator.run_tenant(&pool, id).await.unwrap();
    proxy.reset();

    migrator.run_public(&pool).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 1, "{sent:?}");

    migrator.run_tenant(&pool, id).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 1, "{sent:?}");
}

#[tokio::test]
async fn a_fresh_tenant_takes_one_message_and_an_existing_one_a_message_a_migration() {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = sqlx::PgPool::connect(proxy.url()).await.unwrap();
    let old = embed(&[("tenant/001_a.sql", "CREATE TABLE a (id int);")]);
    let new = embed(&[
        ("tenant/001_a.sql", "CREATE TABLE a (id int);"),
        ("tenant/002_b.sql", "CREATE TABLE b (id int);"),
        ("tenant/003_c.sql", "CREATE TABLE c (id int);"),
    ]);
    let id = Uuid::new_v4();
    Migrator::new(old).run_tenant(&pool, id).await.unwrap();
    proxy.reset();
    let writes = |sent: Vec<String>| sent.iter().filter(|q| q.contains("CREATE")).count();

    Migrator::new(new).run_tenant(&pool, id).await.unwrap();
    assert_eq!(writes(queries(&proxy)), 2);
    let fresh = Uuid::new_v4();
    Migrator::new(new).run_tenant(&pool, fresh).await.unwrap();
    assert_eq!(writes(queries(&proxy)), 1);
}

/// Everything in the database that a failed migration must leave alone.
async fn fingerprint(pool: &sqlx::PgPool) -> Vec<String> {
    let mut all = relations(pool, "public").await;
    all.extend(column(pool, "SELECT h::text FROM pgmig.history h ORDER BY id").await);
    all.extend(column(pool, "SELECT t::text FROM pgmig.target t ORDER BY schema").await);
    all
}

async fn fails_with_place_and_leaves_all_as_before(dispatch: Dispatch) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let first = ("public/001_a.sql", "CREATE TABLE a (id int, total int);");
    let run = |second| {
        let migrator = Migrator::new(embed(&[first, ("public/002_b.sql", second)]));
        let pool = pool.clone();
        async move { migrator.dispatch(dispatch).run_public(&pool).await }
    };
    Migrator::new(embed(&[first]))
        .run_public(&pool)
        .await
        .unwrap();
    let before = fingerprint(&pool).await;

    let wrong =
        "\u{feff}-- größer\r\nCREATE TABLE b (id int);\r\n\r\nCREATE INDEX ä ON a\r\n  (totl);\r\n";
    let error = run(wrong).await.unwrap_err();

    let Error::Statement(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.path, "migrations/public/002_b.sql");
    assert_eq!((error.line, error.column), (Some(5), Some(4)));
    assert_eq!(error.sqlstate, "42703");
    assert_eq!(error.statement, Some("CREATE INDEX"));
    assert_eq!(error.number, Some(2));
    assert_eq!(fingerprint(&pool).await, before);

    let report = run("CREATE TABLE b (id int);").await.unwrap();
    assert_eq!(report.applied.len(), 1);
}

#[tokio::test]
async fn a_wrong_column_is_shown_in_its_file_and_leaves_schema_and_ledger_as_before() {
    fails_with_place_and_leaves_all_as_before(Dispatch::Message).await;
}

#[tokio::test]
async fn the_same_holds_one_statement_a_message() {
    fails_with_place_and_leaves_all_as_before(Dispatch::Statement).await;
}

#[tokio::test]
async fn an_error_reads_like_one_of_the_compiler() {
    let db = TestDatabase::create().await.unwrap();
    let wrong = "CREATE TABLE a (id int);\nINSERT INTO a\n    SELECT naem FROM a;\n";
    let migrations = embed(&[("public/001_a.sql", wrong)]);
    let error = Migrator::new(migrations).run_public(&db.pool()).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "column \"naem\" does not exist
 --> migrations/public/001_a.sql:3:12
  |
3 |     SELECT naem FROM a;
  |            ^^^^
  = schema: public
  = statement: INSERT, 2 of 2
  = sqlstate: 42703
  = note: nothing of this migration was applied"
    );
}

#[tokio::test]
async fn an_error_without_a_position_names_the_statement_all_the_same() {
    let db = TestDatabase::create().await.unwrap();
    let migrations = embed(&[(
        "public/001_a.sql",
        "CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1);\n\nINSERT INTO a VALUES (1);\nSELECT 1;",
    )]);
    for dispatch in [Dispatch::Message, Dispatch::Statement] {
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let error = migrator.run_public(&db.pool()).await.unwrap_err();
        let Error::Statement(error) = error else {
            panic!("{error}");
        };
        assert_eq!((error.line, error.column), (Some(4), Some(1)));
        assert_eq!((error.statement, error.number), (Some("INSERT"), Some(3)));
        assert_eq!(error.sqlstate, "23505");
        assert_eq!(
            error.detail.as_deref(),
            Some("Key (id)=(1) already exists.")
        );
    }
}

#[tokio::test]
async fn a_deferred_constraint_that_fails_at_the_end_names_the_migration() {
    let db = TestDatabase::create().await.unwrap();
    let migrations = embed(&[(
        "public/001_a.sql",
        "CREATE TABLE a (id int PRIMARY KEY, other int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n\
         INSERT INTO a VALUES (1, 2);",
    )]);
    for dispatch in [Dispatch::Message, Dispatch::Statement] {
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let error = migrator.run_public(&db.pool()).await.unwrap_err();
        let Error::Statement(error) = error else {
            panic!("{error}");
        };
        assert_eq!(
            (error.path, error.line),
            ("migrations/public/001_a.sql", None)
        );
        assert_eq!(error.sqlstate, "23503");
    }
    assert!(relations(&db.pool(), "public").await.is_empty());
}

#[tokio::test]
async fn a_fresh_target_commits_in_between_where_one_transaction_cannot_hold_it_all() {
    let db = TestDatabase::create().await.unwrap();
    let migrations = embed(&[
        (
            "public/001_a.sql",
            "CREATE TABLE a (id int PRIMARY KEY, other int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n\
             INSERT INTO a VALUES (1, 1);",
        ),
        ("public/002_b.sql", "ALTER TABLE a ADD COLUMN name text;"),
    ]);
    let report = Migrator::new(migrations).run_public(&db.pool()).await;
    assert_eq!(report.unwrap().applied.len(), 2);
}

#[tokio::test]
async fn a_tenant_appears_in_the_callers_transaction_or_not_at_all() {
    for dispatch in [Dispatch::Message, Dispatch::Statement] {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(shop()).dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        let id = Uuid::new_v4();
        let schema = format!("tenant_{}", id.simple());
        let insert = format!("INSERT INTO public.tenants (id) VALUES ('{id}')");

        let mut tx = pool.begin().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(insert.clone()))
            .execute(&mut *tx)
            .await
            .unwrap();
        migrator.run_tenant_in(&mut tx, id).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(relations(&pool, &schema).await.is_empty());

        let mut tx = pool.begin().await.unwrap();
        sqlx::raw_sql(
            "SET LOCAL search_path = pg_catalog, public; SET LOCAL lock_timeout = '77ms'",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(insert))
            .execute(&mut *tx)
            .await
            .unwrap();
        let report = migrator.run_tenant_in(&mut tx, id).await.unwrap();
        assert_eq!(report.applied.len(), 3);
        let settings: (String, String) = sqlx::query_as(
            "SELECT current_setting('search_path'), current_setting('lock_timeout')",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(
            settings,
            ("pg_catalog, public".to_owned(), "77ms".to_owned())
        );
        tx.commit().await.unwrap();
        assert_eq!(relations(&pool, &schema).await.len(), 4);
    }
}

#[tokio::test]
async fn the_callers_transaction_survives_a_failure_and_a_missing_ledger() {
    for dispatch in [Dispatch::Message, Dispatch::Statement] {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = embed(&[("tenant/001_a.sql", "CREATE TABLE a (id int); SELECT x;")]);
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let mut tx = pool.begin().await.unwrap();
        sqlx::raw_sql("CREATE TABLE mine (id int)")
            .execute(&mut *tx)
            .await
            .unwrap();
        let error = migrator
            .run_tenant_in(&mut tx, Uuid::nil())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Statement(_)), "{error}");
        tx.commit().await.unwrap();
        assert_eq!(relations(&pool, "public").await, ["r mine"]);
        let schema = format!("tenant_{}", Uuid::nil().simple());
        let found = format!("SELECT nspname FROM pg_namespace WHERE nspname = '{schema}'");
        assert!(column(&pool, &found).await.is_empty());
    }
}

#[tokio::test]
async fn without_a_transaction_there_is_none_to_run_in() {
    let db = TestDatabase::create().await.unwrap();
    let mut connection = db.connect().await.unwrap();
    let error = Migrator::new(shop())
        .run_tenant_in(&mut connection, Uuid::nil())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotInTransaction), "{error}");
}

#[tokio::test]
async fn every_future_can_be_spawned() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(shop());
    let spawned = tokio::spawn({
        let (pool, migrator) = (pool.clone(), migrator.clone());
        async move {
            migrator.setup(&pool).await?;
            let mut connection = pool.acquire().await.unwrap();
            migrator.run_public(&mut *connection).await?;
            migrator.run_tenant(&mut connection, Uuid::nil()).await?;
            let mut tx = connection.begin().await.unwrap();
            migrator.run_tenant_in(&mut tx, Uuid::max()).await?;
            tx.commit().await.unwrap();
            migrator.plan(&pool).await?;
            migrator.status(&pool).await
        }
    });
    let status = spawned.await.unwrap().unwrap();
    assert_eq!(status.public.version.as_deref(), Some("2"));
    assert_eq!(status.tenants.len(), 2);
}

#[tokio::test]
async fn the_plan_shows_the_sql_and_changes_nothing() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(shop());
    let plans = migrator.plan(&pool).await.unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].pending[1].sql, "CREATE TABLE plans (id int);\n");
    let schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'pgmig'";
    assert!(column(&pool, schemas).await.is_empty());

    migrator.run_public(&pool).await.unwrap();
    let id = tenant(&pool).await;
    let plans = migrator.plan(&pool).await.unwrap();
    assert_eq!(plans.len(), 1);
    assert!(plans[0].creates_schema);
    let schema = format!("tenant_{}", id.simple());
    assert_eq!(
        plans[0].pending[2].sql,
        format!("CREATE VIEW \"{schema}\".big AS SELECT * FROM \"{schema}\".invoices;\n")
    );
    assert_eq!(
        plans[0].pending[1]
            .sql
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        format!("CREATE INDEX invoices_total ON \"{schema}\".invoices (total);")
    );
}

#[tokio::test]
async fn an_older_binary_boots_on_a_newer_database_and_says_so() {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = sqlx::PgPool::connect(proxy.url()).await.unwrap();
    let a = ("public/001_a.sql", "CREATE TABLE a (id int);");
    let b = ("public/002_b.sql", "CREATE TABLE b (id int);");
    Migrator::new(embed(&[a, b]))
        .run_public(&pool)
        .await
        .unwrap();
    proxy.reset();
    let old = Migrator::new(embed(&[a]));
    let report = old.run_public(&pool).await.unwrap();
    assert_eq!(report.ahead.as_deref(), Some("2"));
    // The head is not its own: the second look finds that it was passed.
    assert_eq!(queries(&proxy).len(), 2);

    let strict = old.unknown_newer(pgmig_runtime::UnknownNewer::Refuse);
    let error = strict.run_public(&pool).await.unwrap_err();
    assert!(
        error.to_string().contains("2_b is applied, and newer"),
        "{error}"
    );
}

#[tokio::test]
async fn an_edited_migration_is_refused_with_both_checksums_and_who_applied_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let a = embed(&[("public/001_a.sql", "CREATE TABLE a (id int);")]);
    let b = embed(&[("public/001_a.sql", "CREATE TABLE a (id bigint);")]);
    Migrator::new(a).run_public(&pool).await.unwrap();
    let error = Migrator::new(b)
        .run_public(&pool)
        .await
        .unwrap_err()
        .to_string();
    for part in [
        "migrations/public/001_a.sql was edited after it was applied",
        &a.public()[0].checksum().to_string(),
        &b.public()[0].checksum().to_string(),
        "by shop 1.4.0",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
}

#[tokio::test]
async fn a_tenant_schema_of_any_name_is_a_name_and_nothing_else() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, "CREATE TABLE public.witness (id int)").await;
    let names = [
        "a\"; DROP TABLE public.witness; --",
        "a'; DROP TABLE public.witness; --",
        "a$pgmig$; DROP TABLE public.witness; --",
        "a$$; DROP TABLE public.witness; $$",
        "a\\'; DROP TABLE public.witness; --",
        "a/* ",
        "a\n-- b",
        "${schema}",
        "%s % %%",
        "Ünïcode 🦀",
        " ",
        "select",
        "pgmig\"",
    ];
    let migrations = embed(&[(
        "tenant/001_a.sql",
        "CREATE TABLE a (id int); CREATE VIEW ${schema}.v AS SELECT * FROM ${schema}.a;\n\
         CREATE INDEX CONCURRENTLY i ON a (id);",
    )]);
    for (number, name) in names.into_iter().enumerate() {
        for dispatch in [Dispatch::Message, Dispatch::Statement] {
            let id =
                Uuid::from_u128(number as u128 * 2 + u128::from(dispatch == Dispatch::Message));
            let name = format!("{name}{}", id.as_u128());
            let schema = name.clone();
            let migrator = Migrator::new(migrations)
                .dispatch(dispatch)
                .tenant_schema(move |_| schema.clone());
            migrator.run_tenant(&pool, id).await.unwrap();
            let report = migrator.run_tenant(&pool, id).await.unwrap();
            assert!(report.is_noop());
            let made: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)",
            )
            .bind(&name)
            .fetch_one(&pool)
            .await
            .unwrap();
            assert_eq!(made, 3, "{name}");
        }
    }
    assert_eq!(relations(&pool, "public").await, ["r witness"]);
}
