//! `status`: what is applied where; changes nothing.

use std::path::PathBuf;

use pgmig_runtime::Migrator;

use super::page::page;
use super::{Answer, Common, Error};

/// Show what is applied where; changes nothing
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app status
  app status --check    exit with 10 when something is left to apply: a readiness probe
  app status --fleet    how many tenants are where, who failed, and for how long
  app status --html fleet.html")]
#[non_exhaustive]
pub struct Status {
    /// Exit with 10 when something is left to apply
    #[arg(long)]
    pub check: bool,

    /// Show the tenants by version and state instead of one by one
    #[arg(long)]
    pub fleet: bool,

    /// Write the fleet as a page to this file: a cell a tenant, failures with their errors
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Status {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        if !self.fleet && self.html.is_none() {
            return Ok(Answer::Status(migrator.status(&pool).await?));
        }
        let status = migrator.fleet_status(&pool).await?;
        if let Some(path) = &self.html {
            let file = |source| Error::File {
                path: path.clone(),
                source,
            };
            std::fs::write(path, page(&status)).map_err(file)?;
        }
        Ok(Answer::Fleet(status))
    }
}
