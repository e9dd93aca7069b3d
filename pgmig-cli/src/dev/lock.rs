//! `cargo pgmig lock`: drafts become final.

use pgmig_core::edit;

use super::Outcome;
use super::carry_out::carry_out;
use super::error::Error;
use super::place::Place;

/// Make every draft final, by writing the lock file
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig lock
  cargo pgmig lock --accept add_phone    it was edited, and is applied nowhere yet

After a merge conflict in the lock file, run it as the file is: what either side had locked stays
locked.")]
pub(super) struct Lock {
    /// Lock a migration as it is now, although it is locked otherwise; only if it was never applied
    /// anywhere that matters
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,
}

impl Lock {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        carry_out(edit::lock(&place.load(), &self.accept))
    }
}
