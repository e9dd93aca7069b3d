//! Taking migrations back on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use pgmig_runtime::{Dispatch, Error, Migrations, Migrator, Retry, RollbackTo};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use support::{column, embed, execute, history, relations};
use uuid::Uuid;

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];

const A: (&str, &str) = ("public/001_a.sql", "CREATE TABLE a (id int, n int);");
const A_DOWN: (&str, &str) = ("public/001_a.down.sql", "DROP TABLE a;");
const B: (&str, &str) = (
    "public/002_b.sql",
    "CREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\n-- pgmig: down\n\nDROP TABLE b;\n",
);
const C: (&str, &str) = ("public/003_c.sql", "ALTER TABLE a ADD COLUMN m int;");
const C_DOWN: (&str, &str) = (
    "public/003_c.down.sql",
    "ALTER TABLE a DROP COLUMN m;\nCREATE VIEW v AS SELECT n FROM ${schema}.a;\nDROP VIEW v;",
);

fn all() -> &'static Migrations {
    embed(&[A, A_DOWN, B, C, C_DOWN])
}

fn to(version: &str) -> RollbackTo {
    RollbackTo::Version(version.to_owned())
}

/// Version and head of `public` in the ledger.
async fn head(pool: &PgPool) -> Vec<String> {
    let query = "SELECT coalesce(version, 'none') || ' ' || encode(head, 'hex') FROM pgmig.target \
                 WHERE scope = 'public'";
    column(pool, query).await
}

#[tokio::test]
async fn one_step_and_back_to_a_version_and_back_to_nothing_and_up_again() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(all()).dispatch(dispatch);
        let mut heads = Vec::new();
        for files in [
            &[A, A_DOWN][..],
            &[A, A_DOWN, B],
            &[A, A_DOWN, B, C, C_DOWN],
        ] {
            Migrator::new(embed(files)).run_public(&pool).await.unwrap();
            heads.push(head(&pool).await);
        }

        let report = migrator
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        let undone: Vec<_> = report.rolled_back.iter().map(|one| one.path).collect();
        assert_eq!(undone, ["migrations/public/003_c.down.sql"]);
        assert_eq!(report.version.as_deref(), Some("2"));
        assert_eq!(head(&pool).await, heads[1]);
        let columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0 AND NOT attisdropped";
        assert_eq!(column(&pool, columns).await, ["id", "n"]);

        migrator.run_public(&pool).await.unwrap();
        assert_eq!(head(&pool).await, heads[2]);
        let report = migrator.rollback_public(&pool, &to("001")).await.unwrap();
        let undone: Vec<_> = report.rolled_back.iter().map(|one| one.version).collect();
        assert_eq!(undone, ["3", "2"]);
        assert_eq!(relations(&pool, "public").await, ["r a"]);
        assert_eq!(head(&pool).await, heads[0]);

        let report = migrator
            .rollback_public(&pool, &RollbackTo::Nothing)
            .await
            .unwrap();
        assert_eq!(report.version, None);
        assert!(relations(&pool, "public").await.is_empty());
        assert_eq!(head(&pool).await, ["none "]);
        let report = migrator
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        assert!(report.rolled_back.is_empty());

        let report = migrator.run_public(&pool).await.unwrap();
        assert_eq!(report.applied.len(), 3);
        assert_eq!(head(&pool).await, heads[2]);
        assert!(migrator.run_public(&pool).await.unwrap().is_noop());
        assert_eq!(
            history(&pool).await,
            [
                "public 1 rolled_back",
                "public 2 rolled_back",
                "public 3 rolled_back",
                "public 3 rolled_back",
                "public 1 applied",
                "public 2 applied",
                "public 3 applied",
            ]
        );
        let who =
            "SELECT DISTINCT rolled_back_by FROM pgmig.history WHERE rolled_back_at IS NOT NULL";
        assert_eq!(column(&pool, who).await, ["shop 1.4.0"]);
    }
}

