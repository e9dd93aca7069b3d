//! A lock that could not be had, and the session that is in the way.

use std::fmt;
use std::time::Duration;

use super::StatementError;
use crate::render;

/// A lock that could not be had.
#[derive(Debug)]
#[non_exhaustive]
pub struct BlockedError {
    /// The last attempt's error.
    pub last: StatementError,
    /// How many attempts were made.
    pub attempts: usize,
    /// The session in the way, where it could be seen.
    pub blocker: Option<Box<Activity>>,
}

impl fmt::Display for BlockedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  = attempts: {}{}",
            self.last,
            self.attempts,
            render::blocker(self.blocker.as_deref())
        )
    }
}

impl std::error::Error for BlockedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.last)
    }
}

/// A session of the server that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Activity {
    /// Its process id.
    pub pid: i64,
    /// What it runs, or ran last; `None` where the role may not see it.
    pub query: Option<String>,
    /// Its state: `active`, `idle in transaction`, ...
    pub state: Option<String>,
    /// How long its transaction has been running.
    #[cfg_attr(feature = "serde", serde(with = "crate::report::milliseconds"))]
    pub running: Duration,
    /// The application name it gave.
    pub application: Option<String>,
}
