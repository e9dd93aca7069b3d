//! Replicas that share a fleet and are killed: real processes, SIGKILL, seeds.
//!
//! `PGMIG_KILL_SEEDS` (4) is how many seeds are tried, `PGMIG_KILL_TENANTS` (60) how many tenants
//! each has, `PGMIG_KILL_SEED` the first seed. Every fourth seed has an index that is built
//! concurrently too; of more than 100 tenants every tenth one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgmig_runtime::{Migrations, Migrator, RollbackTo, Tenants};
use pgmig_testkit::TestDatabase;
use sqlx::PgPool;
use support::{column, embed, execute};
use uuid::Uuid;

const REGISTRY: (&str, &str) = (
    "public/001_create_tenants.sql",
    "CREATE TABLE tenants (id uuid PRIMARY KEY, is_active boolean NOT NULL DEFAULT true);",
);
const NOTES: (&str, &str) = (
    "tenant/001_create_notes.sql",
    "CREATE TABLE notes (id int PRIMARY KEY, tenant uuid REFERENCES public.tenants, body text);
     CREATE INDEX notes_body ON notes (body);",
);
const PINNED: (&str, &str) = (
    "tenant/002_add_pinned.sql",
    "ALTER TABLE notes ADD COLUMN pinned boolean;",
);
const COLOUR: (&str, &str) = (
    "tenant/003_add_colour.sql",
    "ALTER TABLE notes ADD COLUMN colour text; INSERT INTO notes (id) VALUES (1);",
);
const INDEX: (&str, &str) = (
    "tenant/004_index_colours.sql",
    "-- pgmig: no-transaction\nCREATE INDEX CONCURRENTLY notes_colour ON notes (colour);",
);
/// The ways back.
const DOWN: [(&str, &str); 3] = [
    (
        "tenant/002_add_pinned.down.sql",
        "ALTER TABLE notes DROP COLUMN pinned;",
    ),
    (
        "tenant/003_add_colour.down.sql",
        "DELETE FROM notes WHERE id = 1; ALTER TABLE notes DROP COLUMN colour;",
    ),
    (
        "tenant/004_index_colours.down.sql",
        "-- pgmig: no-transaction\nDROP INDEX CONCURRENTLY notes_colour;",
    ),
];

fn old() -> &'static Migrations {
    embed(&[REGISTRY, NOTES])
}

fn new(with_index: bool) -> &'static Migrations {
    match with_index {
        true => embed(&[&[REGISTRY, NOTES, PINNED, COLOUR, INDEX], &DOWN[..]].concat()),
        false => embed(&[&[REGISTRY, NOTES, PINNED, COLOUR], &DOWN[..2]].concat()),
    }
}

/// Numbers that follow from a seed (Steele and others, "Fast Splittable Pseudorandom Number
/// Generators").
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