#[tokio::test]
async fn an_older_binary_takes_back_what_a_newer_one_applied_and_is_up_to_date_then() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let id = Uuid::new_v4();
    let first = ("tenant/001_items.sql", "CREATE TABLE items (id int);");
    let older = Migrator::new(embed(&[first]));
    let newer = Migrator::new(embed(&[
        first,
        ("tenant/002_n.sql", "ALTER TABLE items ADD COLUMN n int;"),
        (
            "tenant/002_n.down.sql",
            "ALTER TABLE ${schema}.items\n    DROP COLUMN n;",
        ),
        (
            "tenant/003_index.sql",
            "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY items_n ON items (n);",
        ),
        (
            "tenant/003_index.down.sql",
            "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY items_n;",
        ),
    ]));
    older.run_tenant(&pool, id).await.unwrap();
    newer.run_tenant(&pool, id).await.unwrap();
    assert_eq!(
        older.run_tenant(&pool, id).await.unwrap().ahead.as_deref(),
        Some("3")
    );

    let plan = older
        .plan_rollback_tenant(&pool, id, &to("1"))
        .await
        .unwrap();
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.version, step.transactional, step.destroys_data.clone()))
        .collect();
    assert_eq!(
        steps,
        [("3", false, vec![]), ("2", true, vec![("ALTER TABLE", 1)]),]
    );
    assert!(plan.destroys_data());
    let schema = format!("tenant_{}", id.simple());
    assert_eq!(
        plan.steps[1].sql,
        format!("ALTER TABLE \"{schema}\".items\n    DROP COLUMN n;\n")
    );

    let report = older.rollback_tenant(&pool, id, &to("1")).await.unwrap();
    assert_eq!(report.rolled_back.len(), 2);
    assert_eq!(relations(&pool, &schema).await, ["r items"]);
    let report = older.run_tenant(&pool, id).await.unwrap();
    assert!(report.is_noop() && report.ahead.is_none());
    assert_eq!(newer.run_tenant(&pool, id).await.unwrap().applied.len(), 2);
}

#[tokio::test]
async fn without_a_down_script_in_the_way_nothing_runs_and_all_of_them_are_named() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(embed(&[
        A,
        ("public/002_x.sql", "CREATE TABLE x (id int);"),
        ("public/003_y.sql", "CREATE TABLE y (id int);"),
        ("public/004_z.sql", "CREATE TABLE z (id int);"),
        ("public/004_z.down.sql", "DROP TABLE z;"),
    ]));
    migrator.run_public(&pool).await.unwrap();
    let error = migrator.rollback_public(&pool, &to("1")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema public cannot be rolled back so far: migrations without a down script are in the way; nothing was run\n  \
         - public 3_y\n  \
         - public 2_x\n  \
         = note: the ledger keeps the down script that a migration has when it is applied\n  \
         = help: undo them by a new migration, or give a version after them to come back to"
    );
    assert_eq!(
        relations(&pool, "public").await,
        ["r a", "r x", "r y", "r z"]
    );
    migrator.rollback_public(&pool, &to("3")).await.unwrap();
    assert_eq!(relations(&pool, "public").await, ["r a", "r x", "r y"]);
    let error = migrator.rollback_public(&pool, &to("4")).await.unwrap_err();
    assert!(
        error.to_string().starts_with(
            "schema public cannot be rolled back to version 4: it is not applied there"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_down_script_that_was_written_later_is_used_where_the_ledger_has_none() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
    let later = Migrator::new(embed(&[A, A_DOWN]));
    let report = later
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(report.rolled_back.len(), 1);
    assert!(relations(&pool, "public").await.is_empty());
}

#[tokio::test]
async fn the_script_of_apply_time_is_used_whatever_the_file_says_now() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(embed(&[A, A_DOWN]))
        .run_public(&pool)
        .await
        .unwrap();
    let edited = Migrator::new(embed(&[A, ("public/001_a.down.sql", "SELECT 1 / 0;")]));
    edited
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert!(relations(&pool, "public").await.is_empty());
}

