//! Adopting a schema that was made by hand, on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Error, Migrations, Migrator, RollbackTo};
use pgmig_testkit::TestDatabase;
use support::{column, embed, execute, history};
use uuid::Uuid;

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, mail text);";
const INDEX: &str = "CREATE INDEX users_mail ON users (mail);";
const NAME: &str = "ALTER TABLE users ADD name text;";
const ORDERS: &str = "CREATE TABLE orders (id int, payer int REFERENCES public.users (id));";

fn shop() -> &'static Migrations {
    embed(&[
        ("public/001_users.sql", USERS),
        ("public/002_index.sql", INDEX),
        ("public/002_index.down.sql", "DROP INDEX users_mail;"),
        ("public/003_name.sql", NAME),
        ("tenant/001_orders.sql", ORDERS),
        ("tenant/002_total.sql", "ALTER TABLE orders ADD total int;"),
    ])
}

#[tokio::test]
async fn a_schema_that_is_what_the_migrations_make_goes_on_after_them() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let tenant = Uuid::new_v4();
    let schema = format!("tenant_{}", tenant.simple());
    execute(
        &pool,
        &format!("{USERS} {INDEX} INSERT INTO users VALUES (1, 'a')"),
    )
    .await;
    execute(
        &pool,
        &format!("CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; {ORDERS}"),
    )
    .await;
    let migrator = Migrator::new(shop());

    let own = migrator.adopt_tenant_at(&pool, tenant, "1").await.unwrap();
    assert_eq!(
        (own.version, own.migrations, &own.target.schema),
        ("1", 1, &schema)
    );
    let public = migrator.adopt_public_at(&pool, "002").await.unwrap();
    assert_eq!((public.version, public.migrations), ("2", 2));
    let expected = [
        format!("{schema} 1 applied"),
        "public 1 applied".to_owned(),
        "public 2 applied".to_owned(),
    ];
    assert_eq!(history(&pool).await, expected);
    let origin = "SELECT DISTINCT origin FROM pgmig.history WHERE schema = 'public'";
    assert_eq!(column(&pool, origin).await, ["adopted at 2"]);

    let report = migrator.run_public(&pool).await.unwrap();
    let applied: Vec<_> = report.applied.iter().map(|one| one.version).collect();
    assert_eq!(applied, ["3"]);
    assert_eq!(
        migrator
            .run_tenant(&pool, tenant)
            .await
            .unwrap()
            .applied
            .len(),
        1
    );
    assert_eq!(column(&pool, "SELECT mail FROM users").await, ["a"]);
    let verified = migrator.verify(&pool).await.unwrap();
    assert_eq!(verified.sound, 2, "{verified}");
}

#[tokio::test]
async fn what_was_adopted_is_taken_back_by_its_down_script() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, &format!("{USERS} {INDEX}")).await;
    let migrator = Migrator::new(shop());
    migrator.adopt_public_at(&pool, "2").await.unwrap();
    let back = migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(back.version.as_deref(), Some("1"));
    let index = "SELECT coalesce(to_regclass('users_mail')::text, 'gone')";
    assert_eq!(column(&pool, index).await, ["gone"]);
}

#[tokio::test]
async fn a_schema_that_is_something_else_is_told_the_differences_and_left_alone() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(
        &pool,
        &format!("{USERS} ALTER TABLE users ALTER mail TYPE varchar(9)"),
    )
    .await;
    let migrator = Migrator::new(shop());
    let error = migrator.adopt_public_at(&pool, "2").await.unwrap_err();
    assert!(matches!(error, Error::AdoptedDiffers { .. }));
    let said = error.to_string();
    for part in [
        "schema public cannot be adopted at version 2",
        "\n  - index users_mail missing",
        "\n  - column users.mail is character varying(9), expected text",
        "CREATE INDEX users_mail ON",
        "nothing was written",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(history(&pool).await.is_empty());
}

#[tokio::test]
async fn a_schema_of_the_ledger_and_one_that_is_not_there_cannot_be_adopted() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(shop());
    let nobody = migrator.adopt_tenant_at(&pool, Uuid::new_v4(), "1").await;
    assert!(matches!(nobody, Err(Error::NothingToAdopt { .. })));
    migrator.run_public(&pool).await.unwrap();
    let known = migrator.adopt_public_at(&pool, "2").await.unwrap_err();
    assert!(
        known.to_string().contains("the ledger has it at version 3"),
        "{known}"
    );
    let missing = migrator.adopt_public_at(&pool, "7").await;
    assert!(matches!(missing, Err(Error::NoSuchMigration { .. })));
}

#[tokio::test]
async fn of_many_that_adopt_at_once_one_does() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, &format!("{USERS} {INDEX}")).await;
    let migrator = Migrator::new(shop());
    let runs = (0..4).map(|_| {
        let (migrator, pool) = (migrator.clone(), pool.clone());
        tokio::spawn(async move { migrator.adopt_public_at(&pool, "2").await })
    });
    let mut adopted = 0;
    for run in runs.collect::<Vec<_>>() {
        match run.await.unwrap() {
            Ok(_) => adopted += 1,
            Err(error) => assert!(matches!(error, Error::AlreadyInLedger { .. }), "{error}"),
        }
    }
    assert_eq!(adopted, 1);
    assert_eq!(
        history(&pool).await,
        ["public 1 applied", "public 2 applied"]
    );
}
