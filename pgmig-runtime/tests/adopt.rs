//! Databases that another tool has migrated, taken over. The tables are those that the tools make;
//! the tools themselves are tried in the workspace's `compat` crate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Adopt, Error, Migrations, Migrator, Misfit, Report, RollbackTo, Tool};
use pgmig_testkit::TestDatabase;
use sha2::{Digest as _, Sha256, Sha384};
use sqlx::PgPool;
use support::{column, embed, execute, history, relations};

const ONE: &str = "CREATE TABLE one (id int);\n";
const TWO: &str = "CREATE TABLE two (id int);\n";
const THREE: &str = "CREATE TABLE three (id int);\n";

fn three() -> &'static Migrations {
    embed(&[
        ("1_one.up.sql", ONE),
        ("1_one.down.sql", "DROP TABLE one;"),
        ("2_two.up.sql", TWO),
        ("3_three.up.sql", THREE),
    ])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A database in which another tool has run the first two of [`three`], and its `table`.
async fn migrated(table: &str) -> TestDatabase {
    let db = TestDatabase::create().await.unwrap();
    execute(&db.pool(), &format!("{ONE}{TWO}{table}")).await;
    db
}

fn sqlx_table(two: &str, success: bool) -> String {
    let checksum = |text: &str| hex(&Sha384::digest(text));
    format!(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, \
         installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);\
         INSERT INTO _sqlx_migrations VALUES (1, 'one', '2026-01-31 12:00:00+00', true, '\\x{}', 5), (2, 'two', now(), {success}, '\\x{}', 5);",
        checksum(ONE),
        checksum(two)
    )
}

async fn run(
    pool: &PgPool,
    migrations: &'static Migrations,
    adopt: impl Into<Adopt>,
) -> Result<Report, Error> {
    Migrator::new(migrations)
        .adopt(adopt)
        .run_public(pool)
        .await
}

fn misfits(result: Result<Report, Error>) -> Vec<Misfit> {
    match result {
        Err(Error::Adoption(error)) => error.misfits,
        other => panic!("{other:?}"),
    }
}

/// The first two are taken over, the third is applied, and a second boot does nothing.
async fn goes_on(pool: &PgPool, migrations: &'static Migrations, tool: Tool) {
    let report = run(pool, migrations, tool).await.unwrap();
    let adoption = report.adopted.unwrap();
    assert_eq!((adoption.tool, adoption.migrations), (tool, 2));
    let versions: Vec<_> = report.applied.iter().map(|one| one.name).collect();
    assert_eq!(versions, ["three"]);
    let origins = "SELECT coalesce(origin, '-') FROM pgmig.history ORDER BY id";
    let origin = format!("{tool}: {}", adoption.table);
    assert_eq!(
        column(pool, origins).await,
        [origin.as_str(), origin.as_str(), "-"]
    );
    assert_eq!(history(pool).await.len(), 3);
    let again = Migrator::new(migrations).run_public(pool).await.unwrap();
    assert!(again.is_noop() && again.adopted.is_none());
}

#[tokio::test]
async fn what_sqlx_applied_is_taken_over_and_its_table_left_alone() {
    let db = migrated(&sqlx_table(TWO, true)).await;
    let pool = db.pool();
    goes_on(&pool, three(), Tool::Sqlx).await;
    let rows = column(&pool, "SELECT version FROM _sqlx_migrations ORDER BY 1").await;
    assert_eq!(rows, ["1", "2"]);
    let at = "SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM pgmig.history WHERE version = '1'";
    assert_eq!(column(&pool, at).await, ["2026-01-31 12:00"]);
    // The way back was kept, as for a migration that pgmig applied.
    let kept = "SELECT count(*) FROM pgmig.history h JOIN pgmig.script s ON s.digest = h.down";
    assert_eq!(column(&pool, kept).await, ["1"]);
}

#[tokio::test]
async fn nothing_is_run_where_a_tool_was_and_nothing_says_what_to_do() {
    let db = migrated(&sqlx_table(TWO, true)).await;
    let pool = db.pool();
    let error = Migrator::new(three()).run_public(&pool).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "schema public was migrated by sqlx (public._sqlx_migrations); nothing was run"
        ),
        "{text}"
    );
    assert!(text.contains("`adopt = \"sqlx\"`"), "{text}");
    assert!(
        !relations(&pool, "public")
            .await
            .contains(&"r three".to_owned())
    );
    let plan = Migrator::new(three()).plan_public(&pool).await.unwrap_err();
    assert!(matches!(plan, Error::NotAdopted { .. }));
    // The migrations of a neighbour are none of this binary's.
    let other = embed(&[("1_four.sql", "CREATE TABLE four (id int);")]);
    let report = run(&pool, other, Adopt::Nothing).await.unwrap();
    assert_eq!((report.applied.len(), report.adopted), (1, None));
}

