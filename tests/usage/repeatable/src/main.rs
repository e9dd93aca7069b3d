//! What is applied again when it changes is carried apart from what has a version.

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

fn main() {
    let versions = MIGRATIONS.public().iter().map(pgmig::Migration::name);
    assert_eq!(versions.collect::<Vec<_>>(), ["create_users"]);
    let [names] = MIGRATIONS.repeatable() else {
        panic!("one migration is repeatable");
    };
    assert_eq!(names.name(), "names");
    assert_eq!(names.version().to_string(), "R");
    assert_eq!(names.path(), "migrations/R__names.sql");
    assert!(names.sql().starts_with("CREATE OR REPLACE VIEW"));
    assert!(MIGRATIONS.files().get_file("R__names.sql").is_some());
}
