//! Schemas compared with what their migrations make.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pgmig_runtime::{Error, FingerprintOptions, Migrations, Migrator, OnDrift, Uuid, Verification};
use pgmig_testkit::{Proxy, TestDatabase};
use sqlx::PgPool;
use support::{column, embed, execute};

/// Migrations with most that makes a replay beside the real thing hard: `public` written out, in
/// bodies and strings too; a statement outside transactions; an enum value that is used at once;
/// rows that a later migration meets; a role; an extension; slots.
const FILES: &[(&str, &str)] = &[
    (
        "public/001_tenants.sql",
        "CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), is_active boolean NOT NULL DEFAULT true);
         CREATE TABLE public.users (id serial PRIMARY KEY, tenant uuid REFERENCES \"public\".tenants (id), name varchar(20)
             CHECK (name IN ('a', 'b')), code text);
         CREATE EXTENSION IF NOT EXISTS plpgsql;",
    ),
    (
        "public/002_stamp.sql",
        "CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM count(*) FROM public.users; NEW.code := nextval('public.users_id_seq')::text; RETURN NEW; END $$;
         CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION public.stamp();
         DO $$ BEGIN INSERT INTO public.users (name) VALUES ('a'); END $$;
         ALTER TABLE public.users ADD COLUMN next integer DEFAULT nextval('public.users_id_seq');",
    ),
    (
        "tenant/001_invoices.sql",
        "CREATE TYPE status AS ENUM ('draft');
         CREATE TABLE invoices (id integer PRIMARY KEY, status status NOT NULL DEFAULT 'draft',
             author integer REFERENCES public.users (id), owner uuid REFERENCES public.tenants);
         COMMENT ON TABLE invoices IS 'not of public.users';
         CREATE TRIGGER stamp BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION public.stamp();",
    ),
    ("tenant/002_paid.sql", "ALTER TYPE status ADD VALUE 'paid'; ALTER TYPE status ADD VALUE 'sent' BEFORE 'paid';"),
    (
        "tenant/003_more.sql",
        "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY invoices_paid ON invoices (id) WHERE status = 'paid';",
    ),
    (
        "tenant/004_late.sql",
        "ALTER TYPE status RENAME VALUE 'sent' TO 'out';
         CREATE TABLE lines (id integer, invoice integer REFERENCES invoices (id) DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO invoices (id) VALUES (1); INSERT INTO lines VALUES (1, 1);",
    ),
    (
        "tenant/005_view.sql",
        "ALTER TABLE lines ADD COLUMN note text;
         CREATE FUNCTION big() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ${schema}.invoices, public.users $$;
         CREATE FUNCTION small() RETURNS bigint LANGUAGE plpgsql SET search_path = ${schema}, public AS $$
             BEGIN RETURN (SELECT count(*) FROM ${schema}.invoices, public.users); END $$;
         CREATE VIEW names AS SELECT u.name FROM public.users u JOIN invoices i ON i.author = u.id;",
    ),
];

fn shop() -> &'static Migrations {
    embed(FILES)
}

/// A database with that many tenants, migrated.
async fn fleet(tenants: usize) -> (TestDatabase, PgPool, Migrator, Vec<Uuid>) {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(shop());
    migrator.run_public(&pool).await.unwrap();
    let insert = format!(
        "INSERT INTO tenants (id) SELECT gen_random_uuid() FROM generate_series(1, {tenants}) RETURNING id"
    );
    let ids = column(&pool, &insert)
        .await
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    migrator.setup(&pool).await.unwrap();
    (db, pool, migrator, ids)
}

fn schema(id: Uuid) -> String {
    format!("tenant_{}", id.simple())
}

/// Each group: how many schemas, and what is different.
fn told(verification: &Verification) -> Vec<(usize, Vec<String>)> {
    let groups = verification.drifted.iter();
    groups
        .map(|group| {
            (
                group.schemas.len(),
                group.differences.iter().map(ToString::to_string).collect(),
            )
        })
        .collect()
}