#[tokio::test]
async fn a_plan_shows_what_would_run_after_taking_over() {
    let db = migrated(&sqlx_table(TWO, true)).await;
    let pool = db.pool();
    let migrator = Migrator::new(three()).adopt(Adopt::Any);
    let names = |plan: Vec<pgmig_runtime::TargetPlan>| -> Vec<&'static str> {
        plan.iter()
            .flat_map(|one| one.pending.iter().map(|one| one.name))
            .collect()
    };
    assert_eq!(names(migrator.plan_public(&pool).await.unwrap()), ["three"]);
    assert_eq!(relations(&pool, "pgmig").await, [""; 0]);
}

#[tokio::test]
async fn a_failed_row_an_edit_a_gap_and_an_unknown_one_stop_everything() {
    let db = migrated(&sqlx_table("something else", true)).await;
    let pool = db.pool();
    execute(
        &pool,
        "INSERT INTO _sqlx_migrations SELECT 9, 'nine', now(), true, '', 0; \
         INSERT INTO _sqlx_migrations SELECT 3, 'three', now(), false, '', 0",
    )
    .await;
    let found = misfits(run(&pool, three(), Tool::Sqlx).await);
    let kinds: Vec<&str> = found
        .iter()
        .map(|misfit| match misfit {
            Misfit::Unfinished { .. } => "unfinished",
            Misfit::Edited { .. } => "edited",
            Misfit::Unknown { .. } => "unknown",
            Misfit::Gap { .. } => "gap",
            _ => "?",
        })
        .collect();
    assert_eq!(kinds, ["edited", "unfinished", "unknown"]);
    execute(&pool, "DELETE FROM _sqlx_migrations WHERE version <> 2").await;
    execute(
        &pool,
        &format!(
            "UPDATE _sqlx_migrations SET checksum = '\\x{}'",
            hex(&Sha384::digest(TWO))
        ),
    )
    .await;
    let found = misfits(run(&pool, three(), Tool::Sqlx).await);
    assert_eq!(
        found,
        [Misfit::Gap {
            path: "migrations/1_one.up.sql",
            after: "migrations/2_two.up.sql",
        }]
    );
    assert_eq!(
        column(&pool, "SELECT count(*) FROM pgmig.history").await,
        ["0"]
    );
}

#[tokio::test]
async fn eight_first_boots_at_once_take_over_once() {
    let db = migrated(&sqlx_table(TWO, true)).await;
    let boots = (0..8).map(|_| {
        let pool = db.pool();
        tokio::spawn(async move { run(&pool, three(), Tool::Sqlx).await })
    });
    let boots: Vec<_> = boots.collect();
    let mut adopted = 0;
    for boot in boots {
        adopted += usize::from(boot.await.unwrap().unwrap().adopted.is_some());
    }
    assert_eq!(adopted, 1);
    assert_eq!(history(&db.pool()).await.len(), 3);
}

#[tokio::test]
async fn refinery_is_taken_over_by_its_siphash() {
    // As refinery 0.10 counts them, with versions of four bytes and of eight.
    let migrations = embed(&[
        ("V1__one.sql", ONE),
        ("V2__two.sql", TWO),
        ("V3__three.sql", THREE),
    ]);
    let table = |two: &str| {
        format!(
            "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255), checksum varchar(255)); \
             INSERT INTO refinery_schema_history VALUES (1, 'one', '2026-01-31T12:00:00.123456789+01:00', '{ONE_SIP}'), (2, 'two', '2026-01-31T12:00:01Z', '{two}');"
        )
    };
    let db = migrated(&table(TWO_SIP)).await;
    goes_on(&db.pool(), migrations, Tool::Refinery).await;
    let db = migrated(&table("1")).await;
    let found = misfits(run(&db.pool(), migrations, Tool::Refinery).await);
    assert!(matches!(found[..], [Misfit::Edited { .. }]), "{found:?}");
}

const ONE_SIP: &str = "9668295108419149717";
const TWO_SIP: &str = "7779444456035665365";

#[tokio::test]
async fn diesel_is_taken_over_by_version() {
    let migrations = embed(&[
        ("00000000000000_one/up.sql", ONE),
        ("2026-01-31-120000-0000_two/up.sql", TWO),
        ("2026-02-01-120000_three/up.sql", THREE),
    ]);
    let db = migrated(
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP); \
         INSERT INTO __diesel_schema_migrations VALUES ('00000000000000'), ('202601311200000000');",
    )
    .await;
    goes_on(&db.pool(), migrations, Tool::Diesel).await;
}

