//! One schema, no tenants: migrate at boot, in ten lines.

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    let report = pgmig::Migrator::new(&MIGRATIONS).run_public(&pool).await?;
    println!("{} migrations applied", report.applied.len());
    Ok(())
}
