//! The reference app's migrations, as they stand in a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pgmig::{Migrator, Uuid};
use pgmig_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, PgPool};

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

/// `column type [NOT NULL] [DEFAULT expression]`, in order.
async fn columns(pool: &PgPool, table: &str) -> Vec<String> {
    let query = "SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), \
        CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) \
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) \
        WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    let read = sqlx::query_scalar(query).bind(table);
    read.fetch_all(pool).await.unwrap()
}

/// Keys of a table, as PostgreSQL spells them.
async fn keys(pool: &PgPool, table: &str) -> Vec<String> {
    let query = "SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint \
        WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'f') ORDER BY key";
    let read = sqlx::query_scalar(query).bind(table);
    read.fetch_all(pool).await.unwrap()
}

/// Everything in a schema that has a name: relations, types, functions, triggers.
async fn objects(pool: &PgPool, schema: &str) -> Vec<String> {
    let query = "SELECT 'relation ' || relkind::text || ' ' || relname FROM pg_class WHERE relnamespace = $1::regnamespace \
        UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = $1::regnamespace \
        UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = $1::regnamespace \
        UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
        WHERE c.relnamespace = $1::regnamespace AND NOT tgisinternal ORDER BY 1";
    let read = sqlx::query_scalar(query).bind(schema);
    read.fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn the_public_tables_have_the_columns_and_keys_that_they_should() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    Migrator::new(&MIGRATIONS).run_public(&pool).await.unwrap();

    let id = "id uuid NOT NULL DEFAULT gen_random_uuid()";
    let active = "is_active boolean NOT NULL DEFAULT true";
    let created = "created_at timestamp with time zone NOT NULL DEFAULT now()";
    let updated = "updated_at timestamp with time zone NOT NULL DEFAULT now()";
    let metadata = "metadata jsonb NOT NULL DEFAULT '{}'::jsonb";
    let expires = "expires_at timestamp with time zone NOT NULL";

    assert_eq!(
        columns(&pool, "public.tenants").await,
        [
            id,
            "name character varying(255) NOT NULL",
            "subdomain character varying(100) NOT NULL",
            active,
            created,
            updated,
            "settings jsonb NOT NULL DEFAULT '{}'::jsonb",
            metadata,
        ]
    );
    assert_eq!(
        keys(&pool, "public.tenants").await,
        ["PRIMARY KEY (id)", "UNIQUE (subdomain)"]
    );
    assert_eq!(
        columns(&pool, "public.users").await,
        [
            id,
            "tenant_id uuid NOT NULL",
            "email character varying(255) NOT NULL",
            "password_hash character varying(255) NOT NULL",
            "first_name character varying(255)",
            "last_name character varying(255)",
            "role character varying(50) NOT NULL DEFAULT 'user'::character varying",
            active,
            "last_login timestamp with time zone",
            created,
            updated,
            metadata,
        ]
    );
    assert_eq!(
        keys(&pool, "public.users").await,
        [
            "FOREIGN KEY (tenant_id) REFERENCES tenants(id)",
            "PRIMARY KEY (id)",
            "UNIQUE (email)",
        ]
    );
    assert_eq!(
        columns(&pool, "public.sessions").await,
        [
            id,
            "user_id uuid NOT NULL",
            "tenant_id uuid NOT NULL",
            "session_token character varying(255) NOT NULL",
            expires,
            created,
            "ip_address character varying(45)",
            "user_agent text",
        ]
    );
    assert_eq!(
        keys(&pool, "public.sessions").await,
        [
            "FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE",
            "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
            "PRIMARY KEY (id)",
            "UNIQUE (session_token)",
        ]
    );
    assert_eq!(
        columns(&pool, "public.user_sessions").await,
        [
            id,
            "user_id uuid NOT NULL",
            "session_token character varying(500) NOT NULL",
            expires,
            created,
            updated,
            active,
        ]
    );
    assert_eq!(
        keys(&pool, "public.user_sessions").await,
        [
            "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
            "PRIMARY KEY (id)",
            "UNIQUE (session_token)",
        ]
    );
}

#[tokio::test]
async fn every_tenant_has_all_of_a_tenant_and_public_has_none_of_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(&MIGRATIONS);
    migrator.run_public(&pool).await.unwrap();
    let public = objects(&pool, "public").await;

    let tenants: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO public.tenants (name, subdomain) VALUES ('A', 'a'), ('B', 'b') RETURNING id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    migrator.setup(&pool).await.unwrap();

    let mut made = Vec::new();
    for tenant in &tenants {
        made.push(objects(&pool, &format!("tenant_{}", tenant.simple())).await);
    }
    for object in [
        "relation r customers",
        "relation r invoices",
        "relation r payments",
        "relation r projects",
        "relation v open_invoices",
        "relation i customers_name_lower_idx",
        "relation i invoices_unpaid_due_on_idx",
        "type invoice_status",
        "function protect_closed_invoice",
        "trigger invoices_protect_closed",
    ] {
        assert!(made[0].iter().any(|made| made == object), "{object}");
    }
    assert_eq!(made[0], made[1]);
    assert_eq!(objects(&pool, "public").await, public);
}

#[tokio::test]
async fn a_tenant_refers_to_its_own_tables_and_to_users_in_public() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(&MIGRATIONS);
    migrator.run_public(&pool).await.unwrap();
    let tenant = Uuid::from_u128(7);
    migrator.run_tenant(&pool, tenant).await.unwrap();

    let schema = format!("tenant_{}", tenant.simple());
    let query = format!(
        "SELECT DISTINCT n.nspname || '.' || c.relname AS referred FROM pg_constraint k \
         JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' AND k.connamespace = '{schema}'::regnamespace ORDER BY 1"
    );
    let referred: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(&pool)
        .await
        .unwrap();
    let own = |table: &str| format!("{schema}.{table}");
    assert_eq!(
        referred,
        [
            "public.users".to_owned(),
            own("customers"),
            own("invoices"),
            own("projects"),
        ]
    );
}
