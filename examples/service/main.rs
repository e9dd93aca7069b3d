//! A small service with one schema per tenant: it migrates itself when it boots, makes tenants by
//! HTTP, and carries the migration commands.
//!
//! ```sh
//! cargo run --example service --features cli -- demo     # all of it, on a PostgreSQL of its own
//! cargo run --example service --features cli -- --help
//! ```

mod api;
mod demo;
mod service;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use pgmig::{Migrations, Migrator};

/// `migrations/` beside `Cargo.toml`: checked when this was compiled, carried in the binary.
static MIGRATIONS: Migrations = pgmig::embed_migrations!();

/// A small service with one schema per tenant
#[derive(Parser)]
enum Cli {
    /// Migrate what is behind, then serve HTTP
    Serve(Serve),
    /// Show all of it, on a PostgreSQL that is found or brought
    Demo,
    /// Write a script with which a shell completes the commands
    Completions { shell: pgmig::cli::Shell },
    #[command(flatten)]
    Migrate(pgmig::cli::Command),
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: String,
    /// The database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let migrator = Migrator::new(&MIGRATIONS);
    let done = match Cli::parse() {
        Cli::Serve(to) => serve(&migrator, &to).await,
        Cli::Demo => demo::run(&migrator).await,
        Cli::Completions { shell } => completions(shell),
        Cli::Migrate(command) => return command.run(&migrator).await.into(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn completions(shell: pgmig::cli::Shell) -> Result<(), Box<dyn Error>> {
    Ok(pgmig::cli::completions::<Cli>(
        shell,
        &mut std::io::stdout(),
    )?)
}

async fn serve(migrator: &Migrator, to: &Serve) -> Result<(), Box<dyn Error>> {
    let service = service::boot(migrator, &to.database_url, &to.listen).await?;
    let (migrated, address) = (&service.migrated, service.address);
    let mut out = std::io::stdout();
    writeln!(out, "{migrated}listening on http://{address}")?;
    tokio::signal::ctrl_c().await?;
    service.stop().await
}
