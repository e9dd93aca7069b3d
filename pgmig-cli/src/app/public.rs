//! `public`: migrates the schema `public`.

use pgmig_runtime::Migrator;

use super::{Answer, Common, Error};

/// Migrate the schema `public`
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app public
  app public --json --database-url postgres://localhost/shop")]
#[non_exhaustive]
pub struct Public {
    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Public {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        Ok(Answer::Run(migrator.run_public(&pool).await?))
    }
}
