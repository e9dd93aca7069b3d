//! `status`: what is applied where; changes nothing.

use pgmig_runtime::Migrator;

use super::{Answer, Common, Error};

/// Show what is applied where; changes nothing
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app status
  app status --check    exit with 10 when something is left to apply: a readiness probe")]
#[non_exhaustive]
pub struct Status {
    /// Exit with 10 when something is left to apply
    #[arg(long)]
    pub check: bool,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Status {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        Ok(Answer::Status(migrator.status(&pool).await?))
    }
}
