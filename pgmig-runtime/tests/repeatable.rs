//! Repeatable migrations, on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{
    FleetReport, MigrationState, Migrations, Migrator, Report, RollbackTo, TenantState,
    TenantStatus, Tool, Uuid,
};
use pgmig_testkit::{Proxy, TestDatabase};
use sqlx::PgPool;
use support::{column, embed, execute, history, queries};

const TENANTS: (&str, &str) = (
    "public/V1__tenants.sql",
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);",
);
const A: (&str, &str) = ("V1__a.sql", "CREATE TABLE a ();");
const B: (&str, &str) = ("V2__b.sql", "CREATE TABLE b ();");
const UNDO_B: (&str, &str) = ("U2__b.sql", "DROP TABLE b;");
const NOTES: (&str, &str) = ("tenant/V1__notes.sql", "CREATE TABLE notes (id int);");
const PINNED: (&str, &str) = (
    "tenant/V2__pinned.sql",
    "ALTER TABLE notes ADD pinned boolean;",
);

/// A function that says a word.
fn word(word: &str) -> String {
    format!("CREATE OR REPLACE FUNCTION word() RETURNS text LANGUAGE sql AS 'SELECT ''{word}''';")
}

/// `public` with one version and a repeatable migration that says a word.
fn saying(said: &str) -> &'static Migrations {
    embed(&[A, ("R__word.sql", &word(said))])
}

/// The same with a second version.
fn second_saying(said: &str) -> &'static Migrations {
    embed(&[A, B, UNDO_B, ("R__word.sql", &word(said))])
}

/// Tenants with a version and a repeatable migration that says a word.
fn fleet_saying(said: &str, more: &[(&str, &str)]) -> &'static Migrations {
    let said = word(said);
    let mut files = vec![TENANTS, NOTES, ("tenant/R__word.sql", said.as_str())];
    files.extend(more);
    embed(&files)
}

async fn boot(pool: &PgPool, migrations: &'static Migrations) -> Report {
    Migrator::new(migrations).run_public(pool).await.unwrap()
}

fn applied(report: &Report) -> Vec<String> {
    let name = |one: &pgmig_runtime::Applied| format!("{} {}", one.version, one.name);
    report.applied.iter().map(name).collect()
}

async fn says(pool: &PgPool, schema: &str) -> String {
    column(pool, &format!("SELECT \"{schema}\".word()"))
        .await
        .remove(0)
}

async fn register(pool: &PgPool, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
    for id in &ids {
        execute(pool, &format!("INSERT INTO tenants VALUES ('{id}')")).await;
    }
    ids
}

fn schema(tenant: Uuid) -> String {
    format!("tenant_{}", tenant.simple())
}

/// Brings `public` and the tenants to what is embedded.
async fn set_up(pool: &PgPool, migrations: &'static Migrations) -> FleetReport {
    let report = Migrator::new(migrations).setup(pool).await.unwrap();
    report.tenants
}

/// So many tenants at what is embedded.
async fn fleet(pool: &PgPool, migrations: &'static Migrations, count: usize) -> Vec<Uuid> {
    boot(pool, migrations).await;
    let ids = register(pool, count).await;
    set_up(pool, migrations).await;
    ids
}

/// The tenants in a state, for a binary with these migrations.
async fn in_state(
    pool: &PgPool,
    migrations: &'static Migrations,
    state: TenantState,
) -> Vec<TenantStatus> {
    let fleet = Migrator::new(migrations).fleet_status(pool).await.unwrap();
    fleet.in_state(state).cloned().collect()
}

/// A fresh database behind a proxy that sees what is sent.
async fn seen() -> (TestDatabase, Proxy, PgPool) {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = PgPool::connect_lazy(proxy.url()).unwrap();
    (db, proxy, pool)
}

#[tokio::test]
async fn they_run_after_all_versions_in_the_order_of_their_descriptions_and_then_never_again() {
    let migrations = embed(&[
        (
            "R__b.sql",
            "CREATE OR REPLACE VIEW b AS SELECT id FROM a_view;",
        ),
        (
            "R__a.sql",
            "CREATE OR REPLACE VIEW a_view AS SELECT id FROM t;",
        ),
        ("V9__t.sql", "CREATE TABLE t (id int);"),
    ]);
    let (_db, proxy, pool) = seen().await;
    let report = boot(&pool, migrations).await;
    assert_eq!(applied(&report), ["9 t", "R a", "R b"]);
    let rows = "SELECT concat_ws(' ', schema, scope, name, version, state, app, checksum LIKE 'v1:%', duration_ms IS NOT NULL) FROM pgmig.repeatable ORDER BY id";
    assert_eq!(
        column(&pool, rows).await,
        [
            "public public a 9 applied shop 1.4.0 t t",
            "public public b 9 applied shop 1.4.0 t t"
        ]
    );
    assert_eq!(history(&pool).await, ["public 9 applied"]);
    queries(&proxy);
    assert!(boot(&pool, migrations).await.is_noop());
    assert_eq!(queries(&proxy).len(), 1, "one round trip");
}

