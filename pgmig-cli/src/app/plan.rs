//! `plan`: what would run, with its SQL; changes nothing.

use pgmig_runtime::Migrator;

use super::{Answer, Common, Error};

/// Show what `setup` would run, with its SQL; changes nothing
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app plan              all of it is SQL: what is not a statement is a comment
  app plan --json | jq '.[].pending[].path'")]
#[non_exhaustive]
pub struct Plan {
    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Plan {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        Ok(Answer::Plan(migrator.plan(&pool).await?))
    }
}
