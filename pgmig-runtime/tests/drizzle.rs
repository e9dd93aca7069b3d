//! Drizzle's own ledger, in step with pgmig's in both directions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Error, MigrationState, Migrations, Migrator, Misfit, RollbackTo, Scope, Tool};
use pgmig_testkit::TestDatabase;
use sha2::{Digest as _, Sha256};
use support::{column, embed, execute, history, relations};

const CUSTOM: &str = "-- Custom SQL migration file, put your code below! --";
const ROWS: &str =
    "SELECT created_at || ' ' || left(hash, 8) FROM drizzle.__drizzle_migrations ORDER BY id";

/// Drizzle's table, as 0.x makes it.
const TABLE: &str = "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);";

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn row(at: i64, text: &str) -> String {
    format!("{at} {}", &hash(text)[..8])
}

fn table(n: usize) -> String {
    format!(
        "CREATE TABLE \"t{n}\" (\"id\" int);--> statement-breakpoint\nCREATE INDEX \"i{n}\" ON \"t{n}\" (\"id\");"
    )
}

/// The same as drizzle-kit's migrator sends it.
fn sent(n: usize) -> String {
    table(n).replace("--> statement-breakpoint", "")
}

/// The texts of a history whose first two migrations are custom and empty.
fn text(n: usize) -> String {
    if n < 2 { CUSTOM.to_owned() } else { table(n) }
}

/// A file and what it says.
type File = (String, String);

fn embed_owned(files: &[File]) -> &'static Migrations {
    let files = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    embed(&files.collect::<Vec<_>>())
}

/// The folder that drizzle-kit 1.0 makes of a migration.
fn folder(name: &str, text: &str) -> [File; 2] {
    [
        (format!("{name}/migration.sql"), text.to_owned()),
        (format!("{name}/snapshot.json"), "{}".to_owned()),
    ]
}

/// A journal folder below `within` whose entries are at these times, the first two of them custom
/// and empty.
fn journal(within: &str, times: &[i64]) -> &'static Migrations {
    let entries = times.iter().enumerate().map(|(idx, when)| {
        format!(r#"{{"idx": {idx}, "version": "7", "when": {when}, "tag": "{idx:04}_x{idx}", "breakpoints": true}}"#)
    });
    let entries: Vec<String> = entries.collect();
    let journal = format!(
        r#"{{"version": "7", "dialect": "postgresql", "entries": [{}]}}"#,
        entries.join(",")
    );
    let scripts = (0..times.len()).map(|idx| (format!("{within}{idx:04}_x{idx}.sql"), text(idx)));
    let mut files: Vec<File> = scripts.collect();
    files.push((format!("{within}meta/_journal.json"), journal));
    if !within.is_empty() {
        files.push((
            "public/001_a.sql".to_owned(),
            "CREATE TABLE a (id int);".to_owned(),
        ));
    }
    embed_owned(&files)
}

fn folders(count: usize) -> &'static Migrations {
    let folders = (0..count).flat_map(|n| folder(&format!("2026112318124{n}_x{n}"), &table(n)));
    embed_owned(&folders.collect::<Vec<_>>())
}

#[tokio::test]
async fn a_journal_folder_gets_the_table_of_0_x_with_the_journals_times() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrations = journal("drizzle/", &[3000, 1000, 2000]);
    let report = Migrator::new(migrations).run_public(&pool).await.unwrap();
    assert_eq!(report.applied.len(), 4);
    let expected = [row(3000, CUSTOM), row(1000, CUSTOM), row(2000, &table(2))];
    assert_eq!(column(&pool, ROWS).await, expected);
    let columns = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'drizzle.__drizzle_migrations'::regclass AND attnum > 0";
    assert_eq!(column(&pool, columns).await, ["id hash created_at"]);
    assert_eq!(
        history(&pool).await,
        [
            "public 1 applied",
            "public 0 applied",
            "public 1 applied",
            "public 2 applied"
        ]
    );
    let again = Migrator::new(migrations).run_public(&pool).await.unwrap();
    assert!(again.is_noop() && again.adopted.is_none());
}

