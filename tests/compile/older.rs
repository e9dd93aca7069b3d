//! Two builds of one app, the older without what the newer has: the older takes back what the newer
//! has applied.

use pgmig_testkit::TestDatabase;

use crate::scratch::Scratch;

const MAIN: &str = r#"//! Goes up, or back to version 1, and says what it did.
use pgmig::{Migrator, RollbackTo, Tenants};

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

fn main() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let done = runtime.enable_all().build().unwrap().block_on(go());
    if let Err(error) = done {
        println!("error: {error}");
    }
}

async fn go() -> Result<(), Box<dyn std::error::Error>> {
    let [url, way] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let pool = sqlx::PgPool::connect(&url).await?;
    let migrator = Migrator::new(&MIGRATIONS);
    let to = RollbackTo::Version("1".to_owned());
    match way.as_str() {
        "up" => {
            let report = migrator.setup(&pool).await?;
            let (public, tenants) = (report.public, report.tenants);
            println!("public: {} applied, ahead: {:?}", public.applied.len(), public.ahead);
            println!("tenants: {} migrated, {} ahead", tenants.migrated.len(), tenants.ahead);
        }
        "back" => {
            let report = migrator.rollback_tenants(&pool, Tenants::Active, &to).await?;
            for tenant in report.rolled_back {
                for one in tenant.rolled_back {
                    println!("tenant: {}", one.path);
                }
            }
            for one in migrator.rollback_public(&pool, &to).await?.rolled_back {
                println!("public: {}", one.path);
            }
        }
        _ => println!("{}", migrator.verify(&pool).await?),
    }
    Ok(())
}
"#;

const DEPENDENCIES: &str = "pgmig.workspace = true
sqlx = { version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\"] }
tokio = { version = \"1\", features = [\"rt\"] }
";

const BOTH: [(&str, &str); 2] = [
    (
        "public/001_tenants.sql",
        "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL);
         INSERT INTO tenants VALUES ('6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11', true);\n",
    ),
    ("tenant/001_notes.sql", "CREATE TABLE notes (id int);\n"),
];

const NEWER: [(&str, &str); 5] = [
    (
        "public/002_names.sql",
        "ALTER TABLE tenants ADD COLUMN name text;\n-- pgmig: down\nALTER TABLE tenants DROP COLUMN name;\n",
    ),
    (
        "tenant/002_body.sql",
        "ALTER TABLE notes ADD COLUMN body text;\n",
    ),
    (
        "tenant/002_body.down.sql",
        "ALTER TABLE ${schema}.notes\n    DROP COLUMN body;\n",
    ),
    (
        "tenant/003_index.sql",
        "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY notes_body ON notes (body);\n",
    ),
    (
        "tenant/003_index.down.sql",
        "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY notes_body;\n",
    ),
];

/// Both programs, built.
fn programs() -> Scratch {
    let scratch = Scratch::new(&["shop_older", "shop_newer"]);
    for package in ["shop_older", "shop_newer"] {
        scratch.manifest(package, "2024", DEPENDENCIES);
        scratch.write(&format!("{package}/src/main.rs"), MAIN);
        for (path, sql) in BOTH {
            scratch.write(&format!("{package}/migrations/{path}"), sql);
        }
    }
    for (path, sql) in NEWER {
        scratch.write(&format!("shop_newer/migrations/{path}"), sql);
    }
    scratch.cargo(&["build"], &[]).clean();
    scratch
}

#[tokio::test]
async fn an_older_binary_takes_back_what_a_newer_one_applied() {
    let scratch = programs();
    let db = TestDatabase::create().await.unwrap();
    let run = |package: &str, way: &str| scratch.run_with("debug", package, &[db.url(), way]);

    assert_eq!(
        run("shop_newer", "up"),
        "public: 2 applied, ahead: None\ntenants: 1 migrated, 0 ahead\n"
    );
    assert_eq!(
        run("shop_older", "up"),
        "public: 0 applied, ahead: Some(\"2\")\ntenants: 0 migrated, 1 ahead\n"
    );
    assert_eq!(
        run("shop_older", "back"),
        "tenant: migrations/tenant/003_index.down.sql\n\
         tenant: migrations/tenant/002_body.down.sql\n\
         public: migrations/public/002_names.sql\n"
    );
    let nothing = "public: 0 applied, ahead: None\ntenants: 0 migrated, 0 ahead\n";
    assert_eq!(run("shop_older", "up"), nothing);
    let sound = "2 schemas are what their migrations make\n";
    assert_eq!(run("shop_older", "verify"), sound);

    assert_eq!(
        run("shop_newer", "up"),
        "public: 1 applied, ahead: None\ntenants: 1 migrated, 0 ahead\n"
    );
    assert_eq!(run("shop_newer", "verify"), sound);
    let who = "SELECT DISTINCT app || ', ' || rolled_back_by FROM pgmig.history WHERE state = 'rolled_back'";
    let who: Vec<String> = sqlx::query_scalar(who).fetch_all(&db.pool()).await.unwrap();
    assert_eq!(who, ["shop_newer 1.4.0, shop_older 1.4.0"]);
}