#[tokio::test]
async fn golang_migrate_is_taken_over_unless_it_is_dirty() {
    let table = |dirty: bool| {
        format!(
            "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); \
             INSERT INTO schema_migrations VALUES (2, {dirty});"
        )
    };
    let db = migrated(&table(false)).await;
    goes_on(&db.pool(), three(), Tool::GolangMigrate).await;
    let db = migrated(&table(true)).await;
    let found = misfits(run(&db.pool(), three(), Adopt::Any).await);
    assert!(
        matches!(found[..], [Misfit::Unfinished { .. }]),
        "{found:?}"
    );
}

#[tokio::test]
async fn goose_is_taken_over_by_what_it_did_last_to_a_version() {
    let up = |sql: &str| format!("-- +goose Up\n{sql}");
    let (one, two, three) = (up(ONE), up(TWO), up(THREE));
    let migrations = embed(&[
        ("00001_one.sql", one.as_str()),
        ("00002_two.sql", two.as_str()),
        ("00003_three.sql", three.as_str()),
    ]);
    let db = migrated(
        "CREATE TABLE goose_db_version (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); \
         INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (3, true), (3, false), (2, false), (2, true);",
    )
    .await;
    goes_on(&db.pool(), migrations, Tool::Goose).await;
}

#[tokio::test]
async fn dbmate_is_taken_over_by_version() {
    let up = |sql: &str| format!("-- migrate:up\n{sql}\n-- migrate:down\n");
    let (one, two, three) = (up(ONE), up(TWO), up(THREE));
    let migrations = embed(&[
        ("20260101000000_one.sql", one.as_str()),
        ("20260102000000_two.sql", two.as_str()),
        ("20260103000000_three.sql", three.as_str()),
    ]);
    let db = migrated(
        "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY); \
         INSERT INTO schema_migrations VALUES ('20260101000000'), ('20260102000000');",
    )
    .await;
    goes_on(&db.pool(), migrations, Tool::Dbmate).await;
}

#[tokio::test]
async fn sea_orm_is_taken_over_by_name() {
    let migrations = embed(&[
        ("20260101_000001_one.up.sql", ONE),
        ("20260102000001_two.up.sql", TWO),
        ("20260103000001_three.up.sql", THREE),
    ]);
    let db = migrated(
        "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL); \
         INSERT INTO seaql_migrations VALUES ('m20260101_000001_one', 1769860800), ('m20260102_000001_two', 1769860801);",
    )
    .await;
    goes_on(&db.pool(), migrations, Tool::SeaOrm).await;
}

#[tokio::test]
async fn prisma_is_taken_over_by_the_last_row_of_a_folder() {
    let migrations = embed(&[
        ("migration_lock.toml", "provider = \"postgresql\""),
        ("20260101000000_one/migration.sql", ONE),
        ("20260101000000_two/migration.sql", TWO),
        ("20260103000000_three/migration.sql", THREE),
    ]);
    let table = |finished: &str| {
        format!(
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, \
             logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0); \
             INSERT INTO _prisma_migrations VALUES \
             ('a', '{}', now(), '20260101000000_one', NULL, NULL), \
             ('b', 'x', NULL, '20260101000000_two', 'error', now()), \
             ('c', '{}', {finished}, '20260101000000_two', 'it broke', NULL);",
            hex(&Sha256::digest(ONE)),
            hex(&Sha256::digest(TWO))
        )
    };
    let db = migrated(&table("now()")).await;
    goes_on(&db.pool(), migrations, Tool::Prisma).await;
    let db = migrated(&table("NULL")).await;
    let found = misfits(run(&db.pool(), migrations, Tool::Prisma).await);
    assert!(
        matches!(&found[..], [Misfit::Unfinished { why, .. }] if why.ends_with("it broke")),
        "{found:?}"
    );
}

