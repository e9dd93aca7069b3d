//! What goes wrong around a run: locks, lost connections, restarts, rights, poolers, dropped
//! futures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use pgmig_runtime::{Dispatch, Error, FileChange, Migrations, Migrator, Retry, Scope};
use pgmig_testkit::{PgBouncer, PrivateServer, TestDatabase};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool};
use support::{column, embed, embed_folder, embed_with, execute, history, relations};
use uuid::Uuid;

const BOTH: [Dispatch; 2] = [Dispatch::Message, Dispatch::Statement];

const A: (&str, &str) = ("public/001_a.sql", "CREATE TABLE a (id int, n int);");
const B: (&str, &str) = ("public/002_b.sql", "ALTER TABLE a ADD COLUMN m int;");
const CIC: (&str, &str) = (
    "public/003_index.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY a_n ON a (n);\nINSERT INTO a (id) VALUES (7);",
);

fn quick() -> Retry {
    Retry::default()
        .attempts(3)
        .delay(Duration::from_millis(10))
}

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_an_error_that_names_who_has_it() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
        let mut holder = pool.begin().await.unwrap();
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *holder)
            .await
            .unwrap();
        sqlx::raw_sql("LOCK TABLE public.a")
            .execute(&mut *holder)
            .await
            .unwrap();

        let migrator = Migrator::new(embed(&[A, B]))
            .dispatch(dispatch)
            .lock_timeout(Duration::from_millis(200))
            .retry(quick());
        for single in [false, true] {
            let mut connection = db.connect().await.unwrap();
            let ran = match single {
                false => migrator.run_public(&pool).await,
                true => migrator.run_public(&mut connection).await,
            };
            let error = ran.unwrap_err();
            let text = error.to_string();
            let Error::Blocked(error) = error else {
                panic!("{error}");
            };
            assert_eq!(error.attempts, 3);
            assert_eq!(error.last.path, "migrations/public/002_b.sql");
            let blocker = error.blocker.unwrap();
            assert_eq!(blocker.pid, i64::from(pid));
            assert_eq!(blocker.query.as_deref(), Some("LOCK TABLE public.a"));
            assert!(text.contains(&format!("blocked by: pid {pid}")), "{text}");
            assert!(text.contains("idle in transaction for"), "{text}");
        }
        let run = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.retry(Retry::default()));
            async move { migrator.run_public(&pool).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        holder.rollback().await.unwrap();
        assert_eq!(run.await.unwrap().unwrap().applied.len(), 1);
    }
}

#[tokio::test]
async fn a_target_that_another_process_has_claimed_is_not_waited_for_inside_the_server() {
    for dispatch in BOTH {
        for after in [B, CIC] {
            let db = TestDatabase::create().await.unwrap();
            let pool = db.pool();
            Migrator::new(embed(&[A]))
                .dispatch(dispatch)
                .run_public(&pool)
                .await
                .unwrap();
            let mut holder = pool.begin().await.unwrap();
            sqlx::raw_sql("UPDATE pgmig.target SET updated_at = now() WHERE schema = 'public'")
                .execute(&mut *holder)
                .await
                .unwrap();

            let migrator = Migrator::new(embed(&[A, after]))
                .dispatch(dispatch)
                .claim_timeout(Duration::ZERO);
            let run = tokio::spawn({
                let pool = pool.clone();
                async move { migrator.run_public(&pool).await }
            });
            // Whoever waits for the holder is let go by its end, and is no error then.
            while !run.is_finished() && support::waiting(&pool).await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(support::waiting(&pool).await, 0);
            holder.rollback().await.unwrap();
            assert!(matches!(run.await.unwrap(), Err(Error::Busy { .. })));
        }
    }
}

