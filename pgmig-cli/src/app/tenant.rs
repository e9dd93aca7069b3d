//! `tenant`: migrates the schema of one tenant, and makes it where it does not exist.

use pgmig_runtime::Migrator;
use uuid::Uuid;

use super::{Answer, Common, Error};

/// Migrate the schema of one tenant; it is made if it does not exist
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11
  app tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11 --json")]
#[non_exhaustive]
pub struct Tenant {
    /// The tenant's id
    #[arg(value_name = "UUID")]
    pub id: Uuid,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Tenant {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        Ok(Answer::Run(migrator.run_tenant(&pool, self.id).await?))
    }
}