#[tokio::test]
async fn a_down_script_that_fails_is_shown_at_its_place_and_leaves_all_as_before() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(embed(&[
            A,
            A_DOWN,
            B,
            (
                "public/003_f.sql",
                "CREATE TABLE f (id int);\n-- pgmig: down\nDROP TABLE f;\nALTER TABLE a DROP COLUMN nothing;\n",
            ),
        ]))
        .dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        let before = (head(&pool).await, history(&pool).await);
        let error = migrator
            .rollback_public(&pool, &RollbackTo::Nothing)
            .await
            .unwrap_err();
        let Error::Statement(error) = error else {
            panic!("{error}");
        };
        assert_eq!(
            error.to_string(),
            "column \"nothing\" of relation \"a\" does not exist\n \
             --> migrations/public/003_f.sql:4:27\n  \
             |\n\
             4 | ALTER TABLE a DROP COLUMN nothing;\n  \
             |                           ^^^^^^^\n  \
             = schema: public\n  \
             = statement: ALTER TABLE, 2 of 2\n  \
             = sqlstate: 42703\n  \
             = note: nothing of this migration was rolled back"
        );
        assert_eq!((head(&pool).await, history(&pool).await), before);
        assert_eq!(relations(&pool, "public").await, ["r a", "r b", "r f"]);
    }
}

const INDEX: (&str, &str) = (
    "public/002_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY a_n ON a (n);",
);
const INDEX_DOWN: (&str, &str) = (
    "public/002_index.down.sql",
    "-- pgmig: no-transaction\nINSERT INTO a VALUES (1, 1);\nDROP INDEX CONCURRENTLY a_n;\nINSERT INTO a VALUES (2, 2);",
);

/// What no rollback may leave behind: leases, rows half way, open transactions.
async fn assert_nothing_left(pool: &PgPool) {
    let leases = "SELECT schema FROM pgmig.target WHERE lease_owner IS NOT NULL";
    assert!(column(pool, leases).await.is_empty());
    let rows = "SELECT version FROM pgmig.history WHERE state IN ('running', 'rolling_back') OR in_flight OR owner IS NOT NULL";
    assert!(column(pool, rows).await.is_empty());
    let idle = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert!(column(pool, idle).await.is_empty());
}

#[tokio::test]
async fn outside_a_transaction_each_statement_runs_once_by_either_claim() {
    for dispatch in BOTH {
        for single in [false, true] {
            let db = TestDatabase::create().await.unwrap();
            let pool = db.pool();
            let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
            migrator.run_public(&pool).await.unwrap();
            let mut connection = db.connect().await.unwrap();
            let report = match single {
                true => {
                    migrator
                        .rollback_public(&mut connection, &RollbackTo::OneStep)
                        .await
                }
                false => migrator.rollback_public(&pool, &RollbackTo::OneStep).await,
            };
            assert_eq!(report.unwrap().rolled_back.len(), 1);
            assert_eq!(relations(&pool, "public").await, ["r a"]);
            assert_eq!(
                column(&pool, "SELECT n FROM a ORDER BY n").await,
                ["1", "2"]
            );
            assert_nothing_left(&pool).await;
            assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_way_back_that_stopped_half_way_is_not_applied_anew_but_finished_by_rollback() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        // The third statement fails until the constraint is gone.
        execute(&pool, "ALTER TABLE a ADD CHECK (n <> 2)").await;
        let error = migrator
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap_err();
        let Error::Statement(error) = error else {
            panic!("{error}");
        };
        assert_eq!((error.line, error.done), (Some(4), 2));
        assert!(
            error.to_string().contains("the next rollback goes on here"),
            "{error}"
        );
        assert_eq!(
            history(&pool).await,
            ["public 1 applied", "public 2 rolling_back"]
        );

        let error = migrator.run_public(&pool).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("2_index is being rolled back: 2 statements of its down script are done"),
            "{error}"
        );
        // A binary that never had the migration is at its head again.
        let older = Migrator::new(embed(&[A]));
        assert!(older.run_public(&pool).await.unwrap().is_noop());
        let plan = older
            .plan_rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        assert_eq!((plan.steps.len(), plan.steps[0].done), (1, 2));

        execute(&pool, "ALTER TABLE a DROP CONSTRAINT a_n_check").await;
        older
            .rollback_public(&pool, &RollbackTo::OneStep)
            .await
            .unwrap();
        assert_eq!(
            column(&pool, "SELECT n FROM a ORDER BY n").await,
            ["1", "2"]
        );
        assert_nothing_left(&pool).await;
        assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 1);
    }
}