#[tokio::test]
async fn a_folder_of_1_0_gets_its_table_with_the_folders_names() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(folders(2)).run_public(&pool).await.unwrap();
    let rows = "SELECT created_at || ' ' || name || ' ' || (applied_at IS NOT NULL) FROM drizzle.__drizzle_migrations ORDER BY id";
    assert_eq!(
        column(&pool, rows).await,
        [
            "1795457560000 20261123181240_x0 true",
            "1795457561000 20261123181241_x1 true"
        ]
    );
}

#[tokio::test]
async fn a_table_of_0_x_that_is_there_stays_as_it_is() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, TABLE).await;
    Migrator::new(folders(1)).run_public(&pool).await.unwrap();
    assert_eq!(
        column(&pool, ROWS).await,
        [row(1_795_457_560_000, &table(0))]
    );
}

#[tokio::test]
async fn what_drizzle_applied_is_taken_over_by_hash_or_time() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    // The custom ones have the same text; the journal's times tell them apart. Of the third the
    // time was changed by hand.
    execute(
        &pool,
        &format!(
            "{} {TABLE} INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{custom}', 1000), ('{custom}', 2000), ('{}', 7)",
            sent(2),
            hash(&table(2)),
            custom = hash(CUSTOM),
        ),
    )
    .await;
    let migrations = journal("", &[1000, 2000, 3000, 4000]);
    let report = Migrator::new(migrations).run_public(&pool).await.unwrap();
    let adoption = report.adopted.unwrap();
    assert_eq!((adoption.tool, adoption.migrations), (Tool::Drizzle, 3));
    assert_eq!(report.applied.len(), 1);
    assert_eq!(column(&pool, ROWS).await.len(), 4);
}

#[tokio::test]
async fn an_edited_file_and_an_entry_that_drizzle_passed_over_are_told() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(
        &pool,
        &format!("{TABLE} INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('f00', 1000), ('f00', 4000), ('f00', 9)"),
    )
    .await;
    let migrations = journal("", &[1000, 2000, 3000, 4000]);
    let error = Migrator::new(migrations)
        .run_public(&pool)
        .await
        .unwrap_err();
    let Error::Adoption(error) = error else {
        panic!("{error}")
    };
    let kinds: Vec<_> = error
        .misfits
        .iter()
        .map(|misfit| match misfit {
            Misfit::Edited { path, .. } => format!("edited {path}"),
            Misfit::Unknown { recorded } => format!("unknown {recorded}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "unknown `9`",
            "edited migrations/0000_x0.sql",
            "edited migrations/0003_x3.sql"
        ]
    );
    execute(&pool, &format!("DELETE FROM drizzle.__drizzle_migrations; INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{}', 4000)", hash(&table(3)))).await;
    let error = Migrator::new(migrations)
        .run_public(&pool)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(
            "migrations/0002_x2.sql was not applied, but migrations/0003_x3.sql, after it, was"
        ),
        "{error}"
    );
    assert!(error.contains("drizzle-orm 0.x passes over"), "{error}");
    assert_eq!(history(&pool).await, [""; 0]);
}

#[tokio::test]
async fn a_folder_of_1_0_whose_text_is_another_is_told_by_its_name() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(
        &pool,
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint, name text, applied_at timestamptz DEFAULT now()); \
         INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name) VALUES ('f00', 1, '20261123181240_x0')",
    )
    .await;
    let ran = Migrator::new(folders(1)).run_public(&pool).await;
    let Err(Error::Adoption(error)) = ran else {
        panic!("{ran:?}")
    };
    assert!(
        matches!(&error.misfits[..], [Misfit::Edited { path, .. }] if path.contains("20261123181240_x0")),
        "{error}"
    );
}

