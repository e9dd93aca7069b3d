//! A boot with nothing to do: one target, any number of migrations, over an open connection.

use pgmig_runtime::Migrator;
use pgmig_testkit::{PrivateServer, TestDatabase};
use sqlx::Connection as _;

use crate::measure::{Contender, interleave, timed};
use crate::peers::{Diesel, Refinery, sqlx_migrator};
use crate::script::{Script, embed_public, history};
use crate::table::table;
use crate::{Result, delay::Link, server};

/// Times boots with so many migrations, over a link of this kind.
pub async fn nothing_to_do(
    server: &PrivateServer,
    link: Link,
    migrations: usize,
    rounds: usize,
) -> Result<String> {
    let scripts = history(migrations);
    let all = Databases::new(server).await?;
    let urls = all.urls(link).await?;
    let embedded = Migrator::new(embed_public(&scripts)?);
    let mut one = sqlx::PgConnection::connect(&urls[0].url).await?;
    let mut ours = sqlx::PgConnection::connect(&urls[0].url).await?;
    embedded.run_public(&mut ours).await?;
    let by_sqlx = sqlx_migrator(&scripts)?;
    let mut sqlx = sqlx::PgConnection::connect(&urls[1].url).await?;
    by_sqlx.run(&mut sqlx).await?;
    let (mut refinery, mut diesel) = peers(&urls, &scripts).await?;
    let samples = interleave(
        rounds,
        &mut [
            Contender::new("`SELECT 1`", async |_| {
                timed(async { Ok(sqlx::raw_sql("SELECT 1").fetch_all(&mut one).await?) }).await
            }),
            Contender::new("pgmig", async |_| {
                timed(async {
                    match embedded.run_public(&mut ours).await?.is_noop() {
                        true => Ok(()),
                        false => Err("something was to do".into()),
                    }
                })
                .await
            }),
            Contender::new("sqlx", async |_| {
                timed(async { Ok(by_sqlx.run(&mut sqlx).await?) }).await
            }),
            Contender::new("refinery", async |_| timed(refinery.run()).await),
            Contender::new("diesel", async |_| timed(async { diesel.run() }).await),
        ],
    )
    .await?;
    Ok(table(
        &format!("Boot, nothing to do, {migrations} migrations{link}"),
        &samples,
    ))
}

/// A database each.
struct Databases(Vec<TestDatabase>);

impl Databases {
    async fn new(server: &PrivateServer) -> Result<Self> {
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(server::database(server).await?);
        }
        Ok(Databases(all))
    }

    async fn urls(&self, link: Link) -> Result<Vec<crate::delay::Route>> {
        let mut urls = Vec::new();
        for database in &self.0 {
            urls.push(link.route(database.url())?);
        }
        Ok(urls)
    }
}

async fn peers(urls: &[crate::delay::Route], scripts: &[Script]) -> Result<(Refinery, Diesel)> {
    let mut refinery = Refinery::connect(&urls[2].url, scripts).await?;
    refinery.run().await?;
    let mut diesel = Diesel::connect(&urls[3].url, scripts)?;
    diesel.run()?;
    Ok((refinery, diesel))
}
