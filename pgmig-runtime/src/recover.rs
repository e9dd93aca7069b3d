//! After an attempt that came to nothing: wait and try again, or give up and say why.

use crate::activity;
use crate::apply::Runner;
use crate::db::Session;
use crate::error::{BlockedError, Error};
use crate::failure::Failure;
use crate::message::Message;
use crate::retry::{Attempts, Cause};
use crate::target::Target;

impl Runner<'_> {
    /// Waits before the next attempt, or gives up with the error.
    pub(crate) async fn recover(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        attempts: &mut Attempts,
        failure: Failure,
    ) -> Result<(), Error> {
        let Failure {
            cause,
            error,
            blocker,
        } = failure;
        if cause == Cause::NoLedger {
            return self.create_ledger(session, target).await;
        }
        if cause == Cause::Connection && !session.discard() {
            return Err(error);
        }
        // In the caller's transaction a failed statement ended it all, except what was only tried.
        let hopeless = self.within && cause == Cause::Locks && is_serialization(&error);
        let delay = attempts.next(cause, session.waited());
        match delay.filter(|_| !hopeless) {
            Some(delay) => {
                tracing::debug!(schema = %target.schema, ?cause, ?delay, "trying again");
                tokio::time::sleep(delay).await;
                Ok(())
            }
            None => {
                let failure = Failure {
                    cause,
                    error,
                    blocker,
                };
                Err(self.give_up(session, target, attempts, failure).await)
            }
        }
    }

    pub(crate) async fn give_up(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        attempts: &Attempts,
        failure: Failure,
    ) -> Error {
        match (failure.cause, failure.error) {
            (Cause::Locks, Error::Statement(last)) => {
                let blocker = match failure.blocker {
                    Some(blocker) => Some(blocker),
                    None => activity::blocker(session, target).await.map(Box::new),
                };
                Error::Blocked(Box::new(BlockedError {
                    last: *last,
                    attempts: attempts.tries(),
                    blocker,
                }))
            }
            (Cause::Busy, _) => Error::Busy {
                schema: target.schema.clone(),
                waited: self.settings.claim_timeout,
                holder: activity::holder(session, &self.ledger.schema)
                    .await
                    .map(Box::new),
            },
            (_, error) => error,
        }
    }

    /// Creates the ledger, whoever else does at the same time.
    async fn create_ledger(&self, session: &mut Session<'_>, target: &Target) -> Result<(), Error> {
        let mut attempts = self.attempts();
        loop {
            let mut message = self.opened(Message::default(), target);
            let repeatable = !self.migrations.repeatable().is_empty();
            for statement in self.ledger.create(repeatable) {
                message.ours(&statement);
            }
            self.close(&mut message, &[]);
            let sent = self.send(session, &message, self.settings.dispatch).await;
            let failed = match sent {
                Ok(_) => return Ok(()),
                Err(failed) => failed,
            };
            let cause = match Cause::of(&failed.error) {
                Cause::NoLedger => Cause::Final,
                cause => cause,
            };
            let failure = Failure {
                cause,
                ..Failure::ledger("create the ledger", failed.error)
            };
            Box::pin(self.recover(session, target, &mut attempts, failure)).await?;
        }
    }
}

fn is_serialization(error: &Error) -> bool {
    matches!(error, Error::Statement(error) if error.sqlstate.starts_with("40"))
}