#[tokio::test]
async fn what_drizzle_applies_later_is_not_applied_again() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(folders(1)).run_public(&pool).await.unwrap();
    execute(
        &pool,
        &format!(
            "{} INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name) VALUES ('{}', 1795457561000, '20261123181241_x1')",
            sent(1),
            hash(&table(1)),
        ),
    )
    .await;
    let report = Migrator::new(folders(3)).run_public(&pool).await.unwrap();
    assert_eq!(report.adopted.unwrap().migrations, 1);
    let applied: Vec<_> = report.applied.iter().map(|one| one.name).collect();
    assert_eq!(applied, ["x2"]);
    assert_eq!(column(&pool, ROWS).await.len(), 3);
    // An older binary finds rows that it does not carry, and boots all the same.
    let older = Migrator::new(folders(2)).run_public(&pool).await.unwrap();
    assert_eq!(older.ahead.as_deref(), Some("20261123181242"));
    assert!(older.is_noop());
}

#[tokio::test]
async fn a_migration_outside_a_transaction_is_recorded_there_too() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(folders(1)).run_public(&pool).await.unwrap();
    let text = "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY \"c\" ON \"t0\" (\"id\");";
    let zero = table(0);
    let files = [
        folder("20261123181240_x0", &zero),
        folder("20261123181245_c", text),
    ];
    let migrations = embed_owned(files.as_flattened());
    let mut connection = pool.acquire().await.unwrap();
    Migrator::new(migrations)
        .run_public(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        column(&pool, ROWS).await,
        [row(1_795_457_560_000, &zero), row(1_795_457_565_000, text)]
    );
    let pooled = TestDatabase::create().await.unwrap();
    let pool = pooled.pool();
    Migrator::new(folders(1)).run_public(&pool).await.unwrap();
    Migrator::new(migrations).run_public(&pool).await.unwrap();
    assert_eq!(column(&pool, ROWS).await.len(), 2);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_no_row_there() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let twice = ["20261123181240_a", "20261123181241_b"]
        .map(|name| folder(name, "CREATE TABLE a (id int);"));
    let migrations = embed_owned(twice.as_flattened());
    Migrator::new(migrations)
        .run_public(&pool)
        .await
        .unwrap_err();
    assert_eq!(relations(&pool, "drizzle").await, [""; 0]);
    // Without the ledger of Drizzle nothing of it is made.
    let other = TestDatabase::create().await.unwrap();
    let pool = other.pool();
    Migrator::new(folders(1))
        .drizzle_ledger(false)
        .run_public(&pool)
        .await
        .unwrap();
    assert_eq!(relations(&pool, "drizzle").await, [""; 0]);
}

#[tokio::test]
async fn a_tenants_drizzle_folder_works_in_the_tenants_schema() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrations = embed(&[
        (
            "public/001_users.sql",
            "CREATE TABLE users (id int PRIMARY KEY);",
        ),
        (
            "tenant/20261123181240_a/migration.sql",
            "CREATE TYPE \"public\".\"kind\" AS ENUM('a');--> statement-breakpoint\n\
             CREATE TABLE \"orders\" (\"id\" int PRIMARY KEY, \"kind\" \"public\".\"kind\", \"user\" int);--> statement-breakpoint\n\
             ALTER TABLE \"orders\" ADD CONSTRAINT \"u\" FOREIGN KEY (\"user\") REFERENCES \"public\".\"users\"(\"id\");--> statement-breakpoint\n\
             ALTER TABLE \"orders\" ADD CONSTRAINT \"o\" FOREIGN KEY (\"id\") REFERENCES \"public\".\"orders\"(\"id\")",
        ),
        ("tenant/20261123181240_a/snapshot.json", "{}"),
    ]);
    let migrator = Migrator::new(migrations);
    migrator.run_public(&pool).await.unwrap();
    let tenant = pgmig_runtime::Uuid::from_u128(7);
    let report = migrator.run_tenant(&pool, tenant).await.unwrap();
    let keys = format!(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND connamespace = '{}'::regnamespace ORDER BY conname",
        report.target.schema
    );
    let schema = &report.target.schema;
    assert_eq!(
        column(&pool, &keys).await,
        [
            format!("FOREIGN KEY (id) REFERENCES {schema}.orders(id)"),
            "FOREIGN KEY (\"user\") REFERENCES users(id)".to_owned()
        ]
    );
    let types = "SELECT typnamespace::regnamespace::text FROM pg_type WHERE typname = 'kind'";
    assert_eq!(column(&pool, types).await, [schema.as_str()]);
    assert_eq!(relations(&pool, "drizzle").await, [""; 0]);
}

