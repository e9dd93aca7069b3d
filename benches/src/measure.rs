//! Contenders timed side by side: one after the other in each round, in a new order every round.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::Result;

/// What a contender does in one round; it times itself, so that what it prepares is left out.
trait Round {
    fn run(&mut self, round: usize) -> Pin<Box<dyn Future<Output = Result<Duration>> + '_>>;
}

impl<F: AsyncFnMut(usize) -> Result<Duration>> Round for F {
    fn run(&mut self, round: usize) -> Pin<Box<dyn Future<Output = Result<Duration>> + '_>> {
        Box::pin(self(round))
    }
}

/// Who is timed.
pub struct Contender<'a> {
    /// Its name in the table.
    pub name: &'static str,
    /// Every how many rounds it takes part: 1, or more where a round of it takes minutes.
    pub every: usize,
    round: Box<dyn Round + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender that takes part in all rounds; the closure is given the round's number.
    pub fn new(name: &'static str, round: impl AsyncFnMut(usize) -> Result<Duration> + 'a) -> Self {
        Contender {
            name,
            every: 1,
            round: Box::new(round),
        }
    }

    /// The same, in every so manyth round only.
    pub fn every(mut self, rounds: usize) -> Self {
        self.every = rounds.max(1);
        self
    }
}

/// The times of one contender, by round.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Whose.
    pub name: &'static str,
    /// `None` where it took no part.
    pub times: Vec<Option<Duration>>,
}

/// Median and quartiles.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// A quarter is below.
    pub low: f64,
    /// Half is below.
    pub median: f64,
    /// A quarter is above.
    pub high: f64,
}

/// Runs the contenders for so many rounds, after one that is not counted.
pub async fn interleave(rounds: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<Sample>> {
    turns(0..=rounds, contenders).await
}

/// Runs the contenders for so many rounds, from the first.
pub async fn cold(rounds: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<Sample>> {
    turns(1..=rounds, contenders).await
}

async fn turns(
    rounds: std::ops::RangeInclusive<usize>,
    contenders: &mut [Contender<'_>],
) -> Result<Vec<Sample>> {
    let mut samples: Vec<Sample> = contenders
        .iter()
        .map(|contender| Sample {
            name: contender.name,
            times: Vec::new(),
        })
        .collect();
    for round in rounds {
        for turn in 0..contenders.len() {
            let index = (round + turn) % contenders.len();
            let contender = &mut contenders[index];
            if round > 0 && !(round - 1).is_multiple_of(contender.every) {
                samples[index].times.push(None);
                continue;
            }
            if round == 0 && contender.every > 1 {
                continue;
            }
            let took = contender
                .round
                .run(round)
                .await
                .map_err(|error| format!("{}: {error}", contender.name))?;
            if round > 0 {
                samples[index].times.push(Some(took));
            }
        }
    }
    Ok(samples)
}

/// Times a future.
pub async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<Duration> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

impl Sample {
    /// Its times in milliseconds.
    pub fn milliseconds(&self) -> Spread {
        let times = self.times.iter().flatten();
        spread(times.map(|time| time.as_secs_f64() * 1000.0).collect())
    }

    /// How often its time is that of another, by the rounds in which both took part.
    pub fn ratio(&self, other: &Sample) -> Spread {
        let pairs = self.times.iter().zip(&other.times);
        let ratios = pairs
            .filter_map(|(ours, theirs)| Some((*ours)?.as_secs_f64() / (*theirs)?.as_secs_f64()));
        spread(ratios.collect())
    }

    /// In how many rounds it took part.
    pub fn rounds(&self) -> usize {
        self.times.iter().flatten().count()
    }
}

/// Quartiles, by the nearest value.
pub fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |quarter: usize| {
        let last = values.len().saturating_sub(1);
        values
            .get((last * quarter + 2) / 4)
            .copied()
            .unwrap_or(f64::NAN)
    };
    Spread {
        low: at(1),
        median: at(2),
        high: at(3),
    }
}
