//! Who is migrated, in how many round trips, and what is told of the rest.

use pgmig_runtime::{Error, Migrator};
use pgmig_testkit::TestDatabase;
use uuid::Uuid;

use super::support::{column, embed, execute, history, queries};
use super::{
    NOTES, PINNED, REGISTRY, first, migrator, register, schema, second, seen, tenants, versions,
};

#[tokio::test]
async fn a_fleet_with_nothing_to_do_is_one_round_trip() {
    let (_db, proxy, pool) = seen().await;
    tenants(&pool, 12).await;
    queries(&proxy);

    let report = migrator(first()).setup(&pool).await.unwrap();
    let sent = queries(&proxy);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(report.public.is_noop() && report.tenants.is_noop());
    assert_eq!(report.tenants.listed, 12);

    let migrator = migrator(first());
    let report = migrator.run_tenants(&pool, pgmig_runtime::Tenants::Active);
    assert_eq!(report.await.unwrap().listed, 12);
    assert_eq!(queries(&proxy).len(), 1);
}

#[tokio::test]
async fn an_older_binary_finds_a_newer_fleet_in_one_round_trip_too() {
    let (_db, proxy, pool) = seen().await;
    tenants(&pool, 5).await;
    migrator(second()).setup(&pool).await.unwrap();
    queries(&proxy);

    let report = migrator(first()).setup(&pool).await.unwrap();
    assert_eq!(queries(&proxy).len(), 1);
    assert_eq!((report.tenants.listed, report.tenants.ahead), (5, 5));
    assert!(report.tenants.migrated.is_empty());
}

#[tokio::test]
async fn only_tenants_that_are_behind_are_touched_and_cheap_migrations_share_transactions() {
    let (_db, proxy, pool) = seen().await;
    let ids = tenants(&pool, 40).await;
    let migrator = migrator(second());
    let early = migrator.run_tenants(&pool, ids[..8].to_vec());
    assert_eq!(early.await.unwrap().migrated.len(), 8);
    queries(&proxy);

    let report = migrator.parallel(1).setup(&pool).await.unwrap();

    let touched: Vec<_> = report
        .tenants
        .migrated
        .iter()
        .map(|r| r.target.tenant.unwrap())
        .collect();
    assert_eq!(touched, ids[8..]);
    let applied = |r: &pgmig_runtime::Report| r.applied.len() == 1 && r.applied[0].version == "2";
    assert!(report.tenants.migrated.iter().all(applied));
    let writes = queries(&proxy)
        .iter()
        .filter(|q| q.contains("ADD COLUMN"))
        .count();
    assert!(writes < 16, "32 tenants took {writes} transactions");
    assert_eq!(versions(&pool).await, ["2 active 40"]);
    assert_eq!(history(&pool).await.len(), 81);
    let columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'pinned'";
    assert_eq!(column(&pool, columns).await, ["40"]);
}

#[tokio::test]
async fn one_connection_is_enough() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 6).await;
    let mut connection = db.connect().await.unwrap();
    let report = migrator(second()).setup(&mut connection).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 6);
    assert_eq!(versions(&pool).await, ["2 active 6"]);
}

#[tokio::test]
async fn tenants_do_not_run_against_a_public_that_is_behind() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 2).await;
    let newer = embed(&[
        REGISTRY,
        ("public/002_plans.sql", "CREATE TABLE plans (id int);"),
        NOTES,
        PINNED,
    ]);
    let error = migrator(newer)
        .run_tenants(&pool, ids.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::PublicBehind { pending: 1 }),
        "{error}"
    );
    assert_eq!(versions(&pool).await, ["1 active 2"]);
    migrator(newer).setup(&pool).await.unwrap();
    assert_eq!(versions(&pool).await, ["2 active 2"]);
}