#[tokio::test]
async fn schemas_that_were_migrated_are_sound_and_nothing_is_left_behind() {
    let (_db, pool, migrator, _) = fleet(3).await;
    let everything = "SELECT count(*) FROM pg_class, (SELECT count(*) FROM pg_namespace) n, (SELECT count(*) FROM public.users) u";
    let all = "SELECT string_agg(nspname, ' ' ORDER BY 1) || (SELECT count(*) FROM pg_class) || (SELECT last_value FROM users_id_seq) FROM pg_namespace";
    let before = (column(&pool, everything).await, column(&pool, all).await);

    let verification = migrator.verify(&pool).await.unwrap();

    assert_eq!(told(&verification), []);
    assert_eq!(
        (verification.sound, &verification.unverified[..]),
        (4, &[][..])
    );
    assert_eq!(
        verification.to_string(),
        "4 schemas are what their migrations make"
    );
    let left_out: Vec<_> = verification
        .not_replayed
        .iter()
        .map(|one| (one.path, one.line, one.kind))
        .collect();
    assert_eq!(
        left_out,
        [("migrations/public/001_tenants.sql", 4, "CREATE EXTENSION")]
    );
    assert_eq!(
        before,
        (column(&pool, everything).await, column(&pool, all).await)
    );
}

#[tokio::test]
async fn drift_is_told_in_groups_with_what_repairs_it() {
    let (_db, pool, migrator, ids) = fleet(6).await;
    for id in &ids[..3] {
        execute(
            &pool,
            &format!(
                "DROP INDEX {0}.invoices_paid; ALTER TABLE {0}.lines ALTER id TYPE bigint",
                schema(*id)
            ),
        )
        .await;
    }
    execute(
        &pool,
        &format!("ALTER TABLE {}.lines ADD COLUMN extra text", schema(ids[3])),
    )
    .await;
    execute(
        &pool,
        "ALTER TABLE users ALTER name DROP NOT NULL; ALTER TABLE users ALTER code SET NOT NULL",
    )
    .await;

    let verification = migrator.verify(&pool).await.unwrap();

    assert_eq!(verification.sound, 2);
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|words| (*words).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&verification),
        [
            (
                3,
                words(&[
                    "column lines.id is bigint, expected integer",
                    "index invoices_paid missing"
                ])
            ),
            (
                1,
                words(&["column users.code is not null, expected nullable"])
            ),
            (1, words(&["column lines.extra unexpected"])),
        ]
    );
    let text = verification.to_string();
    assert!(
        text.starts_with("5 schemas are not what their migrations make; 2 schemas are\n"),
        "{text}"
    );
    let group = &verification.drifted[0];
    for id in &ids[..3] {
        let statements = group.repair(&schema(*id));
        assert_eq!(statements.len(), 1, "{statements:?}");
        execute(&pool, &statements[0]).await;
    }
    let again = migrator.verify_tenants(&pool, &ids[..3]).await.unwrap();
    assert_eq!(
        told(&again),
        [(3, words(&["column lines.id is bigint, expected integer"]))]
    );
}

#[tokio::test]
async fn a_tenant_that_is_behind_is_compared_with_its_own_version() {
    let (_db, pool, _, ids) = fleet(2).await;
    let longer: Vec<_> = FILES
        .iter()
        .copied()
        .chain([("tenant/006_last.sql", "CREATE TABLE last (id integer);")])
        .collect();
    let migrator = Migrator::new(embed(&longer));
    migrator.run_tenant(&pool, ids[0]).await.unwrap();

    let verification = migrator.verify(&pool).await.unwrap();
    assert_eq!((told(&verification), verification.sound), (vec![], 3));

    // To the older binary the newer tenant is of other migrations.
    let older = Migrator::new(shop()).verify(&pool).await.unwrap();
    assert_eq!(
        (told(&older), older.sound, older.unverified.len()),
        (vec![], 2, 1)
    );
    assert_eq!(older.unverified[0].schema, schema(ids[0]));
}

