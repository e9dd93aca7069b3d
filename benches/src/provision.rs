//! A new tenant.

use std::time::Duration;

use pgmig_core::baseline::Dump;
use pgmig_runtime::{Migrator, Report, Uuid};
use pgmig_testkit::{PrivateServer, TestDatabase};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};

use crate::delay::Link;
use crate::measure::{Contender, interleave, timed};
use crate::mixed::mixed;
use crate::peers::sqlx_migrator;
use crate::script::{Script, altering, embed_from, embed_tenant, history, joined};
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
    let mut connection = sqlx::PgConnection::connect(&way.url).await?;
    migrator.run_public(&mut connection).await?;
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
                timed(async { Ok(migrator.run_tenant(&mut connection, id).await?) }).await
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

/// A history that a baseline stands for.
pub struct History {
    what: &'static str,
    scripts: fn() -> Vec<Script>,
}

/// The cheapest kind of history, and one as people have it.
pub const HISTORIES: [History; 2] = [
    History {
        what: "90 % of them new columns",
        scripts: || altering(100),
    },
    History {
        what: "mixed as in public projects",
        scripts: mixed,
    },
];

/// Times the making of a tenant from a baseline, beside the replay of what it stands for. The
/// baseline is what `cargo pgmig baseline` writes: what `pg_dump` says of a tenant.
pub async fn from_baseline(
    server: &PrivateServer,
    history: &History,
    rounds: usize,
) -> Result<String> {
    let scripts = (history.scripts)();
    let replay = Migrator::new(embed_from(&scripts, None)?);
    let (one, other) = (
        server::database(server).await?,
        server::database(server).await?,
    );
    let (replayed, based) = (
        PgPool::connect(one.url()).await?,
        PgPool::connect(other.url()).await?,
    );
    replay.run_public(&replayed).await?;
    let text = flattened(&one, &replay.run_tenant(&replayed, Uuid::new_v4()).await?)?;
    let baseline = Migrator::new(embed_from(&scripts, Some(&text))?);
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
        &format!(
            "A new tenant with {} migrations, {}",
            scripts.len(),
            history.what
        ),
        &samples,
    ))
}

/// The baseline that a tenant's schema comes to.
fn flattened(database: &TestDatabase, report: &Report) -> Result<String> {
    let schema = &report.target.schema;
    let dumped = database
        .client("pg_dump")?
        .args(["--column-inserts", "--no-sync"])
        .arg(format!("--schema={schema}"))
        .output()?;
    let (text, options) = (String::from_utf8(dumped.stdout)?, database.options());
    let dump = Dump {
        text: &text,
        scope: pgmig_core::Scope::Tenant,
        schema,
        owner: options.get_username(),
        anew: &[],
    };
    let script = dump.script().map_err(|problems| format!("{problems:?}"))?;
    Ok(script)
}
