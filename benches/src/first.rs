//! All migrations on an empty database.

use pgmig_runtime::Migrator;
use pgmig_testkit::PrivateServer;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::delay::Link;
use crate::measure::{Contender, interleave, timed};
use crate::peers::{Diesel, Refinery, sqlx_migrator};
use crate::script::{embed_public, history, joined};
use crate::table::table;
use crate::{Result, server};

/// Times the first run of so many migrations, on a database of its own each time.
pub async fn apply(
    server: &PrivateServer,
    link: Link,
    migrations: usize,
    rounds: usize,
) -> Result<String> {
    let scripts = history(migrations);
    let text = joined(&scripts);
    let embedded = Migrator::new(embed_public(&scripts)?);
    let by_sqlx = sqlx_migrator(&scripts)?;
    let samples = interleave(
        rounds,
        &mut [
            // pgmig gives a fresh schema all its migrations in one transaction and one message.
            Contender::new("raw, one message", async |_| {
                let database = server::database(server).await?;
                let route = link.route(database.url())?;
                let mut connection = sqlx::PgConnection::connect(&route.url).await?;
                timed(async { Ok(connection.execute(AssertSqlSafe(text.as_str())).await?) }).await
            }),
            Contender::new("pgmig", async |_| {
                let database = server::database(server).await?;
                let route = link.route(database.url())?;
                let mut connection = sqlx::PgConnection::connect(&route.url).await?;
                timed(async { Ok(embedded.run_public(&mut connection).await?) }).await
            }),
            Contender::new("sqlx", async |_| {
                let database = server::database(server).await?;
                let route = link.route(database.url())?;
                let mut connection = sqlx::PgConnection::connect(&route.url).await?;
                timed(async { Ok(by_sqlx.run(&mut connection).await?) }).await
            }),
            Contender::new("refinery", async |_| {
                let database = server::database(server).await?;
                let route = link.route(database.url())?;
                let mut refinery = Refinery::connect(&route.url, &scripts).await?;
                timed(refinery.run()).await
            }),
            Contender::new("diesel", async |_| {
                let database = server::database(server).await?;
                let route = link.route(database.url())?;
                let mut diesel = Diesel::connect(&route.url, &scripts)?;
                timed(async { diesel.run() }).await
            }),
        ],
    )
    .await?;
    Ok(table(
        &format!("First run of {migrations} migrations{link}"),
        &samples,
    ))
}