#[tokio::test]
async fn one_that_changed_is_applied_again_alone() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let other = (
        "R__other.sql",
        "CREATE OR REPLACE VIEW other AS SELECT 1 AS one;",
    );
    let with = |said: &str| embed(&[A, ("R__word.sql", &word(said)), other]);
    boot(&pool, with("one")).await;
    let plan = Migrator::new(with("two")).plan_public(&pool).await.unwrap();
    let pending: Vec<_> = plan[0]
        .pending
        .iter()
        .map(|p| (p.version, p.name))
        .collect();
    assert_eq!(pending, [("R", "word")]);
    assert!(plan[0].pending[0].sql.contains("two"));
    assert_eq!(applied(&boot(&pool, with("two")).await), ["R word"]);
    assert_eq!(says(&pool, "public").await, "two");
    // A comment is no change.
    let commented = format!("-- why\n{}", word("two"));
    let commented = embed(&[A, ("R__word.sql", &commented), other]);
    assert!(boot(&pool, commented).await.is_noop());
}

#[tokio::test]
async fn the_old_binary_of_a_rolling_deploy_takes_nothing_back() {
    let (_db, proxy, pool) = seen().await;
    let (old, new) = (saying("old"), saying("new"));
    boot(&pool, old).await;
    boot(&pool, new).await;
    queries(&proxy);
    for migrations in [old, new, old, new] {
        assert!(boot(&pool, migrations).await.is_noop());
    }
    assert_eq!(queries(&proxy).len(), 4, "one round trip each");
    assert_eq!(says(&pool, "public").await, "new");

    let status = Migrator::new(old).status(&pool).await.unwrap();
    let last = status.public.migrations.last().unwrap();
    assert_eq!(
        (last.version.as_str(), last.state),
        ("R", MigrationState::Replaced)
    );
}

#[tokio::test]
async fn a_binary_that_the_database_is_ahead_of_applies_none() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    boot(&pool, second_saying("new")).await;
    let report = boot(&pool, saying("never seen")).await;
    assert!(report.applied.is_empty());
    assert_eq!(report.ahead.as_deref(), Some("2"));
    assert_eq!(says(&pool, "public").await, "new");
}

#[tokio::test]
async fn a_newer_version_brings_an_earlier_text_back() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    boot(&pool, saying("good")).await;
    boot(&pool, saying("bad")).await;
    assert!(boot(&pool, saying("good")).await.is_noop());
    let report = boot(&pool, second_saying("good")).await;
    assert_eq!(applied(&report), ["2 b", "R word"]);
    assert_eq!(says(&pool, "public").await, "good");
}

#[tokio::test]
async fn after_a_rollback_the_binary_that_boots_brings_its_own() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let (old, new) = (saying("old"), second_saying("new"));
    boot(&pool, old).await;
    boot(&pool, new).await;
    let to = RollbackTo::Version("1".to_owned());
    let newer = Migrator::new(new);
    newer.rollback_public(&pool, &to).await.unwrap();
    assert_eq!(applied(&boot(&pool, old).await), ["R word"]);
    assert_eq!(says(&pool, "public").await, "old");
    assert_eq!(applied(&boot(&pool, new).await), ["2 b", "R word"]);
    assert_eq!(says(&pool, "public").await, "new");
}

#[tokio::test]
async fn of_many_boots_at_once_one_applies() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    boot(&pool, saying("one")).await;
    let new = saying("two");
    let mut boots = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let pool = pool.clone();
        boots.spawn(async move { boot(&pool, new).await.applied.len() });
    }
    assert_eq!(boots.join_all().await.into_iter().sum::<usize>(), 1);
    let count = column(&pool, "SELECT count(*) FROM pgmig.repeatable").await;
    assert_eq!(count, ["2"]);
}

#[tokio::test]
async fn one_that_fails_leaves_the_text_before_and_names_its_line() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    boot(&pool, saying("good")).await;
    let bad = format!("{}\nSELECT 1/0;", word("bad"));
    let bad = embed(&[A, ("R__word.sql", &bad)]);
    let error = Migrator::new(bad).run_public(&pool).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("migrations/R__word.sql:2:"), "{told}");
    assert_eq!(says(&pool, "public").await, "good");
    assert_eq!(applied(&boot(&pool, saying("better")).await), ["R word"]);
}

