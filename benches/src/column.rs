//! A new column for every tenant.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pgmig_runtime::Migrator;
use pgmig_testkit::PrivateServer;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Row as _};

use crate::delay::Link;
use crate::fleet::register;
use crate::measure::{Contender, interleave, timed};
use crate::peers::sqlx_migrator;
use crate::script::{Script, column, embed_tenant, history};
use crate::table::table;
use crate::{Result, server};

/// How many migrations a tenant has before.
const MIGRATIONS: usize = 4;
/// Over how many connections everybody works.
const CONNECTIONS: u32 = 4;

/// Times one new column for so many tenants. The raw DDL goes over as many connections, and in the
/// transactions that pgmig chose in the round before; one each is told apart.
pub async fn add(
    server: &PrivateServer,
    link: Link,
    tenants: usize,
    rounds: usize,
) -> Result<String> {
    let before = history(MIGRATIONS);
    let ours = server::database(server).await?;
    let theirs = server::database(server).await?;
    let near = ours.pool();
    let first = Migrator::new(embed_tenant(&before)?);
    first.run_public(&near).await?;
    register(&near, tenants).await?;
    first.setup(&near).await?;
    let schemas = sqlx_schemas(&theirs.pool(), &before, tenants).await?;
    let (way, their_way) = (link.route(ours.url())?, link.route(theirs.url())?);
    let pool = pool(&way.url).await?;
    let raw_pool = self::pool(&way.url).await?;
    let their_pool = self::pool(&their_way.url).await?;
    let added = AtomicUsize::new(0);
    let raw_number = AtomicUsize::new(0);
    let samples = interleave(
        rounds,
        &mut [
            Contender::new("pgmig", async |_| {
                let scripts = grown(&before, added.fetch_add(1, Ordering::Relaxed) + 1);
                let migrator = Migrator::new(embed_tenant(&scripts)?);
                timed(async {
                    let report = migrator.setup(&pool).await?;
                    match report.tenants.migrated.len() == tenants {
                        true => Ok(()),
                        false => Err(format!("{report:?}").into()),
                    }
                })
                .await
            }),
            Contender::new("raw, same transactions", async |_| {
                let number = raw_number.fetch_add(1, Ordering::Relaxed);
                let batches = batches(&near).await?;
                timed(raw(&raw_pool, batches, number)).await
            }),
            Contender::new("raw, one transaction each", async |_| {
                let number = raw_number.fetch_add(1, Ordering::Relaxed);
                let batches = batches(&near).await?;
                let single = batches.into_iter().flatten().map(|schema| vec![schema]);
                timed(raw(&raw_pool, single.collect(), number)).await
            }),
            Contender::new("sqlx, in a loop", async |round| -> Result<Duration> {
                let scripts = grown(&before, round + 1);
                timed(sqlx_loop(&their_pool, &scripts, Arc::clone(&schemas))).await
            }),
        ],
    )
    .await?;
    let sizes: Vec<String> = batches(&near)
        .await?
        .iter()
        .map(|batch| batch.len().to_string())
        .collect();
    let text = table(
        &format!("A new column for {tenants} tenants, {CONNECTIONS} connections{link}"),
        &samples,
    );
    Ok(format!(
        "{text}\npgmig's last transactions had {} tenants.\n",
        sizes.join(", ")
    ))
}

async fn pool(url: &str) -> Result<PgPool> {
    let options = PgPoolOptions::new().max_connections(CONNECTIONS);
    let pool = options.min_connections(CONNECTIONS).connect(url).await?;
    // All of them open before anything is timed.
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(pool.acquire().await?);
    }
    Ok(pool)
}

/// The migrations with so many columns after them.
fn grown(before: &[Script], columns: usize) -> Vec<Script> {
    let mut scripts = before.to_vec();
    let next = before.len() + 1;
    scripts.extend((next..next + columns).map(column));
    scripts
}

/// The schemas of each transaction that pgmig's last migration took.
async fn batches(pool: &PgPool) -> Result<Vec<Vec<String>>> {
    let sql = "SELECT string_agg(schema, ' ') FROM pgmig.history WHERE scope = 'tenant' \
               AND version = (SELECT max(version::int)::text FROM pgmig.history) GROUP BY xmin::text::bigint ORDER BY xmin::text::bigint";
    let mut batches = Vec::new();
    for row in sqlx::raw_sql(sql).fetch_all(pool).await? {
        let schemas: String = row.try_get(0)?;
        batches.push(schemas.split(' ').map(str::to_owned).collect());
    }
    Ok(batches)
}

/// The same DDL without pgmig.
async fn raw(pool: &PgPool, batches: Vec<Vec<String>>, number: usize) -> Result<()> {
    let messages: Vec<String> = batches
        .iter()
        .map(|schemas| {
            let alter = |schema: &String| {
                format!("SET LOCAL search_path TO {schema}, public; ALTER TABLE t0 ADD COLUMN raw{number} text;\n")
            };
            schemas.iter().map(alter).collect()
        })
        .collect();
    let messages = Arc::new(messages);
    shared(pool, messages.len(), move |pool, index| {
        let messages = Arc::clone(&messages);
        async move {
            if let Some(message) = messages.get(index) {
                pool.acquire()
                    .await?
                    .execute(AssertSqlSafe(message.as_str()))
                    .await?;
            }
            Ok(())
        }
    })
    .await
}

/// sqlx's migrator over the schemas.
async fn sqlx_loop(pool: &PgPool, scripts: &[Script], schemas: Arc<Vec<String>>) -> Result<()> {
    let migrator = Arc::new(sqlx_migrator(scripts)?);
    shared(pool, schemas.len(), move |pool, index| {
        let (migrator, schemas) = (Arc::clone(&migrator), Arc::clone(&schemas));
        async move {
            let mut connection = pool.acquire().await?;
            if let Some(schema) = schemas.get(index) {
                let sql = format!("SET search_path TO {schema}, public");
                connection.execute(AssertSqlSafe(sql)).await?;
                migrator.run_direct(None, &mut *connection, false).await?;
            }
            Ok(())
        }
    })
    .await
}

/// Work shared by as many tasks as there are connections.
async fn shared<F>(
    pool: &PgPool,
    count: usize,
    work: impl Fn(PgPool, usize) -> F + Clone + Send + 'static,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (pool, next, work) = (pool.clone(), Arc::clone(&next), work.clone());
        tasks.spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok::<(), crate::Error>(());
                }
                work(pool.clone(), index).await?;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// Tenants made by sqlx.
async fn sqlx_schemas(
    pool: &PgPool,
    scripts: &[Script],
    tenants: usize,
) -> Result<Arc<Vec<String>>> {
    let schemas: Vec<String> = (0..tenants).map(|n| format!("tenant_{n}")).collect();
    for schema in &schemas {
        pool.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
            .await?;
    }
    let schemas = Arc::new(schemas);
    sqlx_loop(pool, scripts, Arc::clone(&schemas)).await?;
    Ok(schemas)
}
