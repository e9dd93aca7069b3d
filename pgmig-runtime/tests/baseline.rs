//! Starting from a baseline, on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_core::Scope::{Public, Tenant};
use pgmig_runtime::{Dispatch, Error, Migrations, Migrator, RollbackTo};
use pgmig_testkit::{Proxy, TestDatabase};
use sqlx::{Connection as _, PgPool};
use support::{column, embed, embed_with_baselines, execute, history, queries, relations};
use uuid::Uuid;

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];

/// A history with a way back, rows, and what cannot run in a transaction.
const FILES: [(&str, &str); 7] = [
    (
        "public/001_users.sql",
        "CREATE TABLE users (id int, mail text);",
    ),
    ("public/001_users.down.sql", "DROP TABLE users;"),
    (
        "public/002_index.sql",
        "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY users_id ON users (id);\nVACUUM users;",
    ),
    (
        "public/003_admin.sql",
        "INSERT INTO users VALUES (1, 'admin');\n-- pgmig: down\nDELETE FROM users;",
    ),
    ("tenant/001_orders.sql", "CREATE TABLE orders (id serial);"),
    (
        "tenant/002_first.sql",
        "INSERT INTO orders DEFAULT VALUES;\n-- pgmig: down\nDELETE FROM orders;",
    ),
    (
        "tenant/003_total.sql",
        "-- pgmig: no-transaction\nVACUUM orders;\nALTER TABLE orders ADD total bigint;",
    ),
];

const PUBLIC: &str = "CREATE TABLE public.users (id int, mail text);
INSERT INTO public.users (id, mail) VALUES (1, 'admin');
CREATE INDEX users_id ON public.users USING btree (id);";

/// The function comes before the table that its body needs, as `pg_dump` writes it.
const TENANT: &str = "CREATE FUNCTION ${schema}.count_orders() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ${schema}.orders $$;
DROP FUNCTION ${schema}.count_orders();
CREATE TABLE ${schema}.orders (id integer NOT NULL, total bigint);
CREATE SEQUENCE ${schema}.orders_id_seq AS integer OWNED BY ${schema}.orders.id;
ALTER TABLE ONLY ${schema}.orders ALTER COLUMN id SET DEFAULT nextval('orders_id_seq'::regclass);
INSERT INTO ${schema}.orders (id, total) VALUES (1, NULL);
SELECT pg_catalog.setval('orders_id_seq', 1, true);";

const LATER: [(&str, &str); 2] = [
    ("public/004_more.sql", "ALTER TABLE users ADD more text;"),
    ("tenant/004_more.sql", "ALTER TABLE orders ADD more text;"),
];

fn with_baselines() -> &'static Migrations {
    embed_with_baselines(&FILES, &[(Public, PUBLIC), (Tenant, TENANT)], &LATER)
}

/// What the ledger has of a schema, whichever way it came to be.
async fn ledger(pool: &PgPool, schema: &str) -> Vec<String> {
    let query = format!(
        "SELECT concat_ws(' ', h.scope, h.version, h.name, h.checksum, encode(h.head, 'hex'), h.state, h.statements, encode(h.down, 'hex')) \
         FROM pgmig.history h WHERE h.schema = '{schema}' ORDER BY h.id"
    );
    let mut rows = column(pool, &query).await;
    let target = format!(
        "SELECT concat_ws(' ', t.version, encode(t.head, 'hex'), t.state, t.error) FROM pgmig.target t WHERE t.schema = '{schema}'"
    );
    rows.extend(column(pool, &target).await);
    rows
}

fn tenant_schema(tenant: Uuid) -> String {
    format!("tenant_{}", tenant.simple())
}