#[tokio::test]
async fn a_ledger_from_before_they_were_known_gets_what_is_missing() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    // A binary without any makes no tables for them, as one from before did.
    boot(&pool, embed(&[A])).await;
    assert!(column(&pool, "SELECT to_regclass('pgmig.repeatable')").await == ["NULL"]);
    let migrations = saying("word");
    let migrator = Migrator::new(migrations);
    let status = migrator.status(&pool).await.unwrap();
    let states: Vec<_> = status.public.migrations.iter().map(|m| m.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Pending]);
    let plan = migrator.plan_public(&pool).await.unwrap();
    assert_eq!(plan[0].pending.len(), 1);
    assert!(column(&pool, "SELECT to_regclass('pgmig.repeatable')").await == ["NULL"]);
    assert_eq!(applied(&boot(&pool, migrations).await), ["R word"]);
    // Taking back asks for nothing that is not there.
    let second = embed(&[A, B, UNDO_B]);
    boot(&pool, second).await;
    execute(&pool, "DROP TABLE pgmig.repeatable, pgmig.repeatable_set").await;
    let to = RollbackTo::Version("1".to_owned());
    let back = Migrator::new(second).rollback_public(&pool, &to).await;
    assert_eq!(back.unwrap().rolled_back.len(), 1);
}

#[tokio::test]
async fn a_fleet_gets_them_and_has_nothing_to_do_in_one_round_trip() {
    let (_db, proxy, pool) = seen().await;
    let first = fleet_saying("one", &[]);
    let ids = fleet(&pool, first, 12).await;
    for id in &ids {
        assert_eq!(says(&pool, &schema(*id)).await, "one");
    }
    queries(&proxy);
    assert!(set_up(&pool, first).await.is_noop());
    assert_eq!(queries(&proxy).len(), 1);

    let second = fleet_saying("two", &[]);
    let behind = in_state(&pool, second, TenantState::Behind).await;
    assert_eq!(behind.len(), 12);
    queries(&proxy);
    let report = Migrator::new(second)
        .parallel(1)
        .setup(&pool)
        .await
        .unwrap();
    assert_eq!(report.tenants.migrated.len(), 12);
    for report in &report.tenants.migrated {
        assert_eq!(applied(report), ["R word"]);
    }
    let batches = queries(&proxy)
        .into_iter()
        .filter(|sql| sql.contains("OR REPLACE"));
    assert!(batches.count() < 12, "they share transactions");
    for id in &ids {
        assert_eq!(says(&pool, &schema(*id)).await, "two");
    }
    let up_to_date = in_state(&pool, second, TenantState::UpToDate).await;
    assert_eq!(up_to_date.len(), 12);
    // The old binary boots again.
    assert!(set_up(&pool, first).await.is_noop());
    assert_eq!(says(&pool, &schema(ids[0])).await, "two");
}

#[tokio::test]
async fn a_version_and_a_changed_text_reach_every_tenant_in_one_run() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = fleet(&pool, fleet_saying("one", &[]), 9).await;
    for (said, changed) in [("one", false), ("two", true)] {
        let more: &[(&str, &str)] = match changed {
            false => &[PINNED],
            true => &[
                PINNED,
                ("tenant/V3__index.sql", "CREATE INDEX ON notes (id);"),
            ],
        };
        let migrations = fleet_saying(said, more);
        let report = set_up(&pool, migrations).await;
        assert_eq!(report.migrated.len(), 9);
        let each = if changed {
            vec!["3 index", "R word"]
        } else {
            vec!["2 pinned"]
        };
        for report in &report.migrated {
            assert_eq!(applied(report), each);
        }
        assert!(set_up(&pool, migrations).await.is_noop());
        assert_eq!(says(&pool, &schema(ids[8])).await, said);
    }
}

#[tokio::test]
async fn a_tenant_that_fails_in_one_is_told_and_goes_on_once_it_is_mended() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = fleet(&pool, fleet_saying("one", &[]), 3).await;
    let broken = schema(ids[1]);
    execute(&pool, &format!("DROP FUNCTION {broken}.word(); CREATE FUNCTION {broken}.word() RETURNS int LANGUAGE sql AS 'SELECT 1'")).await;
    let second = fleet_saying("two", &[]);
    assert_eq!(set_up(&pool, second).await.failed.len(), 1);
    let failed = in_state(&pool, second, TenantState::Failed).await;
    assert!(failed[0].error.as_ref().unwrap().contains("R__word.sql"));
    execute(&pool, &format!("DROP FUNCTION {broken}.word()")).await;
    set_up(&pool, second).await;
    assert_eq!(says(&pool, &broken).await, "two");
    let up_to_date = in_state(&pool, second, TenantState::UpToDate).await;
    assert_eq!(up_to_date.len(), 3);
}

