//! Many tenants are taken back.

use pgmig_runtime::{Error, Event, Migrations, Migrator, OnFailure, RollbackTo, Tenants};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use uuid::Uuid;

use super::support::{column, embed, execute, history};
use super::{IN_ORDER, NOTES, REGISTRY, migrator, schema, tenants, versions};

const PINNED: [(&str, &str); 2] = [
    (
        "tenant/002_add_pinned.sql",
        "ALTER TABLE notes ADD COLUMN pinned boolean;",
    ),
    (
        "tenant/002_add_pinned.down.sql",
        "ALTER TABLE ${schema}.notes DROP COLUMN pinned;",
    ),
];
const INDEX: [(&str, &str); 2] = [
    (
        "tenant/003_index.sql",
        "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY notes_pinned ON notes (pinned);",
    ),
    (
        "tenant/003_index.down.sql",
        "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY notes_pinned;",
    ),
];
const VIEW: [(&str, &str); 2] = [
    (
        "tenant/003_view.sql",
        "CREATE VIEW pins AS SELECT pinned FROM notes;",
    ),
    ("tenant/003_view.down.sql", "DROP VIEW pins;"),
];

fn second() -> &'static Migrations {
    embed(&[&[REGISTRY, NOTES], &PINNED[..]].concat())
}

fn third() -> &'static Migrations {
    embed(&[&[REGISTRY, NOTES], &PINNED[..], &VIEW].concat())
}

fn to(version: &str) -> RollbackTo {
    RollbackTo::Version(version.to_owned())
}

/// So many tenants at the newest version of some migrations.
async fn at(migrations: &'static Migrations, count: usize) -> (TestDatabase, PgPool, Vec<Uuid>) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, count).await;
    migrator(migrations).setup(&pool).await.unwrap();
    (db, pool, ids)
}

#[tokio::test]
async fn those_that_have_it_are_taken_back_and_the_others_left_alone() {
    let (_db, pool, ids) = at(second(), 6).await;
    migrator(third())
        .run_tenants(&pool, &ids[2..])
        .await
        .unwrap();
    let older = migrator(super::first());
    let plan = older
        .plan_rollback_tenants(&pool, Tenants::Active, &to("001"))
        .await
        .unwrap();
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.migration.version, step.tenants, step.migration.path))
        .collect();
    assert_eq!(
        steps,
        [
            ("3", 4, "migrations/tenant/003_view.down.sql"),
            ("2", 6, "migrations/tenant/002_add_pinned.down.sql"),
        ]
    );
    assert_eq!((plan.listed, plan.tenants.len()), (6, 6));
    assert!(plan.destroys_data());
    assert_eq!(versions(&pool).await, ["2 active 2", "3 active 4"]);

    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let report = older
        .clone()
        .events(sender)
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap();
    let taken: Vec<_> = report
        .rolled_back
        .iter()
        .map(|one| (one.target.tenant.unwrap(), one.version.as_deref()))
        .collect();
    let expected: Vec<_> = ids[2..].iter().map(|id| (*id, Some("2"))).collect();
    assert_eq!(taken, expected);
    assert_eq!(versions(&pool).await, ["2 active 6"]);
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += usize::from(matches!(event, Event::RolledBack { .. }));
    }
    assert_eq!(told, 4);

    let report = older
        .rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await
        .unwrap();
    assert_eq!((report.rolled_back.len(), report.listed), (6, 6));
    assert_eq!(versions(&pool).await, ["1 active 6"]);
    assert!(older.setup(&pool).await.unwrap().tenants.is_noop());
    let again = older
        .rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await;
    assert!(again.unwrap().is_noop());

    let report = migrator(third()).setup(&pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), 6);
    assert_eq!(versions(&pool).await, ["3 active 6"]);
}

#[tokio::test]
async fn a_list_or_a_query_says_whom_and_who_is_left_is_told() {
    let (_db, pool, ids) = at(second(), 5).await;
    let back = migrator(second());
    let report = back
        .rollback_tenants(&pool, &ids[..2], &to("1"))
        .await
        .unwrap();
    assert_eq!((report.rolled_back.len(), report.unlisted.len()), (2, 0));
    execute(
        &pool,
        "UPDATE tenants SET is_active = false WHERE place = 4",
    )
    .await;
    let query = "SELECT id FROM tenants WHERE is_active AND place > 2";
    let plan = back
        .plan_rollback_tenants(&pool, query, &to("1"))
        .await
        .unwrap();
    assert_eq!((plan.listed, plan.tenants.len()), (1, 1));
    let unlisted: Vec<_> = plan.unlisted.iter().map(|t| t.schema.clone()).collect();
    let mut expected = [schema(ids[2]), schema(ids[4])];
    expected.sort();
    assert_eq!(unlisted, expected);
    let report = back
        .rollback_tenants_as_planned(&pool, &plan)
        .await
        .unwrap();
    assert_eq!(report.rolled_back[0].target.schema, schema(ids[3]));
    assert_eq!(versions(&pool).await, ["1 active 3", "2 active 2"]);
    let error = back
        .rollback_tenants(&pool, "SELECT id FROM nobody", &to("1"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Tenants { .. }), "{error}");
}

