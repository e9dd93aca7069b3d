//! A boot with nothing to do for many tenants.

use std::time::Duration;

use pgmig_runtime::Migrator;
use pgmig_testkit::{PrivateServer, TestDatabase};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};

use crate::delay::Link;
use crate::measure::{Contender, interleave, timed};
use crate::peers::sqlx_migrator;
use crate::script::{Script, embed_tenant, history};
use crate::table::table;
use crate::{Result, server};

/// How many migrations a tenant has.
const MIGRATIONS: usize = 4;

/// Times boots with so many tenants. sqlx, in a loop over them, takes part in every so manyth round.
pub async fn nothing_to_do(
    server: &PrivateServer,
    link: Link,
    tenants: usize,
    rounds: usize,
    every: Option<usize>,
) -> Result<String> {
    let scripts = history(MIGRATIONS);
    let ours = server::database(server).await?;
    let theirs = server::database(server).await?;
    let migrator = Migrator::new(embed_tenant(&scripts)?);
    fill(&ours, &migrator, tenants).await?;
    let mut loops = Loop::new(
        &theirs,
        &scripts,
        tenants * usize::from(every.is_some()),
        link,
    )
    .await?;
    let route = link.route(ours.url())?;
    let pool = PgPool::connect(&route.url).await?;
    let mut contenders = vec![
        Contender::new("`SELECT 1`", async |_| {
            timed(async { Ok(pool.fetch_all("SELECT 1").await?) }).await
        }),
        Contender::new("pgmig", async |_| {
            timed(async {
                let report = migrator.setup(&pool).await?;
                match report.tenants.is_noop() && report.tenants.listed == tenants {
                    true => Ok(()),
                    false => Err(format!("something was to do: {report:?}").into()),
                }
            })
            .await
        }),
    ];
    if let Some(every) = every {
        contenders
            .push(Contender::new("sqlx, in a loop", async |_| loops.run().await).every(every));
    }
    let samples = interleave(rounds, &mut contenders).await?;
    Ok(table(
        &format!("Boot, nothing to do, {tenants} tenants{link}"),
        &samples,
    ))
}

/// Tenants at head: a hundred by pgmig, the others as copies of what the ledger has of those, with an
/// empty schema each.
async fn fill(database: &TestDatabase, migrator: &Migrator, tenants: usize) -> Result<()> {
    let pool = database.pool();
    migrator.run_public(&pool).await?;
    let real = tenants.min(100);
    register(&pool, real).await?;
    migrator.setup(&pool).await?;
    for start in (real..tenants).step_by(1000) {
        let count = (tenants - start).min(1000);
        pool.execute(AssertSqlSafe(format!(
            "CREATE TEMP TABLE fresh AS SELECT gen_random_uuid() AS id FROM generate_series(1, {count});
             INSERT INTO tenants SELECT id FROM fresh;
             DO $$ DECLARE one uuid; BEGIN
               FOR one IN SELECT id FROM fresh LOOP
                 EXECUTE 'CREATE SCHEMA tenant_' || replace(one::text, '-', '');
               END LOOP;
             END $$;
             INSERT INTO pgmig.target (schema, scope, tenant, head, version, state, since, updated_at)
               SELECT 'tenant_' || replace(f.id::text, '-', ''), 'tenant', f.id, t.head, t.version, t.state, t.since, t.updated_at
               FROM fresh f, (SELECT * FROM pgmig.target WHERE scope = 'tenant' LIMIT 1) t;
             INSERT INTO pgmig.history (schema, scope, version, name, checksum, head, state, statements, app, pgmig, applied_by, started_at, finished_at, duration_ms)
               SELECT 'tenant_' || replace(f.id::text, '-', ''), h.scope, h.version, h.name, h.checksum, h.head, h.state, h.statements, h.app, h.pgmig, h.applied_by, h.started_at, h.finished_at, h.duration_ms
               FROM fresh f, pgmig.history h WHERE h.schema = (SELECT schema FROM pgmig.target WHERE scope = 'tenant' LIMIT 1);
             DROP TABLE fresh;"
        )))
        .await?;
    }
    pool.execute(
        "VACUUM ANALYZE pgmig.target, pgmig.history, public.tenants, pg_catalog.pg_namespace",
    )
    .await?;
    Ok(())
}

/// Lists so many new tenants.
pub async fn register(pool: &PgPool, tenants: usize) -> Result<()> {
    let sql =
        format!("INSERT INTO tenants SELECT gen_random_uuid() FROM generate_series(1, {tenants})");
    pool.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

/// sqlx's migrator in a loop over schemas, as those who have no other tool do it.
pub struct Loop {
    migrator: sqlx::migrate::Migrator,
    connection: sqlx::PgConnection,
    schemas: usize,
    _route: crate::delay::Route,
}

impl Loop {
    async fn new(
        database: &TestDatabase,
        scripts: &[Script],
        tenants: usize,
        link: Link,
    ) -> Result<Self> {
        let mut near = Loop::connect(database, scripts, tenants, Link::NONE).await?;
        for n in 0..tenants {
            let sql = format!("CREATE SCHEMA tenant_{n}");
            near.connection.execute(AssertSqlSafe(sql)).await?;
        }
        near.run().await?;
        Loop::connect(database, scripts, tenants, link).await
    }

    async fn connect(
        database: &TestDatabase,
        scripts: &[Script],
        schemas: usize,
        link: Link,
    ) -> Result<Self> {
        let route = link.route(database.url())?;
        Ok(Loop {
            migrator: sqlx_migrator(scripts)?,
            connection: sqlx::PgConnection::connect(&route.url).await?,
            schemas,
            _route: route,
        })
    }

    async fn run(&mut self) -> Result<Duration> {
        timed(async {
            for n in 0..self.schemas {
                let sql = format!("SET search_path TO tenant_{n}");
                self.connection.execute(AssertSqlSafe(sql)).await?;
                self.migrator.run(&mut self.connection).await?;
            }
            Ok(())
        })
        .await
    }
}