#[tokio::test]
async fn an_app_that_starts_before_its_database_waits_for_it() {
    for dispatch in BOTH {
        let server = PrivateServer::start(&[]).unwrap();
        let db = TestDatabase::create_on(server.server()).await.unwrap();
        server.stop();
        let pool = db.pool();
        let run = tokio::spawn(async move {
            Migrator::new(embed(&[A]))
                .dispatch(dispatch)
                .run_public(&pool)
                .await
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!run.is_finished());
        server.restart().unwrap();
        assert_eq!(run.await.unwrap().unwrap().applied.len(), 1);
    }
}

#[tokio::test]
async fn a_database_that_does_not_come_is_given_up_in_time() {
    let options = PgConnectOptions::new().host("127.0.0.1").port(1);
    let pool = PgPool::connect_lazy_with(options);
    let migrator = Migrator::new(embed(&[A])).wait_for_database(Duration::from_millis(200));
    let error = migrator.run_public(&pool).await.unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_is_waited_for_and_the_run_goes_on() {
    let server = PrivateServer::start(&[]).unwrap();
    for dispatch in BOTH {
        let db = TestDatabase::create_on(server.server()).await.unwrap();
        let pool = db.pool();
        Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
        let mut old = pool.begin().await.unwrap();
        sqlx::raw_sql("INSERT INTO a VALUES (1, 1)")
            .execute(&mut *old)
            .await
            .unwrap();
        let run = tokio::spawn({
            let pool = db.pool();
            async move {
                let migrator = Migrator::new(embed(&[A, B, CIC])).dispatch(dispatch);
                migrator
                    .lock_timeout(Duration::from_secs(60))
                    .run_public(&pool)
                    .await
            }
        });
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%pgmig%'";
        while column(&pool, waiting).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        server.restart().unwrap();
        let report = run.await.unwrap().unwrap();
        assert_eq!(report.applied.len(), 2);
        let pool = db.pool();
        assert_eq!(
            history(&pool).await,
            ["public 1 applied", "public 2 applied", "public 3 applied"]
        );
        assert_eq!(column(&pool, "SELECT id FROM a").await, ["7"]);
        assert_eq!(
            column(&pool, "SELECT bool_and(indisvalid) FROM pg_index").await,
            ["t"]
        );
    }
}

#[tokio::test]
async fn a_hot_standby_serves_a_boot_with_nothing_to_do_and_the_status() {
    for dispatch in BOTH {
        let server = PrivateServer::start(&[]).unwrap();
        let db = TestDatabase::create_on(server.server()).await.unwrap();
        let migrator = Migrator::new(embed(&[A])).dispatch(dispatch);
        migrator.run_public(&db.pool()).await.unwrap();
        let standby = server.hot_standby().unwrap();
        let url = format!(
            "{}/{}",
            standby.server().url().rsplit_once('/').unwrap().0,
            db.name()
        );
        let pool = PgPool::connect(&url).await.unwrap();

        assert!(migrator.run_public(&pool).await.unwrap().is_noop());
        assert_eq!(
            migrator
                .status(&pool)
                .await
                .unwrap()
                .public
                .version
                .as_deref(),
            Some("1")
        );
        let error = Migrator::new(embed(&[A, B]))
            .dispatch(dispatch)
            .run_public(&pool)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::ReadOnly { pending: 1, .. }),
            "{error}"
        );
        pool.close().await;
    }
}

/// A pool of a new role without rights of its own, for which `grants` are run.
async fn role(db: &TestDatabase, grants: &str) -> PgPool {
    let role = format!("role_{}", Uuid::new_v4().simple());
    let pool = db.pool();
    execute(&pool, &format!("CREATE ROLE {role} LOGIN PASSWORD 'x'")).await;
    for grant in grants.split(';').filter(|grant| !grant.trim().is_empty()) {
        execute(&pool, &format!("{grant} TO {role}")).await;
    }
    PgPool::connect_lazy_with(db.options().username(&role).password("x"))
}

#[tokio::test]
async fn a_role_that_may_only_read_boots_when_there_is_nothing_to_do() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let migrator = Migrator::new(embed(&[
            A,
            ("tenant/001_t.sql", "CREATE TABLE t (id int);"),
        ]))
        .dispatch(dispatch);
        migrator.run_public(&db.pool()).await.unwrap();
        migrator.run_tenant(&db.pool(), Uuid::nil()).await.unwrap();
        let grants = "GRANT USAGE ON SCHEMA pgmig; GRANT SELECT ON ALL TABLES IN SCHEMA pgmig";
        let pool = role(&db, grants).await;
        assert!(migrator.run_public(&pool).await.unwrap().is_noop());
        assert!(
            migrator
                .run_tenant(&pool, Uuid::nil())
                .await
                .unwrap()
                .is_noop()
        );
        assert_eq!(migrator.status(&pool).await.unwrap().tenants.len(), 1);

        let nobody = role(&db, "").await;
        let error = migrator.run_public(&nobody).await.unwrap_err();
        assert!(error.to_string().contains("sqlstate: 42501"), "{error}");
    }
}

