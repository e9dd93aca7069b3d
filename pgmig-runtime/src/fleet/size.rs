//! How many tenants share one transaction: as many as are cheap together and the server's lock
//! table holds, found by measuring.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::settings::BATCH_TIME;

/// Batch sizes by the version of the migration that is applied.
#[derive(Debug)]
pub(super) struct Sizes {
    limit: usize,
    workers: usize,
    sizes: Mutex<HashMap<&'static str, Size>>,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    now: usize,
    /// Lowered for good when the lock table was full.
    limit: usize,
    /// What the lock table has room for, by the last look at it.
    by_locks: usize,
    /// The largest batch with which it was to be looked at.
    seen: usize,
    batches: usize,
}

/// What was measured at the end of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) tenants: usize,
    pub(super) took: Duration,
    /// `None` where the lock table was not looked at.
    pub(super) locks: Option<Locks>,
}

/// The server's lock table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locks {
    /// Locks that the transaction has.
    pub(super) own: usize,
    /// Locks that all other transactions of the server have.
    pub(super) others: usize,
    /// Locks that the server's lock table has room for: `max_locks_per_transaction` times
    /// (`max_connections` + `max_prepared_transactions`) (Lock Management).
    pub(super) room: usize,
}

/// How many times as many tenants the next batch may have.
const GROWTH: usize = 8;

/// Every how many batches the lock table is looked at when they do not grow much. The look goes through
/// all of it, which with a large batch takes longer than a few tenants.
const LOOK_EVERY: usize = 8;

impl Sizes {
    pub(super) fn new(limit: usize, workers: usize) -> Self {
        Sizes {
            limit,
            workers,
            sizes: Mutex::default(),
        }
    }

    fn with<T>(&self, version: &'static str, act: impl FnOnce(&mut Size) -> T) -> T {
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Size {
            now: 1,
            limit: self.limit,
            by_locks: usize::MAX,
            seen: 0,
            batches: 0,
        };
        act(sizes.entry(version).or_insert(fresh))
    }

    /// How many tenants the next batch may have.
    pub(super) fn of(&self, version: &'static str) -> usize {
        self.with(version, |size| size.now)
    }

    /// The largest batch that is allowed at present, of any migration.
    pub(super) fn largest(&self) -> usize {
        let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.values().map(|size| size.now).max().unwrap_or(1)
    }

    /// Whether a batch of so many tenants should look at the lock table.
    pub(super) fn should_look(&self, version: &'static str, tenants: usize) -> bool {
        self.with(version, |size| {
            size.batches += 1;
            let much = tenants >= 2 * size.seen || size.by_locks == usize::MAX;
            let look = much || size.batches.is_multiple_of(LOOK_EVERY);
            if look {
                // One look for all that run at the same time.
                size.seen = size.seen.max(tenants);
            }
            look
        })
    }

    /// Learns from a batch that went through. Grows step by step, because what is measured on few
    /// says little of many.
    pub(super) fn learn(&self, version: &'static str, measured: Measured) {
        let tenants = measured.tenants.max(1);
        let each = measured.took.as_secs_f64() / tenants as f64;
        let by_time = (BATCH_TIME.as_secs_f64() / each.max(1e-6)) as usize;
        self.with(version, |size| {
            if let Some(locks) = measured.locks {
                // Half of what is free, by all workers together: other processes take their part.
                let free = locks.room.saturating_sub(locks.others);
                size.by_locks = free / (2 * self.workers) / locks.own.div_ceil(tenants).max(1);
            }
            let grown = size.now.max(GROWTH * tenants);
            let allowed = by_time.min(size.by_locks).min(size.limit);
            size.now = grown.min(allowed).max(1);
        });
    }

    /// The lock table was full with a batch of this many.
    pub(super) fn halve(&self, version: &'static str, tenants: usize) {
        self.with(version, |size| {
            size.limit = (tenants / 2).max(1);
            size.now = size.now.min(size.limit);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(tenants: usize) -> Measured {
        Measured {
            tenants,
            took: Duration::from_micros(200) * u32::try_from(tenants).unwrap_or(1),
            locks: locks(tenants, 0),
        }
    }

    fn locks(tenants: usize, others: usize) -> Option<Locks> {
        Some(Locks {
            own: 5 * tenants,
            others,
            room: 6400,
        })
    }

    #[test]
    fn batches_of_cheap_migrations_grow_up_to_what_the_locks_allow() {
        let sizes = Sizes::new(1000, 4);
        let mut seen = vec![sizes.of("1")];
        for _ in 0..4 {
            sizes.learn("1", cheap(sizes.of("1")));
            seen.push(sizes.of("1"));
        }
        // 6400 locks, half of them for 4 workers, 5 each: 160.
        assert_eq!(seen, [1, 8, 64, 160, 160]);
    }

    #[test]
    fn a_slow_migration_stays_alone() {
        let sizes = Sizes::new(1000, 1);
        let took = Duration::from_millis(80);
        sizes.learn("1", Measured { took, ..cheap(1) });
        assert_eq!(sizes.of("1"), 1);
    }

    #[test]
    fn locks_of_others_make_batches_smaller() {
        let sizes = Sizes::new(1000, 1);
        sizes.learn("1", cheap(64));
        assert_eq!(sizes.of("1"), 500);
        sizes.learn(
            "1",
            Measured {
                locks: locks(64, 6200),
                ..cheap(64)
            },
        );
        assert_eq!(sizes.of("1"), 20);
    }

    #[test]
    fn a_full_lock_table_halves_for_good() {
        let sizes = Sizes::new(1000, 1);
        sizes.learn("1", cheap(64));
        sizes.halve("1", 100);
        assert_eq!(sizes.of("1"), 50);
        sizes.learn("1", cheap(50));
        assert_eq!(sizes.of("1"), 50);
    }

    #[test]
    fn what_no_look_told_yet_is_looked_for_again() {
        let sizes = Sizes::new(1000, 4);
        assert!(sizes.should_look("1", 1));
        // That batch failed.
        assert!(sizes.should_look("1", 1));
        sizes.learn("1", cheap(1));
        assert!(!sizes.should_look("1", 1));
    }

    #[test]
    fn the_lock_table_is_looked_at_when_a_batch_grows_and_now_and_then() {
        let sizes = Sizes::new(1000, 1);
        let mut looks = Vec::new();
        for tenants in [1, 8, 8, 15, 16, 16, 16, 16, 16] {
            let looked = sizes.should_look("1", tenants);
            looks.push(looked);
            let locks = cheap(tenants).locks.filter(|_| looked);
            let measured = Measured {
                locks,
                ..cheap(tenants)
            };
            sizes.learn("1", measured);
        }
        let expected = [true, true, false, false, true, false, false, true, false];
        assert_eq!(looks, expected);
    }
}