#[tokio::test]
async fn a_target_with_nothing_is_the_same_and_recorded_the_same_whether_from_a_baseline_or_not() {
    for dispatch in BOTH {
        let tenant = Uuid::new_v4();
        let schema = tenant_schema(tenant);
        let mut found = Vec::new();
        for baselines in [true, false] {
            let db = TestDatabase::create().await.unwrap();
            let pool = db.pool();
            let migrator = Migrator::new(with_baselines())
                .dispatch(dispatch)
                .baselines(baselines);
            let public = migrator.run_public(&pool).await.unwrap();
            let own = migrator.run_tenant(&pool, tenant).await.unwrap();
            for report in [&public, &own] {
                assert!(!report.is_noop());
                let from = report.baseline.as_deref();
                let from = from.map(|from| (from.version, from.migrations));
                assert_eq!(from, baselines.then_some(("3", 3)));
                let last = report.applied.last().unwrap();
                assert_eq!((last.version, last.name), ("4", "more"));
                assert_eq!(report.applied.len(), if baselines { 1 } else { 4 });
            }
            let origins =
                "SELECT string_agg(coalesce(origin, '-'), ' ' ORDER BY id) FROM pgmig.history";
            let expected = match baselines {
                true => "baseline 3 baseline 3 baseline 3 - baseline 3 baseline 3 baseline 3 -",
                false => "- - - - - - - -",
            };
            assert_eq!(column(&pool, origins).await, [expected]);
            assert!(migrator.run_public(&pool).await.unwrap().is_noop());
            assert!(migrator.run_tenant(&pool, tenant).await.unwrap().is_noop());
            let verified = migrator.verify(&pool).await.unwrap();
            assert!(verified.is_sound() && verified.sound == 2, "{verified}");
            let next = format!("INSERT INTO {schema}.orders DEFAULT VALUES RETURNING id");
            found.push((
                ledger(&pool, "public").await,
                ledger(&pool, &schema).await,
                relations(&pool, &schema).await,
                column(&pool, "SELECT users::text FROM users").await,
                column(&pool, &next).await,
            ));
        }
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0].4, ["2"]);
    }
}

#[tokio::test]
async fn the_baseline_and_what_comes_after_it_are_one_message() {
    let db = TestDatabase::create().await.unwrap();
    Migrator::new(with_baselines())
        .run_public(&db.pool())
        .await
        .unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = PgPool::connect(proxy.url()).await.unwrap();
    let migrator = Migrator::new(with_baselines());
    let report = migrator.run_tenant(&pool, Uuid::new_v4()).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    let sent = queries(&proxy);
    let writes = sent
        .iter()
        .filter(|sql| sql.contains("CREATE TABLE") || sql.contains("ALTER TABLE"));
    assert_eq!(writes.count(), 1, "{sent:#?}");
}

#[tokio::test]
async fn a_target_that_has_something_never_sees_the_baseline() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(embed(&FILES[..2]))
        .run_public(&pool)
        .await
        .unwrap();
    let migrator = Migrator::new(with_baselines());
    let report = migrator.run_public(&pool).await.unwrap();
    assert!(report.baseline.is_none());
    let applied: Vec<_> = report.applied.iter().map(|one| one.version).collect();
    assert_eq!(applied, ["2", "3", "4"]);

    // Nor does a schema in which somebody has made a table already.
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, "CREATE TABLE mine ()").await;
    let report = migrator.run_public(&pool).await.unwrap();
    assert!(report.baseline.is_none());
    assert_eq!(report.applied.len(), 4);
}

#[tokio::test]
async fn what_an_extension_has_put_into_a_schema_is_not_in_the_way() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let theirs = "CREATE TABLE theirs (id serial PRIMARY KEY);
        ALTER EXTENSION plpgsql ADD TABLE theirs; ALTER EXTENSION plpgsql ADD SEQUENCE theirs_id_seq";
    execute(&pool, theirs).await;
    let migrator = Migrator::new(with_baselines());
    let report = migrator.run_public(&pool).await.unwrap();
    assert!(report.baseline.is_some());
}

#[tokio::test]
async fn in_a_transaction_of_the_caller_its_settings_are_as_before() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(with_baselines());
    migrator.run_public(&pool).await.unwrap();
    let mut connection = db.connect().await.unwrap();
    for (tenant, checks) in [(Uuid::new_v4(), "on"), (Uuid::new_v4(), "off")] {
        let set = format!("SET check_function_bodies = {checks}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(set))
            .execute(&mut connection)
            .await
            .unwrap();
        let mut tx = connection.begin().await.unwrap();
        // Some of what is flattened could not run here.
        let report = migrator.run_tenant_in(&mut tx, tenant).await.unwrap();
        assert!(report.baseline.is_some());
        let read = "SELECT current_setting('check_function_bodies') || ' ' || current_setting('search_path')";
        let now: String = sqlx::query_scalar(read).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(now, format!("{checks} \"$user\", public"));
        tx.rollback().await.unwrap();
        assert!(relations(&pool, &tenant_schema(tenant)).await.is_empty());
    }
}