#[tokio::test]
async fn an_enum_is_compared_with_the_labels_that_it_has_at_that_version() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    // At each version a tenant stays, those of enums with more labels to come among them.
    for count in 3..=FILES.len() {
        let migrator = Migrator::new(embed(&FILES[..count]));
        migrator.run_public(&pool).await.unwrap();
        migrator
            .run_tenant(&pool, Uuid::from_u128(count as u128))
            .await
            .unwrap();
    }
    let migrator = Migrator::new(shop());
    let verification = migrator.verify(&pool).await.unwrap();
    assert_eq!(
        (
            told(&verification),
            verification.sound,
            verification.unverified
        ),
        (vec![], 6, vec![])
    );

    let first = schema(Uuid::from_u128(3));
    execute(
        &pool,
        &format!("ALTER TYPE {first}.status ADD VALUE 'paid'"),
    )
    .await;
    let verification = migrator.verify(&pool).await.unwrap();
    let words = "enum status: labels is 'draft', 'paid', expected 'draft'".to_owned();
    assert_eq!(told(&verification), [(1, vec![words])]);
}

#[tokio::test]
async fn a_boot_can_refuse_or_ignore_drift() {
    let (_db, pool, migrator, ids) = fleet(1).await;
    execute(
        &pool,
        &format!("DROP INDEX {}.invoices_paid", schema(ids[0])),
    )
    .await;

    migrator.setup(&pool).await.unwrap();
    migrator
        .clone()
        .on_drift(OnDrift::Warn)
        .setup(&pool)
        .await
        .unwrap();
    let refusing = migrator.clone().on_drift(OnDrift::Refuse);
    for error in [
        refusing.setup(&pool).await.unwrap_err(),
        refusing.run_tenant(&pool, ids[0]).await.unwrap_err(),
        refusing.run_tenants(&pool, [ids[0]]).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Drift(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&format!(
                "{}:\n  - index invoices_paid missing",
                schema(ids[0])
            )),
            "{text}"
        );
    }
    refusing.run_public(&pool).await.unwrap();
}

#[tokio::test]
async fn a_replay_locks_no_table_of_the_application() {
    let (db, pool, migrator, _) = fleet(1).await;
    let mut writer = db.connect().await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE users, tenants IN ROW EXCLUSIVE MODE")
        .execute(&mut writer)
        .await
        .unwrap();
    let verification = migrator
        .lock_timeout(std::time::Duration::from_millis(100))
        .verify(&pool)
        .await
        .unwrap();
    assert_eq!((told(&verification), verification.sound), (vec![], 2));
}