#[tokio::test]
async fn without_a_down_script_that_any_of_them_needs_nothing_runs() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let ids = tenants(&pool, 4).await;
    // Of one tenant the ledger has no down script.
    let without = embed(&[REGISTRY, NOTES, PINNED[0]]);
    migrator(without)
        .run_tenants(&pool, &ids[..1])
        .await
        .unwrap();
    migrator(second()).setup(&pool).await.unwrap();
    let older = migrator(super::first());
    let error = older
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the tenants cannot be rolled back so far: migrations without a down script are in the way; nothing was run\
             \n  - 2_add_pinned, in {}\
             \n  = note: the ledger keeps the down script that a migration has when it is applied\
             \n  = help: undo them by a new migration, or give a version after them to come back to",
            schema(ids[0])
        )
    );
    assert_eq!(versions(&pool).await, ["2 active 4"]);
    let report = older
        .rollback_tenants(&pool, &ids[1..], &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(report.rolled_back.len(), 3);
    // A binary that carries it since knows the way.
    let report = migrator(second())
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(report.rolled_back.len(), 1);
    let error = older
        .rollback_tenants(&pool, Tenants::Active, &to("2"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::NotAppliedToAny { version } if version == "2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_tenant_that_fails_stays_where_it_was_and_keeps_nobody_else() {
    let (_db, pool, ids) = at(second(), 5).await;
    let view = format!(
        "CREATE VIEW {0}.mine AS SELECT pinned FROM {0}.notes",
        schema(ids[1])
    );
    execute(&pool, &view).await;
    let older = migrator(super::first());
    let report = older
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!((report.rolled_back.len(), report.failed.len()), (4, 1));
    assert!(!report.is_healthy());
    let failure = &report.failed[0];
    assert_eq!(failure.target.schema, schema(ids[1]));
    assert!(
        failure
            .message
            .contains("migrations/tenant/002_add_pinned.down.sql:1:1"),
        "{}",
        failure.message
    );
    assert_eq!(versions(&pool).await, ["1 active 4", "2 active 1"]);
    // To whoever carries the migration the tenant is as good as before.
    let newer = migrator(second())
        .rollback_tenants(&pool, &ids[1..2], &to("2"))
        .await;
    assert!(newer.unwrap().is_noop());

    execute(&pool, &format!("DROP VIEW {}.mine", schema(ids[1]))).await;
    let report = older
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(report.rolled_back.len(), 1);
    assert_eq!(versions(&pool).await, ["1 active 5"]);
}

#[tokio::test]
async fn too_many_failures_end_the_run_and_a_broken_canary_keeps_all_others_as_they_are() {
    let (_db, pool, ids) = at(second(), 6).await;
    for id in &ids[..3] {
        let view = format!(
            "CREATE VIEW {0}.mine AS SELECT pinned FROM {0}.notes",
            schema(*id)
        );
        execute(&pool, &view).await;
    }
    let older = migrator(super::first()).parallel(1);
    let canary = older.clone().canary([ids[0]]);
    let error = canary
        .rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await
        .unwrap_err();
    let Error::Fleet(error) = error else {
        panic!("{error}");
    };
    assert!(error.canary);
    assert_eq!((error.report.failed.len(), error.report.left), (1, 5));
    assert_eq!(versions(&pool).await, ["2 active 6"]);

    let error = older
        .on_failure(OnFailure::Continue { budget: 1 })
        .rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await
        .unwrap_err();
    let Error::Fleet(error) = error else {
        panic!("{error}");
    };
    assert_eq!((error.report.failed.len(), error.budget), (2, 1));
    let done = error.report.rolled_back.len();
    let told = format!(
        "2 tenants failed, {done} rolled back, {} not tried",
        4 - done
    );
    // Where none was taken back before, the words are those of a run that migrates.
    assert!(done == 0 || error.to_string().starts_with(&told), "{error}");
}

#[tokio::test]
async fn replicas_share_one_way_back() {
    let (db, pool, _) = at(third(), 40).await;
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let pool = db.pool();
            let older = migrator(super::first()).parallel(2);
            tokio::spawn(async move {
                older
                    .rollback_tenants(&pool, Tenants::Active, &to("1"))
                    .await
            })
        })
        .collect();
    let mut steps = 0;
    for run in runs {
        let report = run.await.unwrap().unwrap();
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        steps += report
            .rolled_back
            .iter()
            .map(|one| one.rolled_back.len())
            .sum::<usize>();
    }
    assert_eq!(steps, 80);
    assert_eq!(versions(&pool).await, ["1 active 40"]);
    let states = "SELECT state || ' ' || count(*) FROM pgmig.history WHERE scope = 'tenant' GROUP BY state ORDER BY 1";
    assert_eq!(
        column(&pool, states).await,
        ["applied 40", "rolled_back 80"]
    );
}