#[tokio::test]
async fn a_tenant_that_is_made_again_gets_them_again() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(fleet_saying("one", &[]));
    migrator.run_public(&pool).await.unwrap();
    let id = register(&pool, 1).await[0];
    let mut tx = pool.begin().await.unwrap();
    let report = migrator.run_tenant_in(&mut tx, id).await.unwrap();
    assert_eq!(applied(&report), ["1 notes", "R word"]);
    tx.commit().await.unwrap();
    migrator.drop_tenant(&pool, id).await.unwrap();
    assert_eq!(
        column(&pool, "SELECT count(*) FROM pgmig.repeatable").await,
        ["0"]
    );
    migrator.run_tenant(&pool, id).await.unwrap();
    // By hand, and without a thought for them.
    let schema = schema(id);
    execute(&pool, &format!("DROP SCHEMA {schema} CASCADE; DELETE FROM pgmig.history WHERE schema = '{schema}'; DELETE FROM pgmig.target WHERE schema = '{schema}'")).await;
    migrator.run_tenant(&pool, id).await.unwrap();
    assert_eq!(says(&pool, &schema).await, "one");
}

#[tokio::test]
async fn what_they_make_is_verified_too() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(fleet_saying("one", &[]));
    migrator.run_public(&pool).await.unwrap();
    let id = register(&pool, 1).await[0];
    migrator.setup(&pool).await.unwrap();
    let sound = migrator.verify(&pool).await.unwrap();
    assert!(sound.is_sound(), "{sound}");
    let drifted = word("by hand").replace("word()", &format!("{}.word()", schema(id)));
    execute(&pool, &drifted).await;
    assert!(!migrator.verify(&pool).await.unwrap().is_sound());
    let behind = Migrator::new(fleet_saying("two", &[]));
    let unknown = behind.verify(&pool).await.unwrap().to_string();
    assert!(unknown.contains("repeatable migrations"), "{unknown}");
}

#[tokio::test]
async fn flyways_are_taken_over_by_their_crc_and_edited_ones_applied_again() {
    let one = "CREATE TABLE one (id int);\n";
    let same = "CREATE OR REPLACE VIEW same AS SELECT 1 AS one;\n";
    let migrations = embed(&[
        ("V1__one.sql", one),
        ("R__same_view.sql", same),
        (
            "R__edited.sql",
            "CREATE OR REPLACE VIEW edited AS SELECT 2 AS two;\n",
        ),
    ]);
    let crc = |text: &str| {
        let mut hasher = crc32fast::Hasher::new();
        text.lines().for_each(|line| hasher.update(line.as_bytes()));
        hasher.finalize().cast_signed()
    };
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let table = format!(
        "{one}{same}CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, \
         checksum int, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL); \
         INSERT INTO flyway_schema_history VALUES \
         (1, '1', 'one', 'SQL', 'V1__one.sql', {}, 'x', now(), 0, true), \
         (2, NULL, 'same view', 'SQL', 'R__same_view.sql', 7, 'x', now(), 0, true), \
         (3, NULL, 'same view', 'SQL', 'R__same_view.sql', {}, 'x', now(), 0, true), \
         (4, NULL, 'edited', 'SQL', 'R__edited.sql', 7, 'x', now(), 0, true), \
         (5, NULL, 'gone', 'SQL', 'R__gone.sql', 7, 'x', now(), 0, true);",
        crc(one),
        crc(same)
    );
    execute(&pool, &table).await;
    let migrator = Migrator::new(migrations).adopt(Tool::Flyway);
    let error = migrator.run_public(&pool).await.unwrap_err().to_string();
    assert!(error.contains("`gone`"), "{error}");
    execute(&pool, "INSERT INTO flyway_schema_history VALUES (6, NULL, 'gone', 'DELETE', 'R__gone.sql', 7, 'x', now(), 0, true)").await;
    let report = migrator.run_public(&pool).await.unwrap();
    assert_eq!(report.adopted.as_ref().unwrap().migrations, 1);
    assert_eq!(applied(&report), ["R edited"]);
    let rows = "SELECT name || ' ' || coalesce(origin, '-') FROM pgmig.repeatable ORDER BY id";
    assert_eq!(
        column(&pool, rows).await,
        ["same_view flyway: public.flyway_schema_history", "edited -"]
    );
    assert!(migrator.run_public(&pool).await.unwrap().is_noop());
}