#[tokio::test]
async fn a_callers_transaction_goes_on_after_a_verification() {
    let (db, pool, migrator, _) = fleet(1).await;
    let mut connection = db.connect().await.unwrap();
    for begin in ["BEGIN", ""] {
        let mut transaction = match begin {
            "" => Some(pool.begin().await.unwrap()),
            begin => {
                sqlx::raw_sql(begin).execute(&mut connection).await.unwrap();
                None
            }
        };
        let inside: &mut sqlx::PgConnection = match &mut transaction {
            Some(transaction) => transaction,
            None => &mut connection,
        };
        sqlx::raw_sql("CREATE TABLE public.mine (id integer); SET LOCAL search_path = pg_temp")
            .execute(&mut *inside)
            .await
            .unwrap();
        let verification = migrator.verify(&mut *inside).await.unwrap();
        assert_eq!(
            told(&verification),
            [(1, vec!["table mine unexpected".to_owned()])]
        );
        let path: String = sqlx::query_scalar(
            "SELECT current_setting('search_path') || count(*) FROM public.mine",
        )
        .fetch_one(&mut *inside)
        .await
        .unwrap();
        assert_eq!(path, "pg_temp0");
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut *inside)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn migrations_that_cannot_be_replayed_are_an_error_with_the_place() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    execute(&pool, "CREATE TABLE old (id integer)").await;
    let migrator = Migrator::new(embed(&[(
        "public/001_a.sql",
        "CREATE TABLE a (id integer);\nDO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_class WHERE oid = 'public.old'::regclass) OR current_schema <> 'public' THEN RAISE 'only here'; END IF; END $$;",
    )]));
    migrator.run_public(&pool).await.unwrap();
    let error = migrator.verify(&pool).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Shadow(_)), "{text}");
    assert!(
        text.contains("migrations/public/001_a.sql:2") && text.contains("only here"),
        "{text}"
    );
    assert_eq!(
        column(
            &pool,
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pgmig_shadow%'"
        )
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn other_tools_tables_and_what_is_ignored_are_no_drift() {
    let (_db, pool, migrator, _) = fleet(1).await;
    execute(
        &pool,
        "CREATE TABLE _sqlx_migrations (version bigint); CREATE TABLE reports (id serial)",
    )
    .await;
    let verification = migrator.verify_public(&pool).await.unwrap();
    let words: Vec<_> = told(&verification)
        .into_iter()
        .flat_map(|(_, words)| words)
        .collect();
    assert_eq!(
        words,
        [
            "sequence reports_id_seq unexpected",
            "table reports unexpected"
        ]
    );
    let migrator = migrator.drift_counts(FingerprintOptions::new().ignore("reports"));
    assert!(migrator.verify_public(&pool).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_database_without_a_ledger_has_nothing_to_verify() {
    let db = TestDatabase::create().await.unwrap();
    let verification = Migrator::new(shop()).verify(&db.pool()).await.unwrap();
    assert_eq!((verification.sound, verification.unverified.len()), (0, 1));
    assert!(
        verification
            .to_string()
            .contains("public: not verified: the ledger has no migration of it"),
        "{verification}"
    );
}

#[tokio::test]
async fn the_reference_apps_schemas_are_what_its_migrations_make() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let migrator = Migrator::new(support::embed_folder(&folder, false));
    migrator.run_public(&pool).await.unwrap();
    execute(
        &pool,
        "INSERT INTO tenants (name, subdomain) VALUES ('a', 'a'), ('b', 'b')",
    )
    .await;
    migrator.setup(&pool).await.unwrap();
    let verification = migrator.verify(&pool).await.unwrap();
    assert_eq!((told(&verification), verification.sound), (vec![], 3));
    assert_eq!(verification.not_replayed, []);
}

#[tokio::test]
async fn a_tenant_that_the_ledger_does_not_have_is_told_and_not_passed_over() {
    let (_db, pool, migrator, ids) = fleet(1).await;
    let unknown = Uuid::from_u128(7);
    let verification = migrator
        .verify_tenants(&pool, &[ids[0], unknown])
        .await
        .unwrap();
    assert_eq!(verification.sound, 1);
    let told: Vec<_> = verification
        .unverified
        .iter()
        .map(|one| (one.schema.clone(), one.why))
        .collect();
    assert_eq!(told, [(schema(unknown), "the ledger does not have it")]);
    let fleet = migrator.verify_fleet(&pool).await.unwrap();
    assert_eq!((fleet.sound, fleet.unverified.len()), (1, 0));
}

#[tokio::test]
async fn an_app_without_migrations_of_public_has_nothing_to_say_of_it() {
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let migrator = Migrator::new(embed(&[(
        "tenant/001_notes.sql",
        "CREATE TABLE notes (id integer);",
    )]));
    migrator
        .run_tenant(&pool, Uuid::from_u128(1))
        .await
        .unwrap();
    execute(&pool, "CREATE TABLE of_another_app (id integer)").await;
    let verification = migrator.verify(&pool).await.unwrap();
    assert_eq!((verification.sound, verification.unverified.len()), (1, 0));
    assert!(verification.is_sound(), "{verification}");
}

#[tokio::test]
async fn a_fleet_takes_as_many_statements_as_one_tenant() {
    let (db, pool, migrator, _) = fleet(1).await;
    let proxy = Proxy::start(&db).await.unwrap();
    let seen = PgPool::connect(proxy.url()).await.unwrap();
    let mut counts = Vec::new();
    for more in [0, 9] {
        let insert = format!(
            "INSERT INTO tenants (id) SELECT gen_random_uuid() FROM generate_series(1, {more})"
        );
        execute(&pool, &insert).await;
        migrator.setup(&pool).await.unwrap();
        proxy.reset();
        let verification = migrator.verify_fleet(&seen).await.unwrap();
        assert_eq!(
            (verification.sound, verification.is_sound()),
            (more + 1, true)
        );
        counts.push(support::queries(&proxy).len());
    }
    assert_eq!(counts[0], counts[1]);
}
