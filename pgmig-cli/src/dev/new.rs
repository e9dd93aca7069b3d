//! `cargo pgmig new`: the next migration.

use std::time::SystemTime;

use pgmig_core::{Scope, edit};

use super::Outcome;
use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;

/// Make a migration with the next version: a number or the time, as the folder counts
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig new create_plans
  cargo pgmig new add_phone --tenant --down")]
pub(super) struct New {
    /// What it does, in words: `add_phone` or \"add phone\"
    name: String,

    /// For the schema of every tenant, instead of for public
    #[arg(long)]
    tenant: bool,

    /// Make a down script too
    #[arg(long)]
    down: bool,
}

impl New {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let loaded = place.load();
        let new = edit::New {
            scope: match self.tenant {
                true => Scope::Tenant,
                false => Scope::Public,
            },
            name: self.name.clone(),
            down: self.down,
            now: SystemTime::now(),
        };
        carry_out(edit::new(&loaded, &new))
    }
}
