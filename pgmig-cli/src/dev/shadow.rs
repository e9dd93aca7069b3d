//! `cargo pgmig check --shadow`: tries every way back in a database that is made for it.

use std::time::{SystemTime, UNIX_EPOCH};

use pgmig_core::{Folder, Problem};
use pgmig_runtime::{Migrator, Rehearsal, RehearsalOutcome};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::embed::embed;
use super::error::Error;

/// What is wrong with the ways back of a folder, found on the server that `url` names.
pub(super) fn problems(folder: &Folder, shown: &str, url: &str) -> Result<Vec<Problem>, Error> {
    let options: PgConnectOptions = url.parse().map_err(Error::Database)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Start)?;
    let tried = runtime.block_on(rehearse(folder, shown, &options))?;
    Ok(tried.iter().filter_map(problem).collect())
}

/// Makes a database, tries all in it, and drops it whatever came of that.
async fn rehearse(
    folder: &Folder,
    shown: &str,
    options: &PgConnectOptions,
) -> Result<Vec<Rehearsal>, Error> {
    let mut server = options.connect().await.map_err(Error::Database)?;
    let name = format!("pgmig_shadow_{}", unique());
    let run = |sql: String| sqlx::raw_sql(AssertSqlSafe(sql));
    let create = run(format!("CREATE DATABASE {name}"));
    create.execute(&mut server).await.map_err(Error::Database)?;
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_lazy_with(options.clone().database(&name));
    let migrator = Migrator::new(embed(folder, shown));
    let tried = migrator.rehearse_rollbacks(&pool).await;
    pool.close().await;
    let drop = run(format!("DROP DATABASE {name} WITH (FORCE)"));
    drop.execute(&mut server).await.map_err(Error::Database)?;
    // What was asked for is done; a connection that does not close is the server's to end.
    let _ = server.close().await;
    tried.map_err(|error| Error::Migrate(Box::new(error)))
}

/// A name that no other check on the server has: of the process and the moment.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.as_nanos());
    format!("{}_{nanos}", std::process::id())
}

fn problem(tried: &Rehearsal) -> Option<Problem> {
    let path = tried.path.filter(|_| tried.is_wrong())?;
    let problem = |title: &str| Problem::error("irreversible", path, title);
    let with = |title: &str, notes: &[String]| {
        let notes = notes.iter();
        notes.fold(problem(title), |problem, note| problem.note(note.clone()))
    };
    Some(match &tried.outcome {
        RehearsalOutcome::NotRestored(differences) => with(
            "the down script does not restore what was before",
            differences,
        ),
        RehearsalOutcome::NotRepeated(differences) => with(
            "the migration makes something else when it is applied again",
            differences,
        ),
        RehearsalOutcome::Failed(error) => problem("the down script fails").note(error.to_string()),
        RehearsalOutcome::NotApplicable(error) => {
            problem("the migration cannot be applied again after its down script")
                .note(error.to_string())
        }
        other => problem(&format!("{other:?}")),
    })
}
