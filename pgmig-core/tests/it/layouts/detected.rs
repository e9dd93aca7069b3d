//! Which layout a folder has.

use crate::tree::{Tree, migrations};
use pgmig_core::Layout;

#[test]
fn files_of_two_layouts_are_an_error_that_says_what_was_seen() {
    let tree = Tree::new(&[
        ("2026-01-31-120000_create/up.sql", "SELECT 1;"),
        ("20260131120000_create/migration.sql", "SELECT 1;"),
        ("migration_lock.toml", "provider = \"postgresql\""),
        ("V1__a.sql", "SELECT 1;"),
    ]);
    let expected = "\
migrations: files of more than one layout [ambiguous-layout]
 |
 = note: `2026-01-31-120000_create/up.sql`: a file of diesel
 = note: `V1__a.sql`: a file of Flyway or refinery
 = note: `migration_lock.toml`: a file of Prisma
 = help: move away what does not belong to this folder
 = help: or name the layout in pgmig.toml, `layout = \"sqlx\"`: then each file that does not fit is told";
    assert_eq!(tree.rendered(), [expected]);
}

#[test]
fn the_named_layout_tells_what_does_not_belong_to_it() {
    let tree = Tree::new(&[
        ("2026-01-31-120000_create/up.sql", "SELECT 1;"),
        ("V1__a.sql", "SELECT 1;"),
    ]);
    let titles = |layout: Layout| {
        let loaded = tree.load_as(layout);
        let titles = loaded.problems.iter().map(ToString::to_string);
        (titles.collect::<Vec<_>>(), loaded.folder.public.len())
    };
    assert_eq!(
        titles(Layout::Diesel),
        (
            vec!["migrations/V1__a.sql: not a migration in the layout `diesel`".to_owned()],
            1
        )
    );
    assert_eq!(
        titles(Layout::Flyway),
        (
            vec![
                "migrations/2026-01-31-120000_create/up.sql: not a migration in the layout `flyway`"
                    .to_owned()
            ],
            1
        )
    );
}

#[test]
fn pgmig_toml_names_the_layout_and_the_files_to_be_passed_over() {
    let tree = Tree::new(&[
        (
            "pgmig.toml",
            "layout = \"sqlx\"\nignore = [\"seed.sql\", \"old/\"]",
        ),
        ("1_add users.sql", "SELECT 1;"),
        ("seed.sql", "SELECT 1;"),
        ("old/1_a.sql", "SELECT 1;"),
    ]);
    assert_eq!(tree.migrations(), ["public 1 add_users"]);
    tree.write(
        "pgmig.toml",
        "layout = \"slqx\"\nignore = [\"sead.sql\", 1]",
    );
    let titles = tree.titles();
    let settings = titles.iter().filter(|title| title.contains("pgmig.toml"));
    let expected = [
        "migrations/pgmig.toml:1:10: unknown layout `slqx`; did you mean `sqlx`?",
        "migrations/pgmig.toml:2:11: there is no `sead.sql` to be passed over",
        "migrations/pgmig.toml:2:23: each path in `ignore` stands in quotes",
    ];
    assert_eq!(settings.collect::<Vec<_>>(), expected);
}

#[test]
fn each_scope_has_the_layout_of_its_own_files() {
    let tree = Tree::new(&[
        ("public/V1__a.sql", "SELECT 1;"),
        ("tenant/2026-01-31-120000-0000_b/up.sql", "SELECT 1;"),
        ("drizzle/meta/_journal.json", r#"{"entries": []}"#),
    ]);
    assert_eq!(
        tree.migrations(),
        ["public 1 a", "tenant 20260131120000.0 b"]
    );
}

#[test]
fn one_file_named_otherwise_among_many_is_told_its_name() {
    let tree = Tree::new(&[
        ("001_a.sql", "SELECT 1;"),
        ("002_b.sql", "SELECT 1;"),
        ("003_c.up.sql", "SELECT 1;"),
        ("V4__d.sql", "SELECT 1;"),
    ]);
    let rendered = tree.rendered();
    assert!(
        rendered[0].contains("rename it to `003_c.sql`"),
        "{rendered:?}"
    );
    assert!(
        rendered[1].contains("rename it to `4_d.sql`"),
        "{rendered:?}"
    );
}

#[test]
fn folders_with_a_script_alone_are_half_of_a_layout() {
    let tree = Tree::new(&[("20260131120000_a/migration.sql", "SELECT 1;")]);
    let titles = tree.titles();
    assert_eq!(
        titles,
        [
            "migrations/20260131120000_a/migration.sql: half of a layout: `migration.sql`, and nothing says whose"
        ]
    );
    let prisma = tree.load_as(Layout::Prisma);
    assert_eq!(migrations(&prisma), ["public 20260131120000 a"]);
}

#[test]
fn the_tenant_scope_can_be_another_folder() {
    let tree = Tree::new(&[("001_a.sql", "SELECT 1;")]);
    let elsewhere = Tree::new(&[
        ("1_b.up.sql", "SELECT 1;"),
        ("1_b.down.sql", "SELECT 1;"),
        ("2_c.up.sql", "-- pgmig: nonsense\nSELECT 1;"),
    ]);
    let load = || {
        let options = pgmig_core::Options {
            layout: None,
            tenant: Some(pgmig_core::TenantFolder {
                root: elsewhere.root(),
                shown: "db/tenants".to_owned(),
            }),
        };
        pgmig_core::load_with(&tree.root(), "migrations", &options)
    };
    let loaded = load();
    let problem = loaded.problems[0].to_string();
    assert!(
        problem.starts_with("db/tenants/2_c.up.sql:1:11: "),
        "{problem}"
    );
    elsewhere.write("2_c.up.sql", "SELECT 1;");
    let loaded = load();
    assert_eq!(
        migrations(&loaded),
        ["public 1 a", "tenant 1 b +down", "tenant 2 c"]
    );
    let path = &loaded.folder.tenant[0].up.path;
    assert_eq!(path, "tenant/1_b.up.sql");
    assert_eq!(
        loaded.folder.shown("migrations", path),
        "db/tenants/1_b.up.sql"
    );
    tree.write("tenant/001_x.sql", "SELECT 1;");
    let titles: Vec<String> = load().problems.iter().map(ToString::to_string).collect();
    assert!(
        titles.contains(&"migrations/tenant: a second folder of the tenant scope".to_owned()),
        "{titles:?}"
    );
}
