//! `setup`: migrates `public`, then every active tenant.

use pgmig_runtime::Migrator;

use super::among::Among;
use super::progress::Progress;
use super::{Answer, Common, Error};

/// Migrate `public`, then the schema of every active tenant
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app setup                 before the new version starts, as an init container or a release step
  app setup --canary 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11 --failures 3
  app setup --json | jq '.tenants.migrated | length'

Run by several replicas at once, each migration is still applied once. Progress goes to standard
error, with --json a JSON document a line. Ends with 6 when tenants failed and the others are done,
with 1 when more failed than may.")]
#[non_exhaustive]
pub struct Setup {
    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub among: Among,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Setup {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        let (events, progress) = Progress::start(self.common.json);
        let migrator = self.among.set(migrator).events(events);
        let report = migrator.setup(&pool).await;
        drop(migrator);
        progress.end().await;
        Ok(Answer::Setup(report?))
    }
}