#[tokio::test]
async fn a_role_without_create_on_the_database_migrates_what_exists() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let tenant = ("tenant/001_t.sql", "CREATE TABLE t (id int);");
        let schema = format!("tenant_{}", Uuid::nil().simple());
        execute(
            &db.pool(),
            &format!("CREATE SCHEMA pgmig; CREATE SCHEMA {schema}"),
        )
        .await;
        let grants = format!(
            "GRANT ALL ON SCHEMA pgmig; GRANT ALL ON SCHEMA public; GRANT ALL ON SCHEMA {schema}"
        );
        let pool = role(&db, &grants).await;
        let migrator = Migrator::new(embed(&[A, CIC, tenant])).dispatch(dispatch);
        assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 2);
        assert_eq!(
            migrator
                .run_tenant(&pool, Uuid::nil())
                .await
                .unwrap()
                .applied
                .len(),
            1
        );
        let error = migrator.run_tenant(&pool, Uuid::max()).await.unwrap_err();
        assert!(
            error.to_string().contains("needs CREATE on the database"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_pooler_that_shares_one_server_session_is_no_obstacle() {
    for (size, dispatch) in [(1, BOTH[0]), (1, BOTH[1]), (3, BOTH[0]), (3, BOTH[1])] {
        let db = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(&db, size).unwrap();
        let old = embed(&[A, ("tenant/001_t.sql", "CREATE TABLE t (id int);")]);
        let new = embed(&[
            A,
            B,
            CIC,
            ("tenant/001_t.sql", "CREATE TABLE t (id int);"),
            (
                "tenant/002_t.sql",
                "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (id);\nREINDEX INDEX CONCURRENTLY i;",
            ),
        ]);
        let boot = |migrations: &'static Migrations| {
            let url = bouncer.url().to_owned();
            async move {
                let pool = PgPoolOptions::new()
                    .max_connections(2)
                    .connect_lazy(&url)
                    .unwrap();
                let migrator = Migrator::new(migrations).dispatch(dispatch);
                migrator.run_public(&pool).await.unwrap();
                for id in [Uuid::nil(), Uuid::max()] {
                    migrator.run_tenant(&pool, id).await.unwrap();
                }
            }
        };
        for migrations in [old, new] {
            let boots: Vec<_> = (0..4).map(|_| tokio::spawn(boot(migrations))).collect();
            for boot in boots {
                boot.await.unwrap();
            }
        }
        let pool = db.pool();
        assert_eq!(history(&pool).await.len(), 7);
        for schema in [Uuid::nil(), Uuid::max()].map(|id| format!("tenant_{}", id.simple())) {
            assert_eq!(relations(&pool, &schema).await, ["i i", "r t"]);
        }
        assert_eq!(relations(&pool, "public").await, ["i a_n", "r a"]);
        let leases = "SELECT schema FROM pgmig.target WHERE lease_owner IS NOT NULL";
        assert!(column(&pool, leases).await.is_empty());
        let through = PgPool::connect(bouncer.url()).await.unwrap();
        let path = column(&through, "SHOW search_path").await;
        assert_eq!(
            path,
            ["\"$user\", public"],
            "nothing leaks to other clients"
        );
    }
}

#[tokio::test]
async fn a_dropped_run_leaves_a_boundary_and_a_clean_pool() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(db.options());
        let migrations = embed(&[A, B]);
        Migrator::new(embed(&[A])).run_public(&pool).await.unwrap();
        let mut holder = db.connect().await.unwrap();
        let mut held = holder.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE public.a")
            .execute(&mut *held)
            .await
            .unwrap();
        let migrator = Migrator::new(migrations)
            .dispatch(dispatch)
            .lock_timeout(Duration::from_secs(60));
        let run = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.clone());
            async move { migrator.run_public(&pool).await }
        });
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%pgmig%'";
        while column(&db.pool(), waiting).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());
        // The pool's only connection can be used at once, and is not in a transaction.
        assert_eq!(
            column(&pool, "SHOW search_path").await,
            ["\"$user\", public"]
        );
        held.rollback().await.unwrap();
        migrator.run_public(&pool).await.unwrap();
        assert_eq!(
            history(&pool).await,
            ["public 1 applied", "public 2 applied"]
        );
    }
}

