//! How far a fleet run is: a bar on a terminal, now and then a line elsewhere, JSON lines with
//! `--json`. All on standard error; standard output is for the answer.

use std::io::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pgmig_runtime::{Event, Requeue};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::paint::time;

/// A run that is being watched.
#[derive(Debug)]
pub(super) struct Progress(JoinHandle<()>);

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

const BAR: &str = "{bar:30} {pos}/{len} tenants{msg}, {eta} left";

impl Progress {
    /// Where a run is to send its events, and the watch over them. It ends with the last sender.
    pub(super) fn start(json: bool) -> (UnboundedSender<Event>, Self) {
        let (sender, events) = unbounded_channel();
        let watch = tokio::spawn(async move {
            match json {
                true => lines(events).await,
                false => show(events).await,
            }
        });
        (sender, Progress(watch))
    }

    /// Waits until all is shown.
    pub(super) async fn end(self) {
        // A watch that failed has nothing more to show, and the run is what counts.
        let _ = self.0.await;
    }
}

async fn lines(mut events: UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        if let Ok(line) = serde_json::to_string(&event) {
            // Nobody may be reading.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

/// What the events add up to.
#[derive(Debug)]
struct Count {
    behind: usize,
    done: usize,
    failed: usize,
    waiting: usize,
    started: Instant,
    told: Instant,
}

async fn show(mut events: UnboundedReceiver<Event>) {
    let now = Instant::now();
    let mut count = Count {
        behind: 0,
        done: 0,
        failed: 0,
        waiting: 0,
        started: now,
        told: now,
    };
    // Draws nothing where standard error is no terminal.
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style);
    }
    while let Some(event) = events.recv().await {
        count.add(&event);
        if let Event::Failed { target, message } = &event {
            let first = message.lines().next().unwrap_or_default();
            bar.println(format!("{}: failed: {first}", target.schema));
        }
        bar.set_length(u64::try_from(count.behind).unwrap_or(0));
        bar.set_position(u64::try_from(count.settled()).unwrap_or(0));
        bar.set_message(count.remarks());
        if bar.is_hidden() {
            count.tell();
        }
    }
    bar.finish_and_clear();
}

impl Count {
    fn add(&mut self, event: &Event) {
        match event {
            Event::Started { behind, .. } => self.behind = *behind,
            Event::Migrated { .. } | Event::RolledBack { .. } | Event::Elsewhere { .. } => {
                self.done += 1;
            }
            Event::Failed { .. } => self.failed += 1,
            Event::Requeued {
                reason: Requeue::Locked,
                ..
            } => self.waiting += 1,
            _ => {}
        }
    }

    fn settled(&self) -> usize {
        self.done + self.failed
    }

    /// So many a second.
    fn rate(&self) -> f64 {
        self.settled() as f64 / self.started.elapsed().as_secs_f64().max(0.001)
    }

    fn remarks(&self) -> String {
        let mut remarks = format!(", {:.0} a second", self.rate());
        if self.failed > 0 {
            remarks += &format!(", {} failed", self.failed);
        }
        if self.waiting > 0 {
            remarks += &format!(", {} put back for locks", self.waiting);
        }
        remarks
    }

    /// `1200 of 10000 tenants, 240 a second, 36 s left`
    fn tell(&mut self) {
        if self.told.elapsed() < EVERY {
            return;
        }
        self.told = Instant::now();
        let remaining = self.behind.saturating_sub(self.settled()) as f64;
        let left = Duration::try_from_secs_f64(remaining / self.rate().max(0.001));
        // Nobody may be reading.
        let _ = writeln!(
            std::io::stderr(),
            "{} of {} tenants{}, {} left",
            self.settled(),
            self.behind,
            self.remarks(),
            time(left.unwrap_or_default())
        );
    }
}
