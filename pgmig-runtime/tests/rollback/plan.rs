//! Plans and rehearsals.

use pgmig_runtime::{Error, Migrator, RollbackTo};
use pgmig_testkit::TestDatabase;

use super::support::{embed, relations};
use super::{A, A_DOWN, all, to};

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
