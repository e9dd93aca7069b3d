//! How a run goes through the tenants: the same for every command that touches all of them.

use pgmig_runtime::{Migrator, OnFailure};
use uuid::Uuid;

/// How the tenants are gone through.
#[derive(clap::Args, Clone, Debug)]
#[non_exhaustive]
pub struct Among {
    /// Over how many connections tenants are gone through [default: as the app is set]
    #[arg(long, value_name = "NUMBER")]
    pub parallel: Option<usize>,

    /// A tenant that goes before all others; when it fails, no other is touched
    #[arg(long, value_name = "UUID")]
    pub canary: Vec<Uuid>,

    /// How many tenants may fail before no further one is begun [default: as the app is set]
    #[arg(long, value_name = "NUMBER")]
    pub failures: Option<usize>,
}

impl Among {
    /// The migrator with these settings.
    pub(super) fn set(&self, mut migrator: Migrator) -> Migrator {
        if let Some(connections) = self.parallel {
            migrator = migrator.parallel(connections);
        }
        if let Some(budget) = self.failures {
            migrator = migrator.on_failure(OnFailure::Continue { budget });
        }
        if !self.canary.is_empty() {
            migrator = migrator.canary(self.canary.iter().copied());
        }
        migrator
    }
}
