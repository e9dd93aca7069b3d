//! The service over HTTP.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use pgmig_testkit::TestDatabase;

use super::program::service;

/// A service that runs, stopped when it is dropped.
struct Running {
    child: Child,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(database_url: &str) -> Running {
    let mut child = service("serve --listen 127.0.0.1:0")
        .env("DATABASE_URL", database_url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .map(Result::unwrap)
        .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
    Running {
        child,
        url: url.expect("the service listens"),
    }
}

impl Running {
    fn sign_up(&self, body: &str) -> (u16, serde_json::Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut answer = agent
            .post(format!("{}/tenants", self.url))
            .header("content-type", "application/json")
            .send(body)
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap(),
        )
    }
}

async fn count(database: &TestDatabase, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&database.pool())
        .await
        .unwrap()
}

const SCHEMAS: &str = r"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\_%'";

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_appears_with_its_schema_or_not_at_all() {
    let db = TestDatabase::create().await.unwrap();
    let service = serve(db.url());
    let (status, created) = service.sign_up(r#"{"name": "Acme", "subdomain": "acme"}"#);
    assert_eq!((status, &created["migrations"]), (201, &8.into()));
    assert_eq!(count(&db, SCHEMAS).await, 1);

    let (status, refused) = service.sign_up(r#"{"name": "Acme too", "subdomain": "acme"}"#);
    assert_eq!(
        (status, &refused["error"]),
        (409, &"that subdomain is taken".into())
    );
    assert_eq!(count(&db, SCHEMAS).await, 1);
    assert_eq!(count(&db, "SELECT count(*) FROM tenants").await, 1);
}
