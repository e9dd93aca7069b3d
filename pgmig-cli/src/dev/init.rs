//! `cargo pgmig init`: folders, lock file, `build.rs`, a first migration.

use pgmig_core::edit;

use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;
use super::{Outcome, drizzle, say};

/// Make what a crate with migrations needs; what is there already stays as it is
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig init
  cargo pgmig init --path db/migrations
  cargo pgmig init --drizzle              the tables of public in TypeScript, with Drizzle")]
pub(super) struct Init {
    /// For a schema in TypeScript: make what drizzle-kit needs too, its config and a first table
    #[arg(long)]
    drizzle: bool,
}

impl Init {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let folder = place.folder.to_string_lossy();
        let outcome = carry_out(Ok(edit::init(&place.crate_dir, &folder, self.drizzle)))?;
        if self.drizzle {
            let install = drizzle::install(&place.crate_dir);
            say::line(&format!(
                "\nNext, with Node.js, for the first migration:\n  {install}\n  cargo pgmig generate"
            ));
        }
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