#[tokio::test]
async fn an_edit_can_be_accepted_and_everything_after_it_still_counts() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let first = ("tenant/001_t.sql", "CREATE TABLE t (id int);");
    let edited = ("tenant/001_t.sql", "CREATE TABLE t (id bigint);");
    let second = ("tenant/002_u.sql", "CREATE TABLE u (id int);");
    let third = ("tenant/003_v.sql", "CREATE TABLE v (id int);");
    let (one, two) = (Uuid::nil(), Uuid::max());
    Migrator::new(embed(&[first, second]))
        .run_tenant(&pool, one)
        .await
        .unwrap();
    Migrator::new(embed(&[first]))
        .run_tenant(&pool, two)
        .await
        .unwrap();

    let migrator = Migrator::new(embed(&[edited, second, third]));
    assert!(matches!(
        migrator.run_tenant(&pool, one).await,
        Err(Error::Plan(_))
    ));
    let repaired = migrator.repair(&pool, Scope::Tenant, "1").await.unwrap();
    let tenants: Vec<_> = repaired.iter().map(|one| one.target.tenant).collect();
    assert_eq!(tenants, [Some(one), Some(two)]);
    assert_eq!(repaired[0].to, migrator_checksum(embed(&[edited])));
    assert!(
        migrator
            .repair(&pool, Scope::Tenant, "1")
            .await
            .unwrap()
            .is_empty()
    );

    assert_eq!(
        migrator.run_tenant(&pool, one).await.unwrap().applied.len(),
        1
    );
    assert_eq!(
        migrator.run_tenant(&pool, two).await.unwrap().applied.len(),
        2
    );
    let heads = "SELECT count(DISTINCT head) FROM pgmig.target";
    assert_eq!(column(&pool, heads).await, ["1"]);
    assert!(migrator.run_tenant(&pool, one).await.unwrap().is_noop());
    let unknown = migrator
        .repair(&pool, Scope::Public, "9")
        .await
        .unwrap_err();
    assert!(
        matches!(unknown, Error::NoSuchMigration { .. }),
        "{unknown}"
    );
}

fn migrator_checksum(migrations: &'static Migrations) -> String {
    migrations.tenant()[0].checksum().to_string()
}

#[tokio::test]
async fn a_binary_older_than_its_folder_says_what_has_changed_and_runs_nothing() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("public")).unwrap();
    for name in ["public/001_a.sql", "public/002_b.sql", "public/003_c.sql"] {
        std::fs::write(path(name), "SELECT 1;").unwrap();
    }
    let migrator = Migrator::new(embed_folder(folder.path(), true));
    migrator.plan(&pool).await.unwrap();

    std::fs::write(path("public/001_a.sql"), "SELECT 2;").unwrap();
    std::fs::remove_file(path("public/002_b.sql")).unwrap();
    std::fs::write(path("public/004_d.sql"), "SELECT 1;").unwrap();
    std::fs::write(path("public/notes.txt"), "not ours").unwrap();
    let error = migrator.run_public(&pool).await.unwrap_err();
    let Error::Stale(error) = error else {
        panic!("{error}");
    };
    let changes: Vec<_> = error
        .changes
        .iter()
        .map(|(p, c)| (p.to_str().unwrap(), *c))
        .collect();
    assert_eq!(
        changes,
        [
            ("public/001_a.sql", FileChange::Changed),
            ("public/002_b.sql", FileChange::Removed),
            ("public/004_d.sql", FileChange::Added),
        ]
    );
    assert!(relations(&pool, "pgmig").await.is_empty());

    std::fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 3);
}

#[tokio::test]
async fn a_deadlock_or_a_serialization_failure_is_tried_again_and_nothing_runs_twice() {
    for (dispatch, code) in BOTH
        .into_iter()
        .flat_map(|one| [(one, "40P01"), (one, "40001")])
    {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        // A sequence is not rolled back: the first two attempts fail.
        execute(&pool, "CREATE SEQUENCE attempts").await;
        let sql = format!(
            "CREATE TABLE a (id int);
             DO $$ BEGIN IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; END $$;"
        );
        let migrations = embed(&[("public/001_a.sql", &sql)]);
        let migrator = Migrator::new(migrations).dispatch(dispatch).retry(quick());
        migrator.run_public(&pool).await.unwrap();
        assert_eq!(history(&pool).await, ["public 1 applied"]);
        assert_eq!(column(&pool, "SELECT nextval('attempts')").await, ["4"]);
    }
}

