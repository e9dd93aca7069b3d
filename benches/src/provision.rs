//! A new tenant.

use std::time::Duration;

use pgmig_runtime::{Migrator, Uuid};
use pgmig_testkit::PrivateServer;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};

use crate::delay::Link;
use crate::measure::{Contender, interleave, timed};
use crate::peers::sqlx_migrator;
use crate::script::{altering, embed_from, embed_tenant, flattened, history, joined};
use crate::table::table;
use crate::{Result, server};

/// Times the making of a tenant with so many migrations.
pub async fn tenant(
    server: &PrivateServer,
    link: Link,
    migrations: usize,
    rounds: usize,
) -> Result<String> {
    let scripts = history(migrations);
    let text = joined(&scripts);
    let migrator = Migrator::new(embed_tenant(&scripts)?);
    let by_sqlx = sqlx_migrator(&scripts)?;
    let (ours, raw, theirs) = (
        server::database(server).await?,
        server::database(server).await?,
        server::database(server).await?,
    );
    let (way, raw_way, their_way) = (
        link.route(ours.url())?,
        link.route(raw.url())?,
        link.route(theirs.url())?,
    );
    let pool = PgPool::connect(&way.url).await?;
    migrator.run_public(&pool).await?;
    let mut plain = sqlx::PgConnection::connect(&raw_way.url).await?;
    let mut sqlx = sqlx::PgConnection::connect(&their_way.url).await?;
    let samples = interleave(
        rounds,
        &mut [
            Contender::new("raw, one message", async |round| {
                let sql = format!(
                    "CREATE SCHEMA tenant_{round}; SET LOCAL search_path TO tenant_{round}, public;\n{text}"
                );
                timed(async { Ok(plain.execute(AssertSqlSafe(sql)).await?) }).await
            }),
            Contender::new("pgmig", async |_| {
                let id = Uuid::new_v4();
                timed(async { Ok(migrator.run_tenant(&pool, id).await?) }).await
            }),
            Contender::new("sqlx, search_path", async |round| -> Result<Duration> {
                timed(async {
                    let sql = format!(
                        "CREATE SCHEMA tenant_{round}; SET search_path TO tenant_{round}, public"
                    );
                    sqlx.execute(AssertSqlSafe(sql)).await?;
                    Ok(by_sqlx.run(&mut sqlx).await?)
                })
                .await
            }),
        ],
    )
    .await?;
    Ok(table(
        &format!("A new tenant with {migrations} migrations{link}"),
        &samples,
    ))
}

/// Times the making of a tenant from a baseline, beside the replay of what it stands for.
pub async fn from_baseline(
    server: &PrivateServer,
    migrations: usize,
    rounds: usize,
) -> Result<String> {
    let scripts = altering(migrations);
    let text = flattened(migrations);
    let replay = Migrator::new(embed_from(&scripts, None)?);
    let baseline = Migrator::new(embed_from(&scripts, Some(&text))?);
    let (one, other) = (
        server::database(server).await?,
        server::database(server).await?,
    );
    let (replayed, based) = (
        PgPool::connect(one.url()).await?,
        PgPool::connect(other.url()).await?,
    );
    replay.run_public(&replayed).await?;
    baseline.run_public(&based).await?;
    let samples = interleave(
        rounds,
        &mut [
            Contender::new("replay", async |_| {
                timed(async { Ok(replay.run_tenant(&replayed, Uuid::new_v4()).await?) }).await
            }),
            Contender::new("from the baseline", async |_| {
                timed(async {
                    let report = baseline.run_tenant(&based, Uuid::new_v4()).await?;
                    match report.baseline {
                        Some(_) => Ok(()),
                        None => Err("the baseline was not used".into()),
                    }
                })
                .await
            }),
        ],
    )
    .await?;
    Ok(table(
        &format!("A new tenant with {migrations} migrations, 90 % of them new columns"),
        &samples,
    ))
}