/// Waits until a statement like `pattern` runs in the database, and returns its backend.
async fn backend_of(pool: &PgPool, pattern: &str) -> String {
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() \
         AND datname = current_database() AND query LIKE '{pattern}'"
    );
    loop {
        if let Some(pid) = column(pool, &query).await.pop() {
            return pid;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_backend_that_dies_in_the_middle_is_not_the_end_of_the_way_back() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrator = Migrator::new(embed(&[A, INDEX, INDEX_DOWN])).dispatch(dispatch);
        migrator.run_public(&pool).await.unwrap();
        let mut old = pool.begin().await.unwrap();
        sqlx::raw_sql("INSERT INTO a VALUES (0, 0)")
            .execute(&mut *old)
            .await
            .unwrap();
        let run = tokio::spawn({
            let (pool, migrator) = (db.pool(), migrator.clone());
            async move { migrator.rollback_public(&pool, &RollbackTo::OneStep).await }
        });
        let pid = backend_of(&pool, "%DROP INDEX CONCURRENTLY%").await;
        execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
        old.rollback().await.unwrap();
        run.await.unwrap().unwrap();
        assert_eq!(relations(&pool, "public").await, ["r a"]);
        assert_eq!(
            column(&pool, "SELECT n FROM a ORDER BY n").await,
            ["1", "2"]
        );
        assert_nothing_left(&pool).await;
    }
}

#[tokio::test]
async fn a_lost_connection_in_a_transaction_takes_back_one_step_and_not_two() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(embed(&[
        A,
        A_DOWN,
        B,
        ("public/003_c.sql", "CREATE TABLE c (id int);"),
        ("public/003_c.down.sql", "DROP TABLE c; SELECT pg_sleep(1);"),
    ]));
    migrator.run_public(&pool).await.unwrap();
    let run = tokio::spawn({
        let (pool, migrator) = (db.pool(), migrator.clone());
        async move { migrator.rollback_public(&pool, &RollbackTo::OneStep).await }
    });
    // The server shows only the beginning of a long message.
    let sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let pid = loop {
        if let Some(pid) = column(&pool, sleeping).await.pop() {
            break pid;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    execute(&pool, &format!("SELECT pg_terminate_backend({pid})")).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.version.as_deref(), Some("2"));
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);
}

#[tokio::test]
async fn many_that_go_one_step_back_at_once_go_one_step_in_all() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let slow = (
        "public/003_c.down.sql",
        "SELECT pg_sleep(0.2); ALTER TABLE a DROP COLUMN m;",
    );
    let migrator = Migrator::new(embed(&[A, A_DOWN, B, C, slow]));
    migrator.run_public(&pool).await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (pool, migrator) = (db.pool(), migrator.clone());
        runs.push(tokio::spawn(async move {
            migrator.rollback_public(&pool, &to("2")).await.unwrap()
        }));
    }
    let mut undone = 0;
    for run in runs {
        undone += run.await.unwrap().rolled_back.len();
    }
    assert_eq!(undone, 1);
    assert_eq!(head(&pool).await.len(), 1);
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);
}

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_tried_again_and_then_named() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(all())
        .lock_timeout(Duration::from_millis(100))
        .retry(
            Retry::default()
                .attempts(3)
                .delay(Duration::from_millis(10)),
        );
    migrator.run_public(&pool).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE public.a")
        .execute(&mut *holder)
        .await
        .unwrap();
    let error = migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap_err();
    let Error::Blocked(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.attempts, 3);
    assert_eq!(error.last.path, "migrations/public/003_c.down.sql");
    holder.rollback().await.unwrap();
    migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_without_a_ledger_has_nothing_to_take_back_and_gets_none() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(all());
    let report = migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert!(report.rolled_back.is_empty());
    let error = migrator.rollback_public(&pool, &to("1")).await.unwrap_err();
    assert!(matches!(error, Error::NotApplied { .. }), "{error}");
    let ledger = "SELECT nspname FROM pg_namespace WHERE nspname = 'pgmig'";
    assert!(column(&pool, ledger).await.is_empty());
}

