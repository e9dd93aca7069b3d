//! `cargo pgmig renumber`: drafts take versions after what is locked.

use std::time::SystemTime;

use pgmig_core::edit;

use super::Outcome;
use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;

/// Give drafts that come too early, or whose version is taken, the next versions
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig renumber              after a merge
  cargo pgmig renumber add_phone    a locked one, if it is applied nowhere yet")]
pub(super) struct Renumber {
    /// Migrations to put last, locked or not
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Renumber {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        carry_out(edit::renumber(
            &place.load(),
            &self.names,
            SystemTime::now(),
        ))
    }
}