#[tokio::test]
async fn tenants_that_are_not_as_they_should_be_are_reported() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 5).await;
    execute(&pool, &format!("DROP SCHEMA {} CASCADE", schema(ids[0]))).await;
    execute(
        &pool,
        &format!("DELETE FROM tenants WHERE id = '{}'", ids[1]),
    )
    .await;
    let rename = format!(
        "ALTER SCHEMA {old} RENAME TO elsewhere; UPDATE pgmig.target SET schema = 'elsewhere' WHERE schema = '{old}'",
        old = schema(ids[2])
    );
    execute(&pool, &rename).await;
    let report = migrator(second()).setup(&pool).await.unwrap().tenants;
    assert_eq!(report.listed, 4);
    assert_eq!(report.gone[0].schema, schema(ids[0]));
    assert_eq!(report.unlisted[0].schema, schema(ids[1]));
    assert_eq!(
        (report.moved[0].tenant, report.moved[0].recorded.as_str()),
        (ids[2], "elsewhere")
    );
    assert_eq!(report.migrated.len(), 2);
    // Also when nothing is to do.
    let report = migrator(second()).setup(&pool).await.unwrap().tenants;
    assert_eq!(
        (report.gone.len(), report.unlisted.len(), report.moved.len()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_tenant_whose_name_is_another_now_is_reported_though_nothing_is_to_do() {
    let (db, proxy, seen) = seen().await;
    let pool = db.pool();
    migrator(first()).run_public(&pool).await.unwrap();
    let ids = register(&pool, 4).await;
    let named = |renamed: Option<Uuid>| {
        migrator(first()).tenant_schema(move |id| match renamed == Some(id) {
            true => format!("renamed_{}", id.simple()),
            false => format!("shop_{}", id.simple()),
        })
    };
    let report = named(None).setup(&pool).await.unwrap().tenants;
    assert_eq!(report.migrated.len(), 4);
    named(None).setup(&seen).await.unwrap();
    queries(&proxy);
    assert!(named(None).setup(&seen).await.unwrap().tenants.is_noop());
    let report = named(Some(ids[2])).setup(&seen).await.unwrap().tenants;
    assert_eq!(queries(&proxy).len(), 2, "one round trip each");
    assert_eq!(report.listed, 4);
    let [moved] = report.moved.as_slice() else {
        panic!("{:?}", report.moved);
    };
    let id = ids[2].simple();
    assert_eq!(
        (moved.recorded.clone(), moved.expected.clone()),
        (format!("shop_{id}"), format!("renamed_{id}"))
    );
    assert!(report.migrated.is_empty() && report.failed.is_empty());
}

#[tokio::test]
async fn a_tenants_query_may_end_as_people_write_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    tenants(&pool, 2).await;
    for query in [
        "SELECT id, is_active FROM tenants; ",
        "WITH t AS (SELECT * FROM tenants) SELECT id FROM t -- all",
        "SELECT id::text FROM tenants UNION ALL SELECT id::text FROM tenants",
    ] {
        let report = Migrator::new(second())
            .tenants(query)
            .setup(&pool)
            .await
            .unwrap();
        assert!(report.tenants.failed.is_empty(), "{query}");
    }
    assert_eq!(versions(&pool).await, ["2 active 2"]);
    for (query, why) in [
        ("SELECT 'x'", "x is not a UUID"),
        ("SELECT NULL", "NULL is not a UUID"),
        ("SELECT nothing", "nothing"),
    ] {
        let error = Migrator::new(second())
            .tenants(query)
            .setup(&pool)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Tenants { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn where_the_fleet_stands_is_one_query() {
    let (_db, proxy, pool) = seen().await;
    let ids = tenants(&pool, 6).await;
    let new = migrator(second());
    new.run_tenants(&pool, ids[..3].to_vec()).await.unwrap();
    execute(
        &pool,
        &format!("ALTER TABLE {}.notes ADD COLUMN pinned int", schema(ids[3])),
    )
    .await;
    new.run_tenants(&pool, ids[3..4].to_vec()).await.unwrap();
    execute(&pool, &format!("DROP SCHEMA {} CASCADE", schema(ids[5]))).await;
    execute(
        &pool,
        &format!(
            "UPDATE tenants SET is_active = false WHERE id = '{}'",
            ids[0]
        ),
    )
    .await;
    register(&pool, 1).await;
    queries(&proxy);

    let status = new.fleet_status(&pool).await.unwrap();
    assert_eq!(queries(&proxy).len(), 1);
    let versions: Vec<_> = status
        .versions
        .iter()
        .map(|v| (v.version.as_deref(), v.tenants))
        .collect();
    assert_eq!(versions, [(None, 1), (Some("1"), 3), (Some("2"), 3)]);
    use pgmig_runtime::TenantState as S;
    let count = |state| status.in_state(state).count();
    assert_eq!(
        [S::UpToDate, S::Behind, S::Failed, S::Gone, S::New].map(count),
        [3, 1, 1, 1, 1]
    );
    let failed = status.in_state(S::Failed).next().unwrap();
    assert_eq!(failed.tenant, ids[3]);
    assert!(failed.error.as_deref().unwrap().contains("already exists"));
    assert!(failed.seconds.unwrap() < 600);
    assert_eq!(
        status
            .tenants
            .iter()
            .filter(|tenant| !tenant.listed)
            .count(),
        1
    );
    assert_eq!(
        (status.public.as_deref(), status.newest),
        (Some("1"), Some("2"))
    );
}

#[tokio::test]
async fn the_status_of_a_fleet_that_is_not_there_yet_is_empty() {
    let db = TestDatabase::create().await.unwrap();
    let status = migrator(first()).fleet_status(&db.pool()).await.unwrap();
    assert!(status.tenants.is_empty() && status.public.is_none());
}