#[tokio::test]
async fn flyway_is_taken_over_by_its_crc() {
    let migrations = embed(&[
        ("V1__one.sql", ONE),
        ("V1.10__two.sql", TWO),
        ("V2.0__three.sql", THREE),
    ]);
    // CRC-32 of the lines without their ends, by zlib.
    let table = |two: i64| {
        format!(
            "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, \
             checksum int, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL); \
             INSERT INTO flyway_schema_history VALUES \
             (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '', NULL, 'x', now(), 0, true), \
             (1, '1', 'one', 'SQL', 'V1__one.sql', {ONE_CRC}, 'x', now(), 0, true), \
             (2, '1.10', 'two', 'SQL', 'V1.10__two.sql', {two}, 'x', now(), 0, true), \
             (3, '2.0', 'three', 'SQL', 'V2.0__three.sql', 1, 'x', now(), 0, true), \
             (4, '2.0', 'three', 'UNDO_SQL', 'U2.0__three.sql', 1, 'x', now(), 0, true);"
        )
    };
    let db = migrated(&table(TWO_CRC)).await;
    let found = misfits(run(&db.pool(), migrations, Tool::Flyway).await);
    assert!(
        matches!(&found[..], [Misfit::Edited { path, .. }] if path.ends_with("V2.0__three.sql")),
        "{found:?}"
    );
    execute(
        &db.pool(),
        "DELETE FROM flyway_schema_history WHERE installed_rank > 2",
    )
    .await;
    goes_on(&db.pool(), migrations, Tool::Flyway).await;
}

const ONE_CRC: i64 = -787082930;
const TWO_CRC: i64 = -238647330;

#[tokio::test]
async fn flyways_baseline_stands_for_all_before_it() {
    let migrations = embed(&[
        ("V1__one.sql", ONE),
        ("V2__two.sql", TWO),
        ("V3__three.sql", THREE),
    ]);
    let db = migrated(
        "CREATE TABLE audit (version varchar, description varchar, type varchar, checksum int, installed_on timestamp, success boolean, installed_rank int); \
         INSERT INTO audit VALUES ('2', '<< Flyway Baseline >>', 'BASELINE', NULL, now(), true, 1);",
    )
    .await;
    let pool = db.pool();
    let adopt = Adopt::FromTable(Tool::Flyway, "public.audit".to_owned());
    let report = run(&pool, migrations, adopt).await.unwrap();
    assert_eq!(report.adopted.unwrap().migrations, 2);
    assert_eq!(report.applied.len(), 1);
}

#[tokio::test]
async fn tables_of_two_tools_are_refused_until_one_is_named() {
    let table = sqlx_table(TWO, true)
        + "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, false);";
    let db = migrated(&table).await;
    let pool = db.pool();
    let error = run(&pool, three(), Adopt::Any).await.unwrap_err();
    assert!(
        matches!(&error, Error::NotAdopted { tools, .. } if tools.len() == 2),
        "{error}"
    );
    goes_on(&pool, three(), Tool::GolangMigrate).await;
}

#[tokio::test]
async fn a_tenants_schema_is_taken_over_from_the_table_in_it() {
    let migrations = embed(&[
        ("tenant/1_one.sql", ONE),
        ("tenant/2_two.sql", TWO),
        ("tenant/3_three.sql", THREE),
    ]);
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let table = sqlx_table(TWO, true);
    execute(&pool, &format!("CREATE SCHEMA \"we\"\"ird\"; SET search_path = \"we\"\"ird\"; {ONE}{TWO}{table}; RESET search_path")).await;
    let migrator = Migrator::new(migrations)
        .tenant_schema(|_| "we\"ird".to_owned())
        .adopt(Tool::Sqlx);
    let report = migrator
        .run_tenant(&pool, pgmig_runtime::Uuid::nil())
        .await
        .unwrap();
    assert_eq!(report.adopted.unwrap().table, "we\"ird._sqlx_migrations");
    assert_eq!(report.applied.len(), 1);
}

#[tokio::test]
async fn what_was_rolled_back_is_not_taken_over_again() {
    let db = migrated(&sqlx_table(TWO, true)).await;
    let pool = db.pool();
    let files = [
        ("1_one.up.sql", ONE),
        ("1_one.down.sql", "DROP TABLE one;"),
        ("2_two.up.sql", TWO),
        ("2_two.down.sql", "DROP TABLE two;"),
    ];
    let migrator = Migrator::new(embed(&files)).adopt(Tool::Sqlx);
    let report = migrator.run_public(&pool).await.unwrap();
    assert_eq!(report.adopted.unwrap().migrations, 2);
    migrator
        .rollback_public(&pool, &RollbackTo::Nothing)
        .await
        .unwrap();
    assert_eq!(
        relations(&pool, "public").await,
        ["i _sqlx_migrations_pkey", "r _sqlx_migrations"]
    );
    let report = migrator.run_public(&pool).await.unwrap();
    assert!(report.adopted.is_none());
    assert_eq!(report.applied.len(), 2);
    assert_eq!(relations(&pool, "public").await.len(), 4);
}
