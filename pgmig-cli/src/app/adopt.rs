//! `adopt`: takes a schema that was there before pgmig into the ledger.

use std::fmt::{self, Formatter};

use pgmig_runtime::{AdoptedAt, Migrator};
use uuid::Uuid;

use super::paint::{DOUBTFUL, GOOD, NAME, count, paint, time};
use super::{Answer, Common, Error};

/// Take a schema that the ledger does not have into it, at a version; runs no migration
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app adopt --at 12
  app adopt --at 12 --tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11
  app adopt --at 12 --json

The schema is compared with what the migrations up to the version make, as verify does it. Where it is
something else, the differences are told, nothing is written, and the command ends with 11.")]
#[non_exhaustive]
pub struct Adopt {
    /// The newest version that the schema has
    #[arg(long, value_name = "VERSION")]
    pub at: String,

    /// The tenant whose schema it is, instead of public
    #[arg(long, value_name = "UUID")]
    pub tenant: Option<Uuid>,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Adopt {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        let adopted = match self.tenant {
            Some(tenant) => migrator.adopt_tenant_at(&pool, tenant, &self.at).await,
            None => migrator.adopt_public_at(&pool, &self.at).await,
        };
        Ok(Answer::Adopted(adopted?))
    }
}

/// `public: adopted at version 12 (12 migrations) in 84 ms`
pub(super) fn report(f: &mut Formatter<'_>, adopted: &AdoptedAt) -> fmt::Result {
    let schema = paint(f, NAME, &adopted.target.schema);
    let done = format!("adopted at version {}", adopted.version);
    let done = paint(f, GOOD, done);
    let migrations = count(adopted.migrations, "migration");
    let took = time(adopted.duration);
    writeln!(f, "{schema}: {done} ({migrations}) in {took}")?;
    for one in &adopted.not_replayed {
        let place = format!("{}:{}: not compared: {}", one.path, one.line, one.kind);
        writeln!(f, "  {}", paint(f, DOUBTFUL, place))?;
    }
    Ok(())
}
