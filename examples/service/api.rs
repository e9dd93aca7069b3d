//! The HTTP side: sign a tenant up, list the tenants.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pgmig::Migrator;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) pool: PgPool,
    pub(crate) migrator: Arc<Migrator>,
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/tenants", get(list).post(sign_up))
        .with_state(app)
}

#[derive(Deserialize)]
struct NewTenant {
    name: String,
    subdomain: String,
}

#[derive(Serialize)]
struct Created {
    id: Uuid,
    schema: String,
    /// How many migrations made its schema.
    migrations: usize,
}

/// Makes a tenant: its row, its schema and everything in it, in one transaction. Whoever sees the
/// row finds the schema complete; if anything fails, neither exists.
async fn sign_up(
    State(app): State<App>,
    Json(tenant): Json<NewTenant>,
) -> Result<(StatusCode, Json<Created>), Failure> {
    let id = Uuid::new_v4();
    let mut tx = app.pool.begin().await?;
    sqlx::query("INSERT INTO public.tenants (id, name, subdomain) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(&tenant.name)
        .bind(&tenant.subdomain)
        .execute(&mut *tx)
        .await?;
    let report = app.migrator.run_tenant_in(&mut tx, id).await?;
    tx.commit().await?;
    let created = Created {
        id,
        schema: report.target.schema,
        migrations: report.applied.len(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Serialize)]
struct Tenant {
    id: Uuid,
    name: String,
    subdomain: String,
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Tenant>>, Failure> {
    let rows: Vec<(Uuid, String, String)> =
        sqlx::query_as("SELECT id, name, subdomain FROM public.tenants ORDER BY subdomain")
            .fetch_all(&app.pool)
            .await?;
    let tenant = |(id, name, subdomain)| Tenant {
        id,
        name,
        subdomain,
    };
    Ok(Json(rows.into_iter().map(tenant).collect()))
}

/// Why a request was not carried out.
struct Failure(StatusCode, String);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let taken = error
            .as_database_error()
            .is_some_and(|error| error.is_unique_violation());
        match taken {
            true => Failure(StatusCode::CONFLICT, "that subdomain is taken".to_owned()),
            false => Failure::from_inside(&error),
        }
    }
}

impl From<pgmig::Error> for Failure {
    fn from(error: pgmig::Error) -> Self {
        Failure::from_inside(&error)
    }
}

impl Failure {
    /// The operator reads what went wrong, the caller that something did.
    fn from_inside(error: &dyn std::error::Error) -> Self {
        eprintln!("error: {error}");
        let message = "the service could not do it".to_owned();
        Failure(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure(status, message) = self;
        (status, Json(json!({ "error": message }))).into_response()
    }
}
