//! Files that were edited, added or passed over since the binary was built.

use pgmig_runtime::{Error, FileChange, Migrations, Migrator, Scope};
use pgmig_testkit::TestDatabase;
use uuid::Uuid;

use super::support::{column, embed, embed_folder, embed_with, execute, relations};

#[tokio::test]
async fn an_edit_can_be_accepted_and_everything_after_it_still_counts() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let first = ("tenant/001_t.sql", "CREATE TABLE t (id int);");
    let edited = ("tenant/001_t.sql", "CREATE TABLE t (id bigint);");
    let second = ("tenant/002_u.sql", "CREATE TABLE u (id int);");
    let third = ("tenant/003_v.sql", "CREATE TABLE v (id int);");
    let (one, two) = (Uuid::nil(), Uuid::max());
    Migrator::new(embed(&[first, second]))
        .run_tenant(&pool, one)
        .await
        .unwrap();
    Migrator::new(embed(&[first]))
        .run_tenant(&pool, two)
        .await
        .unwrap();

    let migrator = Migrator::new(embed(&[edited, second, third]));
    assert!(matches!(
        migrator.run_tenant(&pool, one).await,
        Err(Error::Plan(_))
    ));
    let repaired = migrator.repair(&pool, Scope::Tenant, "1").await.unwrap();
    let tenants: Vec<_> = repaired.iter().map(|one| one.target.tenant).collect();
    assert_eq!(tenants, [Some(one), Some(two)]);
    assert_eq!(repaired[0].to, migrator_checksum(embed(&[edited])));
    assert!(
        migrator
            .repair(&pool, Scope::Tenant, "1")
            .await
            .unwrap()
            .is_empty()
    );

    assert_eq!(
        migrator.run_tenant(&pool, one).await.unwrap().applied.len(),
        1
    );
    assert_eq!(
        migrator.run_tenant(&pool, two).await.unwrap().applied.len(),
        2
    );
    let heads = "SELECT count(DISTINCT head) FROM pgmig.target";
    assert_eq!(column(&pool, heads).await, ["1"]);
    assert!(migrator.run_tenant(&pool, one).await.unwrap().is_noop());
    let unknown = migrator
        .repair(&pool, Scope::Public, "9")
        .await
        .unwrap_err();
    assert!(
        matches!(unknown, Error::NoSuchMigration { .. }),
        "{unknown}"
    );
}

fn migrator_checksum(migrations: &'static Migrations) -> String {
    migrations.tenant()[0].checksum().to_string()
}

#[tokio::test]
async fn a_binary_older_than_its_folder_says_what_has_changed_and_runs_nothing() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("public")).unwrap();
    for name in ["public/001_a.sql", "public/002_b.sql", "public/003_c.sql"] {
        std::fs::write(path(name), "SELECT 1;").unwrap();
    }
    let migrator = Migrator::new(embed_folder(folder.path(), true));
    migrator.plan(&pool).await.unwrap();

    std::fs::write(path("public/001_a.sql"), "SELECT 2;").unwrap();
    std::fs::remove_file(path("public/002_b.sql")).unwrap();
    std::fs::write(path("public/004_d.sql"), "SELECT 1;").unwrap();
    std::fs::write(path("public/notes.txt"), "not ours").unwrap();
    let error = migrator.run_public(&pool).await.unwrap_err();
    let Error::Stale(error) = error else {
        panic!("{error}");
    };
    let changes: Vec<_> = error
        .changes
        .iter()
        .map(|(p, c)| (p.to_str().unwrap(), *c))
        .collect();
    assert_eq!(
        changes,
        [
            ("public/001_a.sql", FileChange::Changed),
            ("public/002_b.sql", FileChange::Removed),
            ("public/004_d.sql", FileChange::Added),
        ]
    );
    assert!(relations(&pool, "pgmig").await.is_empty());

    std::fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(migrator.run_public(&pool).await.unwrap().applied.len(), 3);
}

#[tokio::test]
async fn a_slot_in_a_body_takes_any_name_but_one_that_could_end_the_body() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrations = embed(&[(
        "tenant/001_t.sql",
        "CREATE TABLE t (id int);
         DO $$ BEGIN INSERT INTO ${schema}.t VALUES (1); END $$;
         CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $f$ SELECT count(*) FROM \"${schema}\".t $f$;",
    )]);
    execute(&pool, "CREATE TABLE public.witness (id int)").await;
    for (number, name) in ["it's", "a\"b", "a\\b", "a;b--", "/*"]
        .into_iter()
        .enumerate()
    {
        let migrator = Migrator::new(migrations).tenant_schema(move |_| name.to_owned());
        migrator
            .run_tenant(&pool, Uuid::from_u128(number as u128))
            .await
            .unwrap();
        let counted = format!("SELECT \"{}\".f()", name.replace('"', "\"\""));
        assert_eq!(column(&pool, &counted).await, ["1"], "{name}");
    }
    for name in ["a$$; DROP TABLE public.witness; --", "a$f$", "$"] {
        let migrator = Migrator::new(migrations).tenant_schema(move |_| name.to_owned());
        let error = migrator.run_tenant(&pool, Uuid::max()).await.unwrap_err();
        assert!(matches!(error, Error::SchemaName { .. }), "{error}");
    }
    assert_eq!(relations(&pool, "public").await, ["r witness"]);
}

#[tokio::test]
async fn files_that_are_passed_over_and_a_tenant_folder_elsewhere_make_no_binary_old() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let [folder, tenants] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let write = |path: std::path::PathBuf, text: &str| std::fs::write(path, text).unwrap();
    write(folder.path().join("001_a.sql"), "SELECT 1;");
    write(folder.path().join("seed.sql"), "not a migration");
    write(folder.path().join("pgmig.toml"), "ignore = [\"seed.sql\"]");
    write(tenants.path().join("001_b.sql"), "SELECT 1;");
    let migrations = embed_with(folder.path(), Some(tenants.path()), true);
    let migrator = Migrator::new(migrations);
    migrator.run_public(&pool).await.unwrap();

    write(folder.path().join("seed.sql"), "edited");
    migrator.run_public(&pool).await.unwrap();
    write(tenants.path().join("001_b.sql"), "SELECT 2;");
    write(tenants.path().join("002_c.sql"), "SELECT 2;");
    let error = migrator.run_public(&pool).await.unwrap_err();
    let Error::Stale(error) = error else {
        panic!("{error}");
    };
    let changes: Vec<_> = error
        .changes
        .keys()
        .map(|path| path.to_str().unwrap())
        .collect();
    assert_eq!(changes, ["tenant/001_b.sql", "tenant/002_c.sql"]);
}
