//! Finding a PostgreSQL on this machine or bringing one, and running it until nobody needs it.

pub(crate) mod account;
pub(crate) mod apt;
pub(crate) mod binaries;
mod fetch;
pub(crate) mod files;
pub(crate) mod home;
pub(crate) mod instance;
pub(crate) mod process;
pub(crate) mod settings;
pub(crate) mod shared;

use crate::Error;
use account::Account;
use binaries::Binaries;
use settings::{Settings, Source};
use std::path::PathBuf;

/// What a server of our own is made from.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) account: Account,
    pub(crate) cache: PathBuf,
    pub(crate) binaries: Binaries,
    /// Whether the binaries were fetched by us.
    pub(crate) fetched: bool,
}

impl Means {
    /// The first binaries that are to be had.
    pub(crate) fn find(settings: &Settings) -> Result<Self, Error> {
        let account = Account::of_this_process()?;
        let cache = files::cache_root(&account, settings)?;
        let mut tried = String::new();
        let mut found = None;
        if settings.allows(Source::Local) {
            found = binaries::local(settings, &mut tried)?;
        }
        let fetched = found.is_none();
        if fetched {
            found = fetch::bring(&account, settings, &cache, &mut tried)?;
        }
        let Some(binaries) = found else {
            if settings.sources.is_some() {
                tried.push_str("  - PGMIG_TEST_PG_SOURCE forbids the rest\n");
            }
            return Err(Error::NoPostgres { tried });
        };
        Ok(Self {
            account,
            cache,
            binaries,
            fetched,
        })
    }
}
