//! An attempt that came to nothing: what may be done about it, and the error if nothing is.

use std::time::Duration;

use crate::db::Failed;
use crate::error::{Activity, Error, StatementError};
use crate::message::{self, Message};
use crate::retry::Cause;
use crate::settings::Dispatch;
use crate::target::Target;

/// An attempt that came to nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) error: Error,
    /// The session that was in the way of a lock.
    pub(crate) blocker: Option<Box<Activity>>,
}

impl Failure {
    pub(crate) fn last(error: Error) -> Self {
        Failure {
            cause: Cause::Final,
            error,
            blocker: None,
        }
    }

    /// Another migrator has the target.
    pub(crate) fn busy(target: &Target) -> Self {
        Failure {
            cause: Cause::Busy,
            ..Self::last(Error::Busy {
                schema: target.schema.clone(),
                waited: Duration::ZERO,
                holder: None,
            })
        }
    }

    /// What was planned for is not so any more.
    pub(crate) fn moved(target: &Target) -> Self {
        Failure {
            cause: Cause::Moved,
            ..Self::busy(target)
        }
    }

    /// The ledger could not be read.
    pub(crate) fn reading(failed: Failed) -> Self {
        Self::ledger("read the ledger", failed.error)
    }

    pub(crate) fn decoding(source: sqlx::Error) -> Self {
        Self::ledger("read the ledger", source)
    }

    /// A statement of pgmig's own failed.
    pub(crate) fn ledger(doing: &'static str, source: sqlx::Error) -> Self {
        let cause = Cause::of(&source);
        let error = match cause {
            Cause::Connection => Error::Connection {
                doing,
                outcome_unknown: false,
                source,
            },
            _ if message::sqlstate(&source) == Some("25P01") => Error::NotInTransaction,
            _ => Error::Ledger { doing, source },
        };
        Failure {
            cause,
            ..Self::last(error)
        }
    }

    /// A message with migrations failed; `done` statements of the migration stay.
    pub(crate) fn of(message: &Message, failed: Failed, dispatch: Dispatch, done: usize) -> Self {
        let cause = match Cause::of(&failed.error) {
            Cause::NoLedger => Cause::Final,
            cause => cause,
        };
        if cause == Cause::Connection {
            return Failure {
                cause,
                ..Self::last(Error::Connection {
                    doing: match message.goes_back() {
                        true => "roll a migration back",
                        false => "apply a migration",
                    },
                    outcome_unknown: true,
                    source: failed.error,
                })
            };
        }
        let place = match dispatch {
            Dispatch::Statement => message.place_of(failed.completed, &failed.error),
            _ => message.place(&failed),
        };
        match place {
            Some(place) => Failure {
                cause,
                ..Self::last(Error::Statement(Box::new(StatementError::new(
                    &place,
                    failed.error,
                    done,
                ))))
            },
            None => Failure {
                cause,
                ..Self::ledger("write the ledger", failed.error)
            },
        }
    }
}
