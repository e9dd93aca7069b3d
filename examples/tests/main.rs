//! An app's tests, each on a database of its own: `cargo test --example tests --features test`.

use pgmig::{Migrations, Migrator, Uuid};
use sqlx::PgPool;

static MIGRATIONS: Migrations = pgmig::embed_migrations!();

/// Takes a customer on: a tenant on record and its schema, or neither.
async fn sign_up(pool: &PgPool, name: &str) -> Result<Uuid, Box<dyn std::error::Error>> {
    let mut tx = pool.begin().await?;
    let insert = "INSERT INTO tenants (name, subdomain) VALUES ($1, lower($1)) RETURNING id";
    let id = sqlx::query_scalar(insert)
        .bind(name)
        .fetch_one(&mut *tx)
        .await?;
    Migrator::new(&MIGRATIONS)
        .run_tenant_in(&mut tx, id)
        .await?;
    tx.commit().await?;
    Ok(id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    Migrator::new(&MIGRATIONS).setup(&pool).await?;
    println!("{}", sign_up(&pool, "Acme").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgmig::testing::TestDb;

    type Done = Result<(), Box<dyn std::error::Error>>;

    #[pgmig::test]
    async fn there_is_no_tenant_at_first(pool: PgPool) -> Done {
        let tenants: i64 = sqlx::query_scalar("SELECT count(*) FROM tenants")
            .fetch_one(&pool)
            .await?;
        assert_eq!(tenants, 0);
        Ok(())
    }

    #[pgmig::test]
    async fn whoever_signs_up_has_a_schema(db: TestDb) -> Done {
        let tenant = sign_up(db.pool(), "Acme").await?;
        let customers = sqlx::query("SELECT FROM customers");
        assert!(
            customers
                .fetch_all(&db.tenant_pool(tenant))
                .await?
                .is_empty()
        );
        Ok(())
    }

    #[pgmig::test]
    async fn nobody_takes_the_name_of_another(pool: PgPool) -> Done {
        sign_up(&pool, "Acme").await?;
        let refused = sign_up(&pool, "ACME").await;
        let why = refused.map_err(|error| error.to_string());
        assert!(why.is_err_and(|why| why.contains("tenants_subdomain_key")));
        Ok(())
    }

    /// The schema of a tenant is there already: for tests of what happens in it.
    #[pgmig::test]
    async fn an_invoice_needs_a_customer(db: TestDb, tenant: Uuid) -> Done {
        let insert = "INSERT INTO invoices (customer_id, number, due_on)
                      VALUES (gen_random_uuid(), 'A-1', current_date)";
        let refused = sqlx::query(insert).execute(&db.tenant_pool(tenant)).await;
        let why = refused.map_err(|error| error.to_string());
        assert!(why.is_err_and(|why| why.contains("invoices_customer_id_fkey")));
        Ok(())
    }

    /// The same without the attribute.
    #[tokio::test]
    async fn tenants_are_strangers_to_each_other() -> Done {
        let db = TestDb::create(&Migrator::new(&MIGRATIONS)).await?;
        let (one, other) = (db.new_tenant().await?, db.new_tenant().await?);
        let insert = "INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.com')";
        sqlx::query(insert).execute(&db.tenant_pool(one)).await?;
        let customers = sqlx::query("SELECT FROM customers");
        assert!(
            customers
                .fetch_all(&db.tenant_pool(other))
                .await?
                .is_empty()
        );
        Ok(())
    }
}