#[tokio::test]
async fn what_a_baseline_stands_for_is_taken_back_by_its_own_down_scripts() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let tenant = Uuid::new_v4();
    let files: Vec<_> = FILES
        .iter()
        .filter(|(path, _)| !path.contains("_total"))
        .copied()
        .collect();
    let baseline = TENANT
        .replace(", total bigint", "")
        .replace(", total)", ")")
        .replace(", NULL)", ")");
    let migrations = embed_with_baselines(&files, &[(Tenant, &baseline)], &[]);
    let migrator = Migrator::new(migrations);
    migrator.run_public(&pool).await.unwrap();
    let report = migrator.run_tenant(&pool, tenant).await.unwrap();
    assert!(report.baseline.is_some());
    let back = migrator
        .rollback_tenant(&pool, tenant, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(back.version.as_deref(), Some("1"));
    let orders = format!("SELECT id::text FROM {}.orders", tenant_schema(tenant));
    assert!(column(&pool, &orders).await.is_empty());
    let refused = migrator
        .rollback_tenant(&pool, tenant, &RollbackTo::Nothing)
        .await;
    assert!(matches!(refused, Err(Error::Irreversible(_))));
    // What is left is not nothing, so the way up is that of the migrations.
    let again = migrator.run_tenant(&pool, tenant).await.unwrap();
    assert!(again.baseline.is_none());
    assert_eq!(again.applied.len(), 1);
}

#[tokio::test]
async fn an_older_binary_finds_a_target_that_a_newer_one_began_with_a_baseline_ahead_of_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(with_baselines())
        .run_public(&pool)
        .await
        .unwrap();
    let report = Migrator::new(embed(&FILES[..3]))
        .run_public(&pool)
        .await
        .unwrap();
    assert_eq!(report.ahead.as_deref(), Some("4"));
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_schema() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(with_baselines());
    migrator.run_public(&pool).await.unwrap();
    let tenant = Uuid::new_v4();
    let runs = (0..4).map(|_| {
        let (migrator, pool) = (migrator.clone(), pool.clone());
        tokio::spawn(async move { migrator.run_tenant(&pool, tenant).await.unwrap() })
    });
    let mut made = 0;
    for run in runs.collect::<Vec<_>>() {
        made += usize::from(run.await.unwrap().baseline.is_some());
    }
    assert_eq!(made, 1);
    assert_eq!(history(&pool).await.len(), 8);
}

#[tokio::test]
async fn a_baseline_that_fails_names_its_file_and_line_and_leaves_nothing() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let broken = format!("{PUBLIC}\nALTER TABLE nowhere ADD x int;");
    let migrations = embed_with_baselines(&FILES, &[(Public, &broken)], &LATER);
    let error = Migrator::new(migrations)
        .run_public(&pool)
        .await
        .unwrap_err();
    let Error::Statement(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.path, "migrations/baseline/public.sql");
    assert!(
        error
            .to_string()
            .contains("migrations/baseline/public.sql:4:"),
        "{error}"
    );
    assert!(relations(&pool, "public").await.is_empty());
    assert!(history(&pool).await.is_empty());
}

#[tokio::test]
async fn a_plan_shows_the_baseline_in_the_place_of_what_it_stands_for() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(with_baselines());
    for _ in 0..2 {
        let plans = migrator.plan_public(&pool).await.unwrap();
        let baseline = plans[0].baseline.as_ref().unwrap();
        assert_eq!(baseline.path, "migrations/baseline/public.sql");
        assert!(baseline.sql.contains("CREATE TABLE public.users"));
        let pending: Vec<_> = plans[0].pending.iter().map(|one| one.version).collect();
        assert_eq!(pending, ["4"]);
        // Then the same with a ledger.
        migrator.run_tenant(&pool, Uuid::new_v4()).await.unwrap();
    }
}

#[tokio::test]
async fn a_fleet_run_tells_a_tenant_that_needed_nothing_but_the_baseline() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrations = embed_with_baselines(&FILES, &[(Tenant, TENANT)], &[]);
    let migrator = Migrator::new(migrations).tenants("SELECT id FROM tenants");
    migrator.run_public(&pool).await.unwrap();
    let tenant = Uuid::new_v4();
    let registry =
        format!("CREATE TABLE tenants (id uuid); INSERT INTO tenants VALUES ('{tenant}')");
    execute(&pool, &registry).await;
    let report = migrator.run_tenants(&pool, vec![tenant]).await.unwrap();
    assert_eq!((report.migrated.len(), report.elsewhere), (1, 0));
    assert!(report.migrated[0].baseline.is_some());
}