#[tokio::test]
async fn outside_a_transaction_each_tenant_is_taken_back_by_its_journal() {
    let files = [&[REGISTRY, NOTES], &PINNED[..], &INDEX].concat();
    let (_db, pool, ids) = at(embed(&files), 4).await;
    // One was interrupted on its way back.
    execute(
        &pool,
        &format!(
            "DROP INDEX {0}.notes_pinned;
             UPDATE pgmig.history SET state = 'rolling_back', statements = 0, in_flight = true, \
             done = sha256('') WHERE schema = '{0}' AND version = '3'",
            schema(ids[2])
        ),
    )
    .await;
    let report = migrator(super::first())
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.rolled_back.len(), 4);
    assert_eq!(versions(&pool).await, ["2 active 4"]);
    let indexes = "SELECT count(*) FROM pg_class WHERE relname = 'notes_pinned'";
    assert_eq!(column(&pool, indexes).await, ["0"]);
}

#[tokio::test]
async fn a_tenant_that_is_half_way_back_shares_no_transaction_that_goes_on() {
    let upto_index = [&[REGISTRY, NOTES], &PINNED[..], &INDEX].concat();
    let (_db, pool, ids) = at(embed(&upto_index), 6).await;
    execute(
        &pool,
        &format!(
            "UPDATE pgmig.history SET state = 'rolling_back', statements = 0, in_flight = true, \
             done = sha256('') WHERE schema = '{}' AND version = '3'",
            schema(ids[2])
        ),
    )
    .await;
    let next = [(
        "tenant/004_at.sql",
        "ALTER TABLE notes ADD COLUMN at timestamptz;",
    )];
    let report = migrator(embed(&[&upto_index[..], &next].concat()))
        .setup(&pool)
        .await
        .unwrap();
    let [failed] = report.tenants.failed.as_slice() else {
        panic!("{:?}", report.tenants.failed);
    };
    assert_eq!(failed.target.schema, schema(ids[2]));
    assert!(
        failed.message.contains("is being rolled back"),
        "{}",
        failed.message
    );
    assert_eq!(versions(&pool).await, ["3 failed 1", "4 active 5"]);
}

#[tokio::test]
async fn what_a_plan_does_not_show_is_not_taken_back() {
    let (_db, pool, ids) = at(second(), 3).await;
    let older = migrator(super::first());
    let plan = older
        .plan_rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await
        .unwrap();
    migrator(third())
        .run_tenants(&pool, &ids[1..2])
        .await
        .unwrap();
    older
        .rollback_tenant(&pool, ids[2], &to("1"))
        .await
        .unwrap();
    let report = older
        .rollback_tenants_as_planned(&pool, &plan)
        .await
        .unwrap();
    assert_eq!(
        (
            report.rolled_back.len(),
            report.elsewhere,
            report.failed.len()
        ),
        (1, 1, 1)
    );
    let message = &report.failed[0].message;
    assert!(message.contains("3_view was not in the plan"), "{message}");
    assert_eq!(versions(&pool).await, ["1 active 2", "3 active 1"]);
}

#[tokio::test]
async fn a_tenant_that_was_taken_back_is_looked_at_again_when_it_is_needed() {
    let (_db, pool, ids) = at(second(), 2).await;
    let newer = migrator(second());
    for id in &ids {
        newer.ensure_tenant(&pool, *id).await.unwrap();
    }
    newer
        .rollback_tenant(&pool, ids[0], &to("1"))
        .await
        .unwrap();
    newer
        .rollback_tenants(&pool, &ids[1..], &to("1"))
        .await
        .unwrap();
    assert_eq!(versions(&pool).await, ["1 active 2"]);
    for id in &ids {
        newer.ensure_tenant(&pool, *id).await.unwrap();
    }
    assert_eq!(versions(&pool).await, ["2 active 2"]);
}

#[tokio::test]
async fn a_database_without_a_ledger_has_no_tenants_to_take_back() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let back = Migrator::new(second()).tenants(IN_ORDER);
    let report = back
        .rollback_tenants(&pool, Tenants::Active, &RollbackTo::Nothing)
        .await
        .unwrap();
    assert!(report.is_noop());
    let ledger = "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgmig'";
    assert_eq!(column(&pool, ledger).await, ["0"]);
    tenants(&pool, 2).await;
    assert_eq!(history(&pool).await.len(), 3);
    let report = migrator(super::first())
        .rollback_tenants(&pool, Tenants::Active, &to("1"))
        .await
        .unwrap();
    assert!(report.is_noop());
}
