//! Servers that come late, are lost, only read, or stand behind a pooler; roles without rights.

use std::time::Duration;

use pgmig_runtime::{Error, Migrations, Migrator};
use pgmig_testkit::{PgBouncer, PrivateServer, TestDatabase};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

use super::support::{column, embed, execute, history, relations};
use super::{A, B, BOTH, CIC};

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
