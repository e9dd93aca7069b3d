//! A service whose tables are written in TypeScript, with Drizzle, and migrated by Rust at boot.
//!
//! ```sh
//! DATABASE_URL=postgres://localhost/shop cargo run --example drizzle
//! ```
//!
//! `migrations/drizzle` and `migrations/tenant` are what drizzle-kit wrote, as it wrote it; a build
//! needs no Node.js.

use pgmig::{Migrator, Uuid};
use sqlx::PgPool;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!("examples/drizzle/migrations");

#[tokio::main]
async fn main() -> Result<()> {
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    let migrator = Migrator::new(&MIGRATIONS);
    let setup = migrator.setup(&pool).await?;
    println!("public: {} migrations applied", setup.public.applied.len());

    let tenant = sign_up(&pool, &migrator, "Acme").await?;
    println!("{}: signed up", tenant.schema);
    for table in tables(&pool, &tenant.schema).await? {
        println!("  {table}");
    }
    Ok(())
}

/// A tenant that is there: its row in `public.tenants`, and its schema.
struct Tenant {
    schema: String,
}

/// Makes both in one transaction, so that nobody sees one without the other.
async fn sign_up(pool: &PgPool, migrator: &Migrator, name: &str) -> Result<Tenant> {
    let mut tx = pool.begin().await?;
    let insert =
        "INSERT INTO tenants (name, subdomain) VALUES ($1, gen_random_uuid()::text) RETURNING id";
    let id: Uuid = sqlx::query_scalar(insert)
        .bind(name)
        .fetch_one(&mut *tx)
        .await?;
    let report = migrator.run_tenant_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Tenant {
        schema: report.target.schema,
    })
}

/// The tables of a schema, with the tables that they refer to.
async fn tables(pool: &PgPool, schema: &str) -> Result<Vec<String>> {
    let query = "SELECT concat_ws(' -> ', c.relname, string_agg(r.relnamespace::regnamespace || '.' || r.relname, ', ' ORDER BY k.conname)) \
                 FROM pg_class AS c \
                 LEFT JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'f' \
                 LEFT JOIN pg_class AS r ON r.oid = k.confrelid \
                 WHERE c.relkind = 'r' AND c.relnamespace = $1::regnamespace GROUP BY c.relname ORDER BY 1";
    Ok(sqlx::query_scalar(query)
        .bind(schema)
        .fetch_all(pool)
        .await?)
}
