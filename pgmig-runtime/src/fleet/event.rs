//! What happens in a fleet run, as it happens.

use std::time::Duration;

use crate::target::Target;

/// Something that happened in a fleet run.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "event", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Event {
    /// The fleet was looked at.
    Started {
        /// How many tenants there are.
        listed: usize,
        /// How many of them have something to do.
        behind: usize,
    },
    /// The canary or a wave begins.
    Wave {
        /// Its number; the canary is 0.
        number: usize,
        /// How many tenants it has.
        tenants: usize,
    },
    /// A tenant is at head, by this process.
    Migrated {
        /// The tenant.
        target: Target,
        /// What was applied, as versions; that of a baseline stands for all before it.
        versions: Vec<&'static str>,
        /// How long it took.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "duration_ms", with = "crate::report::milliseconds")
        )]
        duration: Duration,
    },
    /// A tenant was taken back, by this process.
    RolledBack {
        /// The tenant.
        target: Target,
        /// What was taken back, as versions, the newest first.
        versions: Vec<&'static str>,
        /// The newest version that is left; `None` when nothing is.
        version: Option<String>,
        /// How long it took.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "duration_ms", with = "crate::report::milliseconds")
        )]
        duration: Duration,
    },
    /// A tenant is where it should be, by another process.
    Elsewhere {
        /// The tenant.
        target: Target,
    },
    /// A tenant is put behind the others: its locks could not be had, or another process has it.
    Requeued {
        /// The tenant.
        target: Target,
        /// Why.
        reason: Requeue,
    },
    /// A tenant failed; the others go on.
    Failed {
        /// The tenant.
        target: Target,
        /// The error.
        message: String,
    },
    /// No further tenant is begun, because too many failed.
    Stopped {
        /// How many tenants were not tried.
        left: usize,
    },
    /// The run is over.
    Finished {
        /// How many tenants this process migrated, or took back.
        migrated: usize,
        /// How many others did meanwhile.
        elsewhere: usize,
        /// How many failed.
        failed: usize,
        /// How many were not tried.
        left: usize,
    },
}

/// Why a tenant is put behind the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Requeue {
    /// Its locks could not be had within `lock_timeout`.
    Locked,
    /// Another process migrates it.
    Busy,
}

impl Event {
    /// The event for machines that read the log.
    pub(super) fn trace(&self) {
        match self {
            Event::Started { listed, behind } => tracing::info!(listed, behind, "fleet: looked"),
            Event::Wave { number, tenants } => tracing::info!(number, tenants, "fleet: a wave"),
            Event::Migrated {
                target,
                versions,
                duration,
            } => tracing::info!(schema = %target.schema, ?versions, ?duration, "fleet: migrated"),
            Event::RolledBack {
                target,
                versions,
                duration,
                ..
            } => {
                tracing::info!(schema = %target.schema, ?versions, ?duration, "fleet: rolled back")
            }
            Event::Elsewhere { target } => {
                tracing::debug!(schema = %target.schema, "fleet: done by another process");
            }
            Event::Requeued { target, reason } => {
                tracing::debug!(schema = %target.schema, ?reason, "fleet: put behind the others");
            }
            Event::Failed { target, message } => {
                tracing::error!(schema = %target.schema, error = message, "fleet: failed");
            }
            Event::Stopped { left } => tracing::error!(left, "fleet: too many failed, stopping"),
            Event::Finished {
                migrated,
                elsewhere,
                failed,
                left,
            } => tracing::info!(migrated, elsewhere, failed, left, "fleet: done"),
        }
    }
}