#[tokio::test]
async fn what_is_not_finished_going_up_is_not_taken_back() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(embed(&[
        A,
        A_DOWN,
        (
            "public/002_i.sql",
            "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY a_i ON a (id);\nCREATE INDEX CONCURRENTLY a_x ON a (x);",
        ),
        ("public/002_i.down.sql", "DROP INDEX a_i, a_x;"),
    ]));
    Migrator::new(embed(&[A, A_DOWN]))
        .run_public(&pool)
        .await
        .unwrap();
    migrator.run_public(&pool).await.unwrap_err();
    let error = migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema public cannot be rolled back: 2_i is not finished\n  \
         = help: run shop 1.4.0 to finish it, then roll back"
    );
}

#[tokio::test]
async fn a_rehearsal_finds_ways_back_that_do_not_restore_and_names_the_difference() {
    let table = "CREATE TABLE t (id int, n int); CREATE INDEX t_n ON t (n);";
    let x = (
        "public/002_x.sql",
        "ALTER TABLE a ADD COLUMN x int NOT NULL DEFAULT 0;",
    );
    for (down, expected) in [
        (
            "ALTER TABLE a ALTER COLUMN x DROP NOT NULL;",
            "migrations/public/002_x.down.sql: does not restore what was before\n  - column a.x",
        ),
        (
            "DROP TABLE a;",
            "migrations/public/002_x.down.sql: does not restore what was before\n  - table a missing",
        ),
        (
            "ALTER TABLE a DROP COLUMN y;",
            "migrations/public/002_x.down.sql: fails\ncolumn \"y\" of relation \"a\" does not exist",
        ),
        ("ALTER TABLE a DROP COLUMN x;", ""),
    ] {
        let db = TestDatabase::create().await.unwrap();
        let migrator = Migrator::new(embed(&[
            A,
            A_DOWN,
            x,
            ("public/002_x.down.sql", down),
            ("public/003_y.sql", "CREATE TABLE y (id int);"),
            ("tenant/001_t.sql", table),
            ("tenant/001_t.down.sql", "DROP TABLE t;"),
        ]));
        let tried = migrator.rehearse_rollbacks(&db.pool()).await.unwrap();
        let count = if expected.is_empty() { 4 } else { 2 };
        assert_eq!(tried.len(), count, "{tried:?}");
        let wrong: Vec<String> = tried
            .iter()
            .filter(|one| one.is_wrong())
            .map(ToString::to_string)
            .collect();
        match expected {
            "" => assert!(wrong.is_empty(), "{wrong:?}"),
            _ => assert!(
                wrong.len() == 1 && wrong[0].starts_with(expected),
                "{wrong:?}"
            ),
        }
    }
}

#[tokio::test]
async fn a_plan_is_carried_out_as_it_was_shown_or_not_at_all() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(all());
    migrator.run_public(&pool).await.unwrap();
    let plan = migrator
        .plan_rollback_public(&pool, &to("1"))
        .await
        .unwrap();

    // Somebody was there in between: first back, then up again.
    migrator
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    let error = migrator
        .rollback_as_planned(&pool, &plan)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema public is not as the plan found it: it was at version 3, and now it is at version 2; \
         nothing was run\n  = help: look at a new plan"
    );
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);
    migrator.run_public(&pool).await.unwrap();
    let error = migrator
        .rollback_as_planned(&pool, &plan)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::MigratedMeanwhile { .. }), "{error}");
    assert_eq!(relations(&pool, "public").await, ["r a", "r b"]);

    let plan = migrator
        .plan_rollback_public(&pool, &to("1"))
        .await
        .unwrap();
    let report = migrator.rollback_as_planned(&pool, &plan).await.unwrap();
    let shown: Vec<_> = plan.steps.iter().map(|step| step.path).collect();
    let done: Vec<_> = report.rolled_back.iter().map(|one| one.path).collect();
    assert_eq!(shown, done);
    assert_eq!(report.version, plan.version);
    let again = migrator
        .rollback_as_planned(&pool, &plan)
        .await
        .unwrap_err();
    assert!(matches!(again, Error::PlanOutdated { .. }), "{again}");
}
