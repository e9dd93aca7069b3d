//! A program that only migrates: an init container, a release step, a job.
//!
//! ```sh
//! cargo run --example migrator --features cli -- setup --database-url postgres://localhost/shop
//! ```

static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();

fn main() -> std::process::ExitCode {
    pgmig::cli::run(&MIGRATIONS)
}