/// A folder of the later form, its second migration with a way back by `down`.
fn two_folders(down: &str) -> &'static Migrations {
    let folders = [0, 1].map(|n| folder(&format!("2026112318124{n}_x{n}"), &table(n)));
    let mut files = folders.concat();
    files.push(("20261123181241_x1/down.sql".to_owned(), down.to_owned()));
    embed_owned(&files)
}

#[tokio::test]
async fn what_is_rolled_back_is_out_of_drizzles_ledger_and_is_applied_again() {
    let outside = "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY i1;\nDROP TABLE t1;";
    for down in ["DROP TABLE t1;", outside] {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = two_folders(down);
        let migrator = Migrator::new(migrations);
        migrator.run_public(&pool).await.unwrap();
        let rows = column(&pool, ROWS).await;
        assert_eq!(rows.len(), 2);
        // A binary that does not carry it does the same.
        let older = Migrator::new(folders(1));
        for migrator in [&older, &migrator] {
            let back = migrator.rollback_public(&pool, &RollbackTo::OneStep).await;
            assert_eq!(back.unwrap().rolled_back.len(), 1);
            assert_eq!(column(&pool, ROWS).await, rows[..1]);
            assert_eq!(relations(&pool, "public").await, ["i i0", "r t0"]);
            let again = Migrator::new(migrations).run_public(&pool).await.unwrap();
            assert!(again.adopted.is_none());
            assert_eq!(again.applied.len(), 1);
            assert_eq!(column(&pool, ROWS).await, rows);
        }
    }
}

#[tokio::test]
async fn drizzles_ledger_is_left_alone_where_it_is_not_kept_in_step() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(two_folders("DROP TABLE t1;"));
    migrator.run_public(&pool).await.unwrap();
    let rows = column(&pool, ROWS).await;
    let apart = migrator.drizzle_ledger(false);
    apart
        .rollback_public(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(column(&pool, ROWS).await, rows);
}

/// The folders that `drizzle-kit up` makes of [`journal`] with these times.
fn upgraded(times: &[i64]) -> Vec<File> {
    let folders = times.iter().enumerate().map(|(idx, when)| {
        // 1970-01-01T00:00:00Z and some seconds.
        folder(
            &format!("197001010000{:02}_x{idx}", when / 1000),
            &text(idx),
        )
    });
    folders.flatten().collect()
}

