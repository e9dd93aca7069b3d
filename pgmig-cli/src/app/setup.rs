//! `setup`: migrates `public`, then every active tenant.

use pgmig_runtime::{Migrator, OnFailure};
use uuid::Uuid;

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
    /// Over how many connections tenants are migrated [default: as the app is set]
    #[arg(long, value_name = "NUMBER")]
    pub parallel: Option<usize>,

    /// A tenant to migrate before all others; when it fails, no other is touched
    #[arg(long, value_name = "UUID")]
    pub canary: Vec<Uuid>,

    /// How many tenants may fail before no further one is begun [default: as the app is set]
    #[arg(long, value_name = "NUMBER")]
    pub failures: Option<usize>,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Setup {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, mut migrator) = self.common.open(migrator)?;
        if let Some(connections) = self.parallel {
            migrator = migrator.parallel(connections);
        }
        if let Some(budget) = self.failures {
            migrator = migrator.on_failure(OnFailure::Continue { budget });
        }
        if !self.canary.is_empty() {
            migrator = migrator.canary(self.canary.iter().copied());
        }
        let (events, progress) = Progress::start(self.common.json);
        let migrator = migrator.events(events);
        let report = migrator.setup(&pool).await;
        drop(migrator);
        progress.end().await;
        Ok(Answer::Setup(report?))
    }
}
