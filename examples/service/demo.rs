//! The whole story in a minute: an empty database, `public`, three tenants, a fourth over HTTP,
//! and a boot with nothing left to do.

use std::error::Error;
use std::io::Write as _;

use pgmig::Migrator;
use pgmig::cli::Answer;
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use uuid::Uuid;

use crate::service;

/// Any free port of this machine.
const LISTEN: &str = "127.0.0.1:0";

pub(crate) async fn run(migrator: &Migrator) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let database = TestDatabase::create().await?;
    let server = database.server();
    writeln!(out, "PostgreSQL {}, {}", server.major(), server.origin())?;

    writeln!(out, "\n1. The service boots on an empty database\n")?;
    let service = service::boot(migrator, database.url(), LISTEN).await?;
    write!(out, "{}", service.migrated)?;

    writeln!(
        out,
        "\n2. Three tenants are on record, and the service boots again\n"
    )?;
    for subdomain in ["acme", "globex", "initech"] {
        register(&service.app.pool, subdomain).await?;
    }
    service.stop().await?;
    let service = service::boot(migrator, database.url(), LISTEN).await?;
    write!(out, "{}", service.migrated)?;

    writeln!(out, "\n3. A fourth signs up over HTTP\n")?;
    let url = format!("http://{}/tenants", service.address);
    let body = r#"{"name": "Hooli", "subdomain": "hooli"}"#;
    writeln!(out, "$ curl --json '{body}' {url}")?;
    writeln!(out, "{}", post(url, body).await?)?;

    writeln!(out, "\n4. What is where\n")?;
    write!(out, "{}", objects(&service.app.pool).await?)?;

    writeln!(out, "\n5. The service boots once more\n")?;
    service.stop().await?;
    let service = service::boot(migrator, database.url(), LISTEN).await?;
    let status = Answer::Status(migrator.status(&service.app.pool).await?);
    write!(out, "{}\n{status}", service.migrated)?;
    service.stop().await?;

    writeln!(out, "\nOn a database of your own\n")?;
    writeln!(
        out,
        "export DATABASE_URL=postgres://user:password@host:5432/name"
    )?;
    writeln!(out, "cargo run --example service --features cli -- setup")?;
    Ok(())
}

/// A tenant's row alone, as an import of old data leaves it.
async fn register(pool: &PgPool, subdomain: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO public.tenants (id, name, subdomain) VALUES ($1, initcap($2), $2)")
        .bind(Uuid::new_v4())
        .bind(subdomain)
        .execute(pool)
        .await?;
    Ok(())
}

/// What was answered, status line and body.
async fn post(url: String, body: &'static str) -> Result<String, Box<dyn Error>> {
    // The client blocks; the service that answers it runs in this process too.
    let answered = tokio::task::spawn_blocking(move || {
        let request = ureq::post(&url).header("content-type", "application/json");
        let mut response = request.send(body)?;
        let text = response.body_mut().read_to_string()?;
        Ok::<_, ureq::Error>(format!("{}\n{text}", response.status()))
    });
    Ok(answered.await??)
}

/// How many tables, views and indexes each schema has, by PostgreSQL's catalog.
async fn objects(pool: &PgPool) -> Result<String, sqlx::Error> {
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT nspname::text,
                count(*) FILTER (WHERE relkind = 'r'),
                count(*) FILTER (WHERE relkind = 'v'),
                count(*) FILTER (WHERE relkind = 'i')
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = 'public' OR nspname LIKE 'tenant\\_%'
         GROUP BY nspname ORDER BY nspname",
    )
    .fetch_all(pool)
    .await?;
    let mut table = format!("{:39}  tables  views  indexes\n", "schema");
    for (schema, tables, views, indexes) in rows {
        table += &format!("{schema:39}  {tables:>6}  {views:>5}  {indexes:>7}\n");
    }
    Ok(table)
}