/// This program as a replica that boots, or that takes the tenants back.
fn replica(url: &str, with_index: bool, way: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        // Without it what a replica dies of would be lost with its output.
        .args([way, "--exact", "--ignored", "--nocapture"])
        .env("PGMIG_KILL_URL", url)
        .env("PGMIG_KILL_INDEX", u8::from(with_index).to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "a process that the other test starts"]
async fn a_replica() {
    let pool = PgPool::connect(&std::env::var("PGMIG_KILL_URL").unwrap())
        .await
        .unwrap();
    let with_index = std::env::var("PGMIG_KILL_INDEX").unwrap() == "1";
    let migrator = Migrator::new(new(with_index)).parallel(3);
    let report = migrator.setup(&pool).await.unwrap();
    assert!(
        report.tenants.failed.is_empty(),
        "{:?}",
        report.tenants.failed
    );
    // Whoever returns sees everything done.
    let behind = "SELECT count(*) FROM pgmig.target WHERE scope = 'tenant' AND state <> 'active'";
    assert_eq!(column(&pool, behind).await, ["0"]);
}

#[tokio::test]
#[ignore = "a process that the other test starts"]
async fn a_replica_that_goes_back() {
    let pool = PgPool::connect(&std::env::var("PGMIG_KILL_URL").unwrap())
        .await
        .unwrap();
    let older = Migrator::new(old()).parallel(3);
    let to = RollbackTo::Version("1".to_owned());
    let report = older.rollback_tenants(&pool, Tenants::Active, &to).await;
    let failed = report.unwrap().failed;
    assert!(failed.is_empty(), "{failed:?}");
    let left = "SELECT count(*) FROM pgmig.target WHERE scope = 'tenant' AND version <> '1'";
    assert_eq!(column(&pool, left).await, ["0"]);
}

#[tokio::test]
async fn replicas_that_are_killed_on_the_way_back_leave_nothing_half_undone() {
    let first = setting("PGMIG_KILL_SEED", 1);
    for seed in first..first + setting("PGMIG_KILL_SEEDS", 4) {
        println!("PGMIG_KILL_SEED={seed}");
        try_back(seed, seed % 4 == 0).await;
    }
}

async fn try_back(seed: u64, with_index: bool) {
    let mut random = Random(seed);
    let db = TestDatabase::create().await.unwrap();
    let pool = db.pool();
    let tenants = setting("PGMIG_KILL_TENANTS", 60);
    let tenants = if with_index { tenants / 4 } else { tenants };
    Migrator::new(old()).run_public(&pool).await.unwrap();
    execute(&pool, &register(tenants)).await;
    let newer = Migrator::new(new(with_index));
    newer.setup(&pool).await.unwrap();

    kill_some(
        db.url(),
        with_index,
        "a_replica_that_goes_back",
        seed,
        &mut random,
    )
    .await;
    let states = "SELECT version || ' ' || state || ' ' || count(*) FROM pgmig.target WHERE scope = 'tenant' GROUP BY version, state";
    assert_eq!(
        column(&pool, states).await,
        [format!("1 active {tenants}")],
        "seed {seed}"
    );
    let steps = if with_index { 3 } else { 2 };
    let rows = "SELECT state || ' ' || count(*) FROM pgmig.history WHERE scope = 'tenant' GROUP BY state ORDER BY 1";
    let expected = [
        format!("applied {tenants}"),
        format!("rolled_back {}", steps * tenants),
    ];
    assert_eq!(column(&pool, rows).await, expected, "seed {seed}");
    let verification = Migrator::new(old()).verify_fleet(&pool).await.unwrap();
    assert!(verification.is_sound(), "seed {seed}: {verification}");
    assert_eq!(verification.sound, usize::try_from(tenants).unwrap());
    newer.setup(&pool).await.unwrap();
    let verification = newer.verify_fleet(&pool).await.unwrap();
    assert!(verification.is_sound(), "seed {seed}: {verification}");
}

#[tokio::test]
async fn replicas_that_are_killed_lose_nothing_and_the_others_finish() {
    let first = setting("PGMIG_KILL_SEED", 1);
    for seed in first..first + setting("PGMIG_KILL_SEEDS", 4) {
        println!("PGMIG_KILL_SEED={seed}");
        try_seed(seed, setting("PGMIG_KILL_TENANTS", 60)).await;
    }
}

async fn try_seed(seed: u64, tenants: u64) {
    let mut random = Random(seed);
    let with_index = seed.is_multiple_of(if tenants > 100 { 10 } else { 4 });
    let db = fleet(tenants).await;
    kill_some(db.url(), with_index, "a_replica", seed, &mut random).await;
    converged(&db.pool(), tenants, with_index, seed).await;
}

/// A database in which nine tenants of ten have the old version, and the others are new.
async fn fleet(tenants: u64) -> TestDatabase {
    let key = format!("fleet_kill {tenants} {REGISTRY:?} {NOTES:?}");
    let built = TestDatabase::from_template(&key, async |pool| {
        Migrator::new(old()).run_public(&pool).await?;
        execute(&pool, &register(tenants * 9 / 10)).await;
        Migrator::new(old()).setup(&pool).await?;
        execute(&pool, &register(tenants - tenants * 9 / 10)).await;
        Ok::<(), pgmig_runtime::Error>(())
    });
    built.await.unwrap()
}

fn register(count: u64) -> String {
    let rows: Vec<String> = (0..count)
        .map(|_| format!("('{}')", Uuid::new_v4()))
        .collect();
    format!("INSERT INTO tenants (id) VALUES {}", rows.join(", "))
}

/// Starts four replicas, kills some of them now and then, starts others in their place, and waits
/// until all are done.
async fn kill_some(url: &str, with_index: bool, way: &str, seed: u64, random: &mut Random) {
    let mut replicas: Vec<Child> = (0..4).map(|_| replica(url, with_index, way)).collect();
    let (began, mut killed) = (std::time::Instant::now(), 0);
    // The more tenants there are, the longer it takes, and the more often somebody is killed.
    let tenants = setting("PGMIG_KILL_TENANTS", 60);
    for _ in 0..6 + tenants / 250 {
        tokio::time::sleep(Duration::from_millis(random.below(150 + tenants / 2))).await;
        let victim = usize::try_from(random.below(4)).unwrap();
        // One that is done already has exited, and well.
        if replicas[victim].try_wait().unwrap().is_none() {
            replicas[victim].kill().unwrap();
            replicas[victim].wait().unwrap();
            killed += 1;
            replicas[victim] = replica(url, with_index, way);
        }
    }
    for mut replica in replicas {
        let status = tokio::task::spawn_blocking(move || replica.wait().unwrap());
        assert!(status.await.unwrap().success(), "seed {seed}");
    }
    let took = began.elapsed().as_secs_f64();
    println!("seed {seed}: {killed} killed, {took:.1} s");
}

/// Every tenant is at head, by one row a migration, and its schema is what the migrations make.
async fn converged(pool: &PgPool, tenants: u64, with_index: bool, seed: u64) {
    let versions = if with_index { 4 } else { 3 };
    let states = "SELECT version || ' ' || state || ' ' || count(*) FROM pgmig.target WHERE scope = 'tenant' GROUP BY version, state";
    let expected = format!("{versions} active {tenants}");
    assert_eq!(column(pool, states).await, [expected], "seed {seed}");
    let rows = "SELECT count(*) || ' ' || count(DISTINCT (schema, version)) FROM pgmig.history WHERE scope = 'tenant' AND state = 'applied'";
    let all = tenants * versions;
    assert_eq!(
        column(pool, rows).await,
        [format!("{all} {all}")],
        "seed {seed}"
    );
    let unfinished = "SELECT count(*) FROM pgmig.history WHERE state = 'running'";
    assert_eq!(column(pool, unfinished).await, ["0"], "seed {seed}");
    let columns = "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'notes' AND a.attname IN ('pinned', 'colour')";
    assert_eq!(
        column(pool, columns).await,
        [(2 * tenants).to_string()],
        "seed {seed}"
    );
    let indexes = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'notes_colour' AND i.indisvalid";
    let wanted = if with_index { tenants } else { 0 };
    assert_eq!(
        column(pool, indexes).await,
        [wanted.to_string()],
        "seed {seed}"
    );
    let report = Migrator::new(new(with_index)).setup(pool).await.unwrap();
    assert!(report.tenants.is_noop(), "seed {seed}");
}
