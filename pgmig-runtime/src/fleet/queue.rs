//! The tenants that are still to do, shared by the workers of one process.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pick::Standing;
use crate::report::Report;
use crate::rollback::Return;
use crate::target::Target;

/// A tenant that is still to do.
#[derive(Debug)]
pub(crate) struct Job {
    /// Its place in the query or the list.
    pub(super) place: usize,
    pub(super) target: Target,
    /// What this process did for it so far.
    pub(super) report: Report,
    /// Whether it has to be done on its own: a batch with it failed.
    pub(super) alone: bool,
    /// How often its locks could not be had.
    pub(super) locked: usize,
    /// How often another process had it, and since when.
    pub(super) polls: u32,
    pub(super) busy_since: Option<Instant>,
    /// Where it stands, as far as that is known without another look.
    pub(super) standing: Option<Standing>,
    /// Migrations that turned out to need a commit before them.
    pub(super) splits: Vec<&'static str>,
    /// Its way back, where it is not to be migrated but taken back.
    pub(super) back: Option<Return>,
}

impl Job {
    pub(super) fn new(place: usize, target: Target) -> Self {
        Job {
            place,
            report: Report::new(&target),
            target,
            alone: false,
            locked: 0,
            polls: 0,
            busy_since: None,
            standing: None,
            splits: Vec::new(),
            back: None,
        }
    }

    /// A tenant that is to be taken back: on its own, since each has rows of its own in the ledger
    /// to take back.
    pub(crate) fn back(place: usize, back: Return) -> Self {
        let target = back.report.target.clone();
        Job {
            alone: true,
            back: Some(back),
            ..Self::new(place, target)
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<Job>,
    later: Vec<(Instant, Job)>,
    /// How many are in hands.
    held: usize,
    workers: usize,
    closed: bool,
}

/// What a worker is to do next.
#[derive(Debug)]
pub(super) enum Next<'q> {
    /// Some tenants to choose from.
    Jobs(Hand<'q>),
    /// Nothing right now.
    Wait(Duration),
    /// Nothing any more.
    End,
}

/// Tenants that a worker has in hand. Those that it does not dispose of go back to the front when
/// the hand is dropped, whatever the reason.
#[derive(Debug)]
pub(super) struct Hand<'q> {
    queue: &'q Queue,
    taken: usize,
    pub(super) jobs: Vec<Job>,
}

/// How long an idle worker waits for another to give something back.
const IDLE: Duration = Duration::from_millis(20);

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if it did, the queue is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a wave.
    pub(super) fn fill(&self, jobs: Vec<Job>, workers: usize) {
        let mut state = self.state();
        state.ready.extend(jobs);
        state.workers = workers.max(1);
    }

    /// Takes up to `most` tenants, and no more than a fair share, unless that is fewer than `least`:
    /// small batches at the end would take longer than a little waiting for one another.
    pub(super) fn next(&self, most: usize, least: usize) -> Next<'_> {
        let now = Instant::now();
        let mut guard = self.state();
        let state = &mut *guard;
        if state.closed {
            return Next::End;
        }
        let due = state.later.extract_if(.., |(at, _)| *at <= now);
        state.ready.extend(due.map(|(_, job)| job));
        let share = state.ready.len().div_ceil(state.workers);
        let taken = most
            .clamp(1, share.max(least).max(1))
            .min(state.ready.len());
        if taken > 0 {
            state.held += taken;
            let jobs = state.ready.drain(..taken).collect();
            drop(guard);
            return Next::Jobs(Hand {
                queue: self,
                taken,
                jobs,
            });
        }
        let first = state.later.iter().map(|(at, _)| *at).min();
        match first {
            Some(at) => Next::Wait(at.saturating_duration_since(now).min(IDLE)),
            None if state.held > 0 => Next::Wait(IDLE),
            None => Next::End,
        }
    }

    /// Puts a tenant behind the others.
    pub(super) fn later(&self, job: Job, delay: Duration) {
        self.state().later.push((Instant::now() + delay, job));
    }

    /// Gives no more out.
    pub(super) fn close(&self) {
        self.state().closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        state.ready.is_empty() && state.later.is_empty()
    }

    /// Who was not tried, or not to the end.
    pub(super) fn take_left(&self) -> Vec<Job> {
        let mut state = self.state();
        let later = std::mem::take(&mut state.later);
        let mut left: Vec<Job> = state.ready.drain(..).collect();
        left.extend(later.into_iter().map(|(_, job)| job));
        left
    }
}

impl Hand<'_> {
    /// Gives all back but those at the places in `kept`.
    pub(super) fn keep(&mut self, kept: &[usize]) {
        let (keep, back): (Vec<_>, Vec<_>) = std::mem::take(&mut self.jobs)
            .into_iter()
            .partition(|job| kept.contains(&job.place));
        self.jobs = keep;
        self.queue.give_back(back);
    }
}

impl Queue {
    fn give_back(&self, jobs: Vec<Job>) {
        let mut state = self.state();
        for job in jobs.into_iter().rev() {
            state.ready.push_front(job);
        }
    }
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        self.queue.give_back(std::mem::take(&mut self.jobs));
        self.queue.state().held -= self.taken;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    fn queue(jobs: usize, workers: usize) -> Queue {
        let queue = Queue::default();
        let job = |place| Job::new(place, Target::public());
        queue.fill((0..jobs).map(job).collect(), workers);
        queue
    }

    fn take(queue: &Queue, most: usize) -> Hand<'_> {
        match queue.next(most, 1) {
            Next::Jobs(hand) => hand,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_worker_takes_no_more_than_a_fair_share() {
        let queue = queue(10, 4);
        assert_eq!(take(&queue, 100).jobs.len(), 3);
        assert_eq!(take(&queue, 2).jobs.len(), 2);
    }

    #[test]
    fn a_share_that_is_too_small_for_a_batch_is_made_up() {
        let queue = queue(10, 4);
        let Next::Jobs(hand) = queue.next(100, 6) else {
            panic!("nothing");
        };
        assert_eq!(hand.jobs.len(), 6);
    }

    #[test]
    fn what_a_hand_drops_goes_back_to_the_front() {
        let queue = queue(4, 1);
        let mut hand = take(&queue, 3);
        hand.jobs.remove(1);
        drop(hand);
        let places: Vec<_> = take(&queue, 9).jobs.iter().map(|job| job.place).collect();
        assert_eq!(places, [0, 2, 3]);
    }

    #[test]
    fn nobody_leaves_while_another_has_something_in_hand() {
        let queue = queue(1, 2);
        let mut hand = take(&queue, 1);
        assert!(matches!(queue.next(1, 1), Next::Wait(_)));
        queue.later(hand.jobs.remove(0), Duration::from_secs(60));
        drop(hand);
        assert!(matches!(queue.next(1, 1), Next::Wait(_)));
        assert_eq!(queue.take_left().len(), 1);
        assert!(matches!(queue.next(1, 1), Next::End));
    }

    #[test]
    fn a_closed_queue_gives_nothing_out() {
        let queue = queue(3, 1);
        queue.close();
        assert!(matches!(queue.next(1, 1), Next::End));
        assert_eq!(queue.take_left().len(), 3);
    }
}