#[tokio::test]
async fn two_transactions_that_bring_the_same_tenant_do_not_get_into_each_others_way() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = embed(&[
            ("tenant/001_t.sql", "CREATE TABLE t (id int);"),
            ("tenant/001_t.down.sql", "DROP TABLE t;"),
        ]);
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let mut first = pool.begin().await.unwrap();
        migrator
            .run_tenant_in(&mut first, Uuid::nil())
            .await
            .unwrap();
        let second = tokio::spawn({
            let (pool, migrator) = (pool.clone(), migrator.clone());
            async move {
                let mut second = pool.begin().await.unwrap();
                let report = migrator.run_tenant_in(&mut second, Uuid::nil()).await;
                second.commit().await.unwrap();
                report
            }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!second.is_finished());
        let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        assert_eq!(column(&pool, waiting).await, [""; 0]);
        first.commit().await.unwrap();
        assert!(second.await.unwrap().unwrap().is_noop());
        assert_eq!(history(&pool).await.len(), 1);
    }
}

#[tokio::test]
async fn a_failure_in_the_callers_transaction_puts_its_settings_back() {
    for dispatch in BOTH {
        let db = TestDatabase::create().await.unwrap();
        let pool = db.pool();
        let migrations = embed(&[
            (
                "tenant/001_t.sql",
                "CREATE TABLE t (id int); SELECT nothing;",
            ),
            ("tenant/001_t.down.sql", "DROP TABLE t;"),
        ]);
        let migrator = Migrator::new(migrations).dispatch(dispatch);
        let mut tx = pool.begin().await.unwrap();
        let failed = migrator.run_tenant_in(&mut tx, Uuid::nil()).await;
        assert!(matches!(failed, Err(Error::Statement(_))));
        let settings: (String, String) = sqlx::query_as(
            "SELECT current_setting('search_path'), current_setting('lock_timeout')",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(settings, ("\"$user\", public".to_owned(), "0".to_owned()));
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_slot_in_a_body_takes_any_name_but_one_that_could_end_the_body() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrations = embed(&[(
        "tenant/001_t.sql",
        "CREATE TABLE t (id int);
         DO $$ BEGIN INSERT INTO ${schema}.t VALUES (1); END $$;
         CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $f$ SELECT count(*) FROM \"${schema}\".t $f$;",
    )]);
    execute(&pool, "CREATE TABLE public.witness (id int)").await;
    for (number, name) in ["it's", "a\"b", "a\\b", "a;b--", "/*"]
        .into_iter()
        .enumerate()
    {
        let migrator = Migrator::new(migrations).tenant_schema(move |_| name.to_owned());
        migrator
            .run_tenant(&pool, Uuid::from_u128(number as u128))
            .await
            .unwrap();
        let counted = format!("SELECT \"{}\".f()", name.replace('"', "\"\""));
        assert_eq!(column(&pool, &counted).await, ["1"], "{name}");
    }
    for name in ["a$$; DROP TABLE public.witness; --", "a$f$", "$"] {
        let migrator = Migrator::new(migrations).tenant_schema(move |_| name.to_owned());
        let error = migrator.run_tenant(&pool, Uuid::max()).await.unwrap_err();
        assert!(matches!(error, Error::SchemaName { .. }), "{error}");
    }
    assert_eq!(relations(&pool, "public").await, ["r witness"]);
}

#[tokio::test]
async fn files_that_are_passed_over_and_a_tenant_folder_elsewhere_make_no_binary_old() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let [folder, tenants] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let write = |path: std::path::PathBuf, text: &str| std::fs::write(path, text).unwrap();
    write(folder.path().join("001_a.sql"), "SELECT 1;");
    write(folder.path().join("seed.sql"), "not a migration");
    write(folder.path().join("pgmig.toml"), "ignore = [\"seed.sql\"]");
    write(tenants.path().join("001_b.sql"), "SELECT 1;");
    let migrations = embed_with(folder.path(), Some(tenants.path()), true);
    let migrator = Migrator::new(migrations);
    migrator.run_public(&pool).await.unwrap();

    write(folder.path().join("seed.sql"), "edited");
    migrator.run_public(&pool).await.unwrap();
    write(tenants.path().join("001_b.sql"), "SELECT 2;");
    write(tenants.path().join("002_c.sql"), "SELECT 2;");
    let error = migrator.run_public(&pool).await.unwrap_err();
    let Error::Stale(error) = error else {
        panic!("{error}");
    };
    let changes: Vec<_> = error
        .changes
        .keys()
        .map(|path| path.to_str().unwrap())
        .collect();
    assert_eq!(changes, ["tenant/001_b.sql", "tenant/002_c.sql"]);
}
