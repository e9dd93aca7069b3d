//! `setup`: migrates `public`, then every active tenant.

use pgmig_runtime::Migrator;

use super::{Answer, Common, Error};

/// Migrate `public`, then the schema of every active tenant
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app setup                 before the new version starts, as an init container or a release step
  app setup --json | jq '.tenants.migrated | length'

Run by several replicas at once, each migration is still applied once.")]
#[non_exhaustive]
pub struct Setup {
    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Setup {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        Ok(Answer::Setup(migrator.setup(&pool).await?))
    }
}
