//! `cargo pgmig check --shadow`, on a real server.

use pgmig_testkit::{PrivateServer, TestDatabase};

use super::project::Project;

const DOWN: &str = "migrations/public/002_add_phone.down.sql";

fn project(down: &str) -> Project {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int);",
    );
    project.write("migrations/public/001_users.down.sql", "DROP TABLE users;");
    project.write(
        "migrations/public/002_add_phone.sql",
        "ALTER TABLE users ADD COLUMN phone text;\nCREATE INDEX users_phone ON users (phone);",
    );
    project.write(DOWN, down);
    project.write("migrations/tenant/001_t.sql", "CREATE TABLE t (id int);");
    assert_eq!(project.run("lock").code, 0);
    project
}

async fn left_over(db: &TestDatabase) -> i64 {
    let query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgmig\\_test\\_%' AND datname <> current_database()";
    sqlx::query_scalar(query)
        .fetch_one(&db.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_down_script_that_restores_is_fine_and_one_that_does_not_is_an_error_in_words() {
    // A server of its own: nobody else makes a database there.
    let server = PrivateServer::start(&[]).unwrap();
    let db = TestDatabase::create_on(server.server()).await.unwrap();
    let check = format!("check --shadow --database-url {}", db.url());

    let good = project("ALTER TABLE users DROP COLUMN phone;");
    let said = good.run(&check);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);

    let bad = project("DROP INDEX users_phone;");
    let said = bad.run(&check);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err
            .contains("the down script does not restore what was before"),
        "{}",
        said.err
    );
    assert!(said.err.contains(DOWN), "{}", said.err);
    assert!(
        said.err.contains("column users.phone unexpected"),
        "{}",
        said.err
    );

    let failing = project("SELECT 1 / 0;");
    let said = failing.run(&check);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("division by zero"), "{}", said.err);
    assert_eq!(left_over(&db).await, 0);
}

#[test]
fn without_a_database_a_server_is_found_or_brought() {
    let project = project("SELECT 1;");
    let mut check = project.command("check --shadow");
    let output = check.env_remove("DATABASE_URL").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("column users.phone unexpected"), "{said}");
}

#[test]
fn a_server_that_cannot_be_reached_is_told_without_its_password() {
    let project = project("SELECT 1;");
    let said = project.run("check --shadow --database-url postgres://me:secret@127.0.0.1:1/shop");
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(
        said.err
            .starts_with("error: could not connect to postgres://me@127.0.0.1:1/shop"),
        "{}",
        said.err
    );
}