#[tokio::test]
async fn a_folder_that_was_upgraded_from_0_x_goes_on_where_the_journal_ended() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let journal = journal("", &[1000, 2000, 3000]);
    Migrator::new(journal).run_public(&pool).await.unwrap();
    let files = upgraded(&[1000, 2000, 3000]);
    let migrator = Migrator::new(embed_owned(&files));
    assert!(migrator.run_public(&pool).await.unwrap().is_noop());
    let status = migrator.status(&pool).await.unwrap().public;
    let states = status.migrations.iter().map(|one| &one.state);
    assert!(
        states
            .clone()
            .all(|state| *state == MigrationState::Applied)
    );
    assert_eq!(status.migrations.len(), 3);
    assert_eq!(status.version.as_deref(), Some("19700101000003"));

    // The next one is applied, and those before it are not.
    let mut more = files.clone();
    more.extend(folder("19700101000009_x3", &table(3)));
    let next = Migrator::new(embed_owned(&more));
    let report = next.run_public(&pool).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    assert!(report.adopted.is_none());
    assert!(next.run_public(&pool).await.unwrap().is_noop());
    // Drizzle's table stays the one of 0.x: its own migrator upgrades it.
    assert_eq!(column(&pool, ROWS).await.len(), 4);
    // A binary from before the upgrade boots on it still.
    let older = Migrator::new(journal).run_public(&pool).await.unwrap();
    assert!(older.is_noop() && older.ahead.is_some());
    // And one that was edited since is told, not applied again.
    more[4].1 = "SELECT 1;".to_owned();
    more.extend(folder("19700101000010_x4", &table(4)));
    let edited = Migrator::new(embed_owned(&more));
    let error = edited.run_public(&pool).await.unwrap_err().to_string();
    assert!(
        error.contains("19700101000003_x2/migration.sql was edited"),
        "{error}"
    );
    // It can be accepted by the version that it has now; the ledger has the one of the journal.
    let repaired = edited.repair(&pool, Scope::Public, "19700101000003").await;
    assert_eq!(repaired.unwrap().len(), 1);
    let report = edited.run_public(&pool).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    assert!(edited.run_public(&pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn an_upgrade_that_changes_the_order_applies_nothing_again() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let times = [3000, 1000, 2000];
    Migrator::new(journal("", &times))
        .run_public(&pool)
        .await
        .unwrap();
    let mut files = upgraded(&times);
    let migrator = Migrator::new(embed_owned(&files));
    assert!(migrator.run_public(&pool).await.unwrap().is_noop());
    files.extend(folder("19700101000009_x3", &table(3)));
    let next = Migrator::new(embed_owned(&files));
    assert_eq!(next.run_public(&pool).await.unwrap().applied.len(), 1);
    assert!(next.run_public(&pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn a_table_of_0_x_is_taken_over_by_an_upgraded_folder() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    // The seconds are what the folders have kept of the times.
    execute(
        &pool,
        &format!(
            "{} {TABLE} INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{custom}', 1111), ('{custom}', 2222), ('{}', 3333)",
            sent(2),
            hash(&table(2)),
            custom = hash(CUSTOM),
        ),
    )
    .await;
    let mut files = upgraded(&[1111, 2222, 3333]);
    files.push((
        "19700101000003_x2/down.sql".to_owned(),
        "DROP TABLE t2;".to_owned(),
    ));
    let migrator = Migrator::new(embed_owned(&files));
    let report = migrator.run_public(&pool).await.unwrap();
    assert_eq!(report.adopted.unwrap().migrations, 3);
    assert!(report.applied.is_empty());
    // And given back to the second.
    let back = migrator.rollback_public(&pool, &RollbackTo::OneStep).await;
    assert_eq!(back.unwrap().rolled_back.len(), 1);
    assert_eq!(
        column(&pool, ROWS).await,
        [row(1111, CUSTOM), row(2222, CUSTOM)]
    );
}

#[tokio::test]
async fn a_drizzle_folder_beside_public_is_taken_back_on_its_own() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let journal = r#"{"version": "7", "dialect": "postgresql", "entries": [
        {"idx": 0, "version": "7", "when": 1000, "tag": "0000_x0", "breakpoints": true},
        {"idx": 1, "version": "7", "when": 2000, "tag": "0001_x1", "breakpoints": true}]}"#;
    let (zero, one) = (table(0), table(1));
    let migrator = Migrator::new(embed(&[
        ("public/001_a.sql", "CREATE TABLE a (id int);"),
        ("drizzle/meta/_journal.json", journal),
        ("drizzle/0000_x0.sql", &zero),
        ("drizzle/0001_x1.sql", &one),
        ("drizzle/0001_x1.down.sql", "DROP TABLE t1;"),
    ]));
    migrator.run_public(&pool).await.unwrap();
    let plan = migrator
        .plan_rollback_drizzle(&pool, &RollbackTo::OneStep)
        .await
        .unwrap();
    assert_eq!(plan.steps[0].path, "migrations/drizzle/0001_x1.down.sql");
    let report = migrator.rollback_as_planned(&pool, &plan).await.unwrap();
    assert_eq!(report.version.as_deref(), Some("0"));
    assert_eq!(column(&pool, ROWS).await, [row(1000, &zero)]);
    assert_eq!(relations(&pool, "public").await, ["i i0", "r a", "r t0"]);
    let error = migrator
        .rollback_drizzle(&pool, &RollbackTo::OneStep)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Irreversible(_)), "{error}");

    let again = migrator.run_public(&pool).await.unwrap();
    assert_eq!((again.applied.len(), again.adopted.is_none()), (1, true));
    assert_eq!(column(&pool, ROWS).await.len(), 2);
}
