//! What the macro does without rustc: a locked folder is read and checked.

use criterion::{Criterion, criterion_group, criterion_main};

fn load(criterion: &mut Criterion) {
    for count in [1000, 10_000] {
        let root = folder(count).expect("a folder");
        let name = format!("load {count} locked migrations");
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| pgmig_core::load(root.path(), "migrations"));
        });
    }
}

fn folder(count: usize) -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let root = tempfile::tempdir()?;
    let public = root.path().join("public");
    std::fs::create_dir(&public)?;
    for n in 1..=count {
        let sql = format!(
            "CREATE TABLE t{n} (\n    id bigint PRIMARY KEY,\n    name text NOT NULL\n);\n"
        );
        std::fs::write(public.join(format!("{n:05}_create_t{n}.sql")), sql)?;
    }
    let loaded = pgmig_core::load(root.path(), "migrations");
    pgmig_core::edit::lock(&loaded, &[])?.apply()?;
    Ok(root)
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = load
}
criterion_main!(benches);
