//! The database commands of pgmig for an app's own command line: `public`, `tenant`, `setup`,
//! `status`, `plan`, `verify`, `rollback`, `repair`, `adopt`,
//! `export`. Apps use them as `pgmig::cli`, with the feature `cli` of `pgmig`.
//!
//! A binary that only migrates is one line, [`run`]. An app with commands of its own flattens
//! [`Command`] into them:
//!
//! ```no_run
//! use clap::Parser as _;
//! use pgmig_runtime::Migrator; // `pgmig::Migrator` in an app
//!
//! #[derive(clap::Parser)]
//! enum Cli {
//!     /// Serve HTTP
//!     Serve,
//!     #[command(flatten)]
//!     Migrate(pgmig_cli::Command), // `pgmig::cli::Command` in an app
//! }
//!
//! # async fn serve() -> pgmig_cli::Exit { pgmig_cli::Exit::Done }
//! async fn main_of(migrator: &Migrator) -> std::process::ExitCode {
//!     match Cli::parse() {
//!         Cli::Serve => serve().await.into(),
//!         Cli::Migrate(command) => command.run(migrator).await.into(),
//!     }
//! }
//! ```
//!
//! Every command takes `--database-url` (else `DATABASE_URL`) and `--json`, and ends with one of
//! the stable exit codes of [`Exit`].

// docs.rs says beside an item which feature brings it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
#[cfg(feature = "dev")]
#[doc(hidden)]
pub mod embed;

pub use app::{
    Adopt, Among, Answer, Command, Common, Error, Exit, Export, Exported, Plan, Public, Repair,
    Rollback, Setup, Shell, Status, Tenant, Verify, completions, run, run_with,
};
