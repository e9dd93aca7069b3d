//! Many tenants at once, on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod back;
mod failure;
mod locks;
mod run;
mod share;
mod single;
#[path = "../support/mod.rs"]
mod support;

use pgmig_runtime::{Migrations, Migrator};
use pgmig_testkit::{Proxy, TestDatabase};
use sqlx::PgPool;
use support::{column, embed, execute};
use uuid::Uuid;

const REGISTRY: (&str, &str) = (
    "public/001_create_tenants.sql",
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true, place int);",
);
const NOTES: (&str, &str) = (
    "tenant/001_create_notes.sql",
    "CREATE TABLE notes (id int PRIMARY KEY, body text);",
);
const PINNED: (&str, &str) = (
    "tenant/002_add_pinned.sql",
    "ALTER TABLE notes ADD COLUMN pinned boolean;",
);
const IN_ORDER: &str = "SELECT id FROM tenants WHERE is_active ORDER BY place";

fn first() -> &'static Migrations {
    embed(&[REGISTRY, NOTES])
}

fn second() -> &'static Migrations {
    embed(&[REGISTRY, NOTES, PINNED])
}

fn migrator(migrations: &'static Migrations) -> Migrator {
    Migrator::new(migrations).tenants(IN_ORDER)
}

fn schema(tenant: Uuid) -> String {
    format!("tenant_{}", tenant.simple())
}

/// So many tenants at the first version.
async fn tenants(pool: &PgPool, count: usize) -> Vec<Uuid> {
    migrator(first()).run_public(pool).await.unwrap();
    let tenants = register(pool, count).await;
    let report = migrator(first()).setup(pool).await.unwrap();
    assert_eq!(report.tenants.migrated.len(), count);
    tenants
}

async fn register(pool: &PgPool, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
    for (place, id) in ids.iter().enumerate() {
        execute(
            pool,
            &format!("INSERT INTO tenants VALUES ('{id}', true, {place})"),
        )
        .await;
    }
    ids
}

/// A fresh database behind a proxy that sees what is sent.
async fn seen() -> (TestDatabase, Proxy, PgPool) {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    let pool = PgPool::connect_lazy(proxy.url()).unwrap();
    (db, proxy, pool)
}

async fn versions(pool: &PgPool) -> Vec<String> {
    let query = "SELECT version || ' ' || state || ' ' || count(*) FROM pgmig.target WHERE scope = 'tenant' GROUP BY version, state ORDER BY 1";
    column(pool, query).await
}
