//! What has gone through a proxy, and where it is to be stopped.

use super::wire::Message;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// A place in the traffic of a direction, counted over all connections since the last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// Before this message, counted from 0.
    Message(u64),
    /// Before this byte, counted from 0, also within a message.
    Byte(u64),
}

/// A place in the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    /// Of which traffic.
    pub direction: Direction,
    /// Where in it.
    pub at: At,
}

/// A message that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The byte that tells the kind: `Q` query, `P` parse, `B` bind, `E` execute, `S` sync, ...
    pub kind: char,
    /// The SQL of a query or a parse.
    pub sql: Option<String>,
}

/// A stop that was set; the traffic goes on when it is dropped.
#[derive(Debug)]
pub struct Stop {
    reached: oneshot::Receiver<()>,
    on: oneshot::Sender<Onward>,
}

impl Stop {
    /// Waits until the traffic has come to the point and is held there. `false` when another stop
    /// was set instead, or the proxy ended.
    pub async fn reached(&mut self) -> bool {
        (&mut self.reached).await.is_ok()
    }

    /// Lets the traffic go on.
    pub fn release(self) {
        let _ = self.on.send(Onward::Release);
    }

    /// Cuts all connections, nothing more forwarded.
    pub fn cut(self) {
        let _ = self.on.send(Onward::Cut);
    }
}

/// How it goes on after a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onward {
    Release,
    Cut,
}

/// What the relay has to do about a message.
#[derive(Debug)]
pub(super) enum Verdict {
    Forward,
    /// Forward this many bytes of it, then hold.
    Hold(usize, Gate),
}

/// Where a held message waits.
#[derive(Debug)]
pub(super) struct Gate {
    reached: oneshot::Sender<()>,
    on: Option<oneshot::Receiver<Onward>>,
}

impl Gate {
    pub(super) async fn wait(self) -> Onward {
        let _ = self.reached.send(());
        match self.on {
            Some(on) => on.await.unwrap_or(Onward::Release),
            None => Onward::Cut,
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    messages: [u64; 2],
    bytes: [u64; 2],
    round_trips: u64,
    sent: Vec<Sent>,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    stop: Option<(Point, Gate)>,
    delay: Duration,
}

/// The state that all connections of a proxy share.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    state: Mutex<State>,
    /// Sent to whenever all connections are to end.
    cuts: watch::Sender<()>,
}

impl Traffic {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reset(&self) {
        self.state().counts = Counts::default();
    }

    pub(super) fn round_trips(&self) -> u64 {
        self.state().counts.round_trips
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.state().counts.sent.clone()
    }

    pub(super) fn messages(&self, direction: Direction) -> u64 {
        self.state().counts.messages[direction as usize]
    }

    pub(super) fn bytes(&self, direction: Direction) -> u64 {
        self.state().counts.bytes[direction as usize]
    }

    pub(super) fn stop_at(&self, point: Point) -> Stop {
        let (reached_sender, reached) = oneshot::channel();
        let (on, on_receiver) = oneshot::channel();
        let gate = Gate {
            reached: reached_sender,
            on: Some(on_receiver),
        };
        self.state().stop = Some((point, gate));
        Stop { reached, on }
    }

    pub(super) fn cut_at(&self, point: Point) {
        let (reached, _) = oneshot::channel();
        self.state().stop = Some((point, Gate { reached, on: None }));
    }

    pub(super) fn cut(&self) {
        self.cuts.send_replace(());
    }

    pub(super) fn cuts(&self) -> watch::Receiver<()> {
        self.cuts.subscribe()
    }

    pub(super) fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    pub(super) fn delay(&self) -> Duration {
        self.state().delay
    }

    /// Counts a message that is about to be forwarded, and says whether a stop lies in it.
    /// `opened` tells that the connection is open already.
    pub(super) fn pass(&self, direction: Direction, message: &Message, opened: bool) -> Verdict {
        let mut state = self.state();
        let way = direction as usize;
        let (first, byte) = (state.counts.messages[way], state.counts.bytes[way]);
        let length = message.bytes.len() as u64;
        state.counts.messages[way] += 1;
        state.counts.bytes[way] += length;
        if opened {
            state.counts.note(direction, message);
        }
        let within = |point: Point| match point.at {
            _ if point.direction != direction => None,
            At::Message(number) => (number == first).then_some(0),
            At::Byte(number) => number.checked_sub(byte).filter(|offset| *offset < length),
        };
        let offset = state.stop.as_ref().and_then(|(point, _)| within(*point));
        match (offset, state.stop.take()) {
            (Some(offset), Some((_, gate))) => Verdict::Hold(offset as usize, gate),
            (_, stop) => {
                state.stop = stop;
                Verdict::Forward
            }
        }
    }
}

impl Counts {
    fn note(&mut self, direction: Direction, message: &Message) {
        match (direction, message.kind) {
            (Direction::ToServer, Some(kind)) => self.sent.push(Sent {
                kind,
                sql: message.sql(),
            }),
            (Direction::ToClient, Some('Z')) => self.round_trips += 1,
            _ => {}
        }
    }
}
