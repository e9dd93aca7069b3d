//! `cargo pgmig init`: folders, lock file, `build.rs`, a first migration.

use pgmig_core::edit;

use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;
use super::{Outcome, say};

/// Make what a crate with migrations needs; what is there already stays as it is
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig init
  cargo pgmig init --path db/migrations")]
pub(super) struct Init {}

impl Init {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let folder = place.folder.to_string_lossy();
        let outcome = carry_out(Ok(edit::init(&place.crate_dir, &folder)))?;
        say::line(&next_steps(&folder));
        Ok(outcome)
    }
}

fn next_steps(folder: &str) -> String {
    let argument = match folder {
        "migrations" => String::new(),
        folder => format!("\"{folder}\""),
    };
    format!(
        "
Next, in your code:
  static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!({argument});
  pgmig::Migrator::new(&MIGRATIONS).setup(&pool).await?;
and once the first migration is as you want it:
  cargo pgmig lock"
    )
}
