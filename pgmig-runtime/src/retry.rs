//! When to try again, how long to wait before, and when to give up.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::message::database_error;

/// How often a migration is tried again after a lock could not be had in time, a deadlock or a
/// serialisation failure, and how long to wait in between: exponential back-off with jitter.
///
/// ```
/// use std::time::Duration;
/// let retry = pgmig_runtime::Retry::default().attempts(20).delay(Duration::from_millis(50));
/// # let _ = retry;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    attempts: usize,
    delay: Duration,
    max_delay: Duration,
}

impl Default for Retry {
    /// Ten attempts; a delay of 0.2 s that doubles up to 10 s.
    fn default() -> Self {
        Retry {
            attempts: 10,
            delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(10),
        }
    }
}

impl Retry {
    /// How often to try in all; 1 never tries again.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How long to wait before the second attempt. Each further wait is twice as long.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The longest wait between two attempts.
    #[must_use]
    pub fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// How long to wait after the locks could not be had for the `tries`-th time, from 0; `None`:
    /// give up.
    pub(crate) fn delay_after(self, tries: usize) -> Option<Duration> {
        self.delays().nth(tries)
    }

    fn delays(self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.attempts - 1)
            .build()
    }
}

/// Why an attempt came to nothing, as far as trying again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server is not there, or was lost: what was sent may or may not have taken effect.
    Connection,
    /// Another migrator has the target.
    Busy,
    /// Somebody moved the head since it was read.
    Moved,
    /// A lock could not be had, a deadlock, a serialisation failure, no room left for locks.
    Locks,
    /// There is no ledger yet.
    NoLedger,
    /// Trying again would end the same way.
    Final,
}

/// SQLSTATE raised by the guard: another migrator has the target.
pub(crate) const BUSY: &str = "PGM01";
/// SQLSTATE raised by the guard: the head is not the one that the plan was made for.
pub(crate) const MOVED: &str = "PGM02";

impl Cause {
    /// Sorts an error by what may be done about it (Appendix A, "PostgreSQL Error Codes").
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Cause::Connection,
            _ => database_error(error).map_or(Cause::Final, |error| Self::of_code(error.code())),
        }
    }

    fn of_code(code: &str) -> Self {
        match code {
            BUSY => Cause::Busy,
            MOVED => Cause::Moved,
            // 53200: the lock table is full, mostly of the locks of others.
            "55P03" | "40P01" | "40001" | "53200" => Cause::Locks,
            "42P01" | "3F000" => Cause::NoLedger,
            // Shutdown, crash, starting up, too many connections; class 08, connection exceptions.
            "57P01" | "57P02" | "57P03" | "53300" => Cause::Connection,
            code if code.starts_with("08") => Cause::Connection,
            _ => Cause::Final,
        }
    }
}

/// The tries of one run, each cause with its own bound.
#[derive(Debug)]
pub(crate) struct Attempts {
    retry: Retry,
    locks: ExponentialBackoff,
    tries: usize,
    polls: ExponentialBackoff,
    claim_timeout: Duration,
    claim_until: Option<Instant>,
    reconnects: ExponentialBackoff,
    wait_for_database: Duration,
    database_until: Option<Instant>,
}

impl Attempts {
    pub(crate) fn new(retry: Retry, claim_timeout: Duration, wait_for_database: Duration) -> Self {
        Attempts {
            retry,
            locks: retry.delays(),
            tries: 1,
            polls: polls(),
            claim_timeout,
            claim_until: None,
            reconnects: polls(),
            wait_for_database,
            database_until: None,
        }
    }

    /// Something was applied: every bound starts anew.
    pub(crate) fn progress(&mut self) {
        *self = Attempts::new(self.retry, self.claim_timeout, self.wait_for_database);
    }

    /// The same after so many tries against locks.
    pub(crate) fn after(&self, tries: usize) -> Self {
        let fresh = Attempts::new(self.retry, self.claim_timeout, self.wait_for_database);
        Attempts { tries, ..fresh }
    }

    /// How often the run was tried against locks.
    pub(crate) fn tries(&self) -> usize {
        self.tries
    }

    /// How long to wait before trying again; `None`: give up. `waited` is how long the failing
    /// attempt waited for the server already.
    pub(crate) fn next(&mut self, cause: Cause, waited: Duration) -> Option<Duration> {
        match cause {
            Cause::Final | Cause::NoLedger => None,
            Cause::Locks => {
                let delay = self.locks.next()?;
                self.tries += 1;
                Some(delay)
            }
            Cause::Busy | Cause::Moved => {
                until(&mut self.claim_until, self.claim_timeout, Duration::ZERO)?;
                self.polls.next()
            }
            Cause::Connection => {
                until(&mut self.database_until, self.wait_for_database, waited)?;
                self.reconnects.next()
            }
        }
    }
}

/// Waits that start short, because most claims are, and stay polite when one is not.
fn polls() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_jitter()
        .with_min_delay(Duration::from_millis(10))
        .with_factor(1.5)
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .build()
}

/// Whether the deadline, which starts `waited` before the first call, is still ahead.
fn until(deadline: &mut Option<Instant>, timeout: Duration, waited: Duration) -> Option<()> {
    let now = Instant::now();
    let deadline = *deadline.get_or_insert_with(|| now + timeout.saturating_sub(waited));
    (now < deadline).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_tried_as_often_as_asked_and_no_more() {
        let mut attempts =
            Attempts::new(Retry::default().attempts(3), Duration::ZERO, Duration::ZERO);
        assert!(attempts.next(Cause::Locks, Duration::ZERO).is_some());
        assert!(attempts.next(Cause::Locks, Duration::ZERO).is_some());
        assert_eq!(attempts.next(Cause::Locks, Duration::ZERO), None);
        assert_eq!(attempts.tries(), 3);
    }

    #[test]
    fn progress_starts_the_bounds_anew() {
        let mut attempts =
            Attempts::new(Retry::default().attempts(2), Duration::ZERO, Duration::ZERO);
        assert!(attempts.next(Cause::Locks, Duration::ZERO).is_some());
        attempts.progress();
        assert!(attempts.next(Cause::Locks, Duration::ZERO).is_some());
    }

    #[test]
    fn a_wait_that_may_last_no_time_is_over_at_once() {
        let mut attempts = Attempts::new(Retry::default(), Duration::ZERO, Duration::ZERO);
        assert_eq!(attempts.next(Cause::Busy, Duration::ZERO), None);
        assert_eq!(attempts.next(Cause::Connection, Duration::ZERO), None);
    }

    #[test]
    fn an_error_code_says_what_may_be_done_about_it() {
        for (code, cause) in [
            ("55P03", Cause::Locks),
            ("40P01", Cause::Locks),
            ("40001", Cause::Locks),
            ("53200", Cause::Locks),
            ("57P01", Cause::Connection),
            ("08006", Cause::Connection),
            (BUSY, Cause::Busy),
            (MOVED, Cause::Moved),
            ("42P01", Cause::NoLedger),
            ("42703", Cause::Final),
        ] {
            assert_eq!(Cause::of_code(code), cause, "{code}");
        }
    }
}
