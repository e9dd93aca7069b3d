//! What is taken back, and with which script.

use pgmig_runtime::{Error, Migrator, RollbackTo};
use pgmig_testkit::TestDatabase;
use uuid::Uuid;

use super::support::{column, embed, history, relations};
use super::{A, A_DOWN, B, BOTH, C, C_DOWN, all, head, to};

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
