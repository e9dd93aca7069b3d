//! `repair`: accepts a migration that was edited after it was applied.

use std::fmt::{self, Formatter};

use pgmig_runtime::{Migrator, Repaired, Scope};

use super::paint::{GOOD, NAME, paint};
use super::{Answer, Common, Error};

/// Accept that a migration was edited after it was applied; runs nothing of it
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app repair public 4
  app repair tenant 12 --json

The ledger takes the checksum that this binary carries, for every schema that has the migration. The
schemas are not looked at: they must already be as the new file says.")]
#[non_exhaustive]
pub struct Repair {
    /// Whose migration it is
    #[arg(value_name = "SCOPE", value_parser = scope)]
    pub scope: Scope,

    /// Its version
    #[arg(value_name = "VERSION")]
    pub version: String,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Repair {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        let repaired = migrator.repair(&pool, self.scope, &self.version).await?;
        Ok(Answer::Repair(repaired))
    }
}

fn scope(word: &str) -> Result<Scope, String> {
    let scopes = [Scope::Public, Scope::Drizzle, Scope::Tenant];
    let named = scopes.into_iter().find(|scope| scope.as_str() == word);
    named.ok_or_else(|| "one of public, drizzle and tenant".to_owned())
}

/// A line a schema.
pub(super) fn report(f: &mut Formatter<'_>, repaired: &[Repaired]) -> fmt::Result {
    if repaired.is_empty() {
        return writeln!(f, "nothing to repair");
    }
    for one in repaired {
        let schema = paint(f, NAME, &one.target.schema);
        let done = paint(f, GOOD, format!("version {} accepted", one.version));
        writeln!(f, "{schema}: {done}\n  was {}\n  is  {}", one.from, one.to)?;
    }
    Ok(())
}
