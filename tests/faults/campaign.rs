//! Many faults, and the table of what was seen.

use crate::fault::{self, Deed, Fault, On, Outcome, Place, TABLES, Takes};
use crate::scenario::{Scenario, Start, Undisturbed};
use pgmig_testkit::{PrivateServer, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

/// What was seen of one kind of fault in one scenario.
#[derive(Debug, Default, Clone)]
struct Row {
    points: usize,
    runs: usize,
    survived: usize,
    lost: usize,
    doubled: usize,
    stuck: usize,
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Table {
    seed: u64,
    versions: String,
    rows: BTreeMap<(Deed, String), Row>,
    /// The places that each row had already.
    seen: BTreeSet<(Deed, String, String)>,
    /// Faults that had no chance to happen: the run was over before.
    missed: usize,
    /// Why there is no server for some, and how many those are.
    impossible: Option<(String, usize)>,
    wrong: Vec<String>,
}

impl Table {
    /// Whether nothing was lost, doubled or stuck.
    pub(crate) fn spotless(&self) -> bool {
        self.wrong.is_empty() && !self.rows.is_empty()
    }

    fn runs(&self) -> usize {
        self.rows.values().map(|row| row.runs).sum()
    }

    fn note(&mut self, fault: &Fault, outcome: Outcome) {
        if !outcome.reached {
            self.missed += 1;
        } else {
            let (deed, scenario) = (fault.deed, fault.scenario.to_string());
            let place = (deed, scenario.clone(), format!("{:?}", fault.place));
            let row = self.rows.entry((deed, scenario)).or_default();
            row.points += usize::from(self.seen.insert(place));
            row.runs += 1;
            row.survived += usize::from(outcome.survived);
            row.lost += usize::from(!outcome.verdict.lost.is_empty());
            row.doubled += usize::from(!outcome.verdict.doubled.is_empty());
            row.stuck += usize::from(!outcome.verdict.stuck.is_empty());
        }
        let verdict = outcome.verdict;
        if !verdict.spotless() {
            let wrong = format!("{fault}\n{verdict:#?}");
            eprintln!("{wrong}");
            self.wrong.push(wrong);
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.runs += other.runs;
        self.survived += other.survived;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stuck += other.stuck;
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            points,
            runs,
            survived,
            lost,
            doubled,
            stuck,
        } = self;
        write!(
            f,
            "{points} | {runs} | {survived} | {lost} | {doubled} | {stuck} |"
        )
    }
}

const COLUMNS: &str = "points | runs | went on by itself | lost | doubled | stuck |\n";
const LINES: &str = "--:|--:|--:|--:|--:|--:|\n";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut deeds: BTreeMap<Deed, Row> = BTreeMap::new();
        for ((deed, _), row) in &self.rows {
            deeds.entry(*deed).or_default().add(row);
        }
        let runs = self.runs();
        writeln!(f, "{runs} faults, seed {}, {}", self.seed, self.versions)?;
        writeln!(f, "{} more came after the run was over", self.missed)?;
        if let Some((why, count)) = &self.impossible {
            writeln!(f, "{count} more were not tried: {why}")?;
        }
        write!(f, "\n| fault | {COLUMNS}|---|{LINES}")?;
        for (deed, row) in &deeds {
            writeln!(f, "| {deed} | {row}")?;
        }
        write!(f, "\n| fault | migrated | {COLUMNS}|---|---|{LINES}")?;
        for ((deed, scenario), row) in &self.rows {
            writeln!(f, "| {deed} | {scenario} | {row}")?;
        }
        for wrong in &self.wrong {
            writeln!(f, "\n{wrong}")?;
        }
        Ok(())
    }
}

/// A sequence of numbers that a seed determines (SplitMix64).
fn random(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }
}

/// Lets `count` faults happen, chosen by `seed` among all.
pub(crate) async fn run(seed: u64, count: usize) -> Table {
    let server = Server::get().await.unwrap();
    let mut undisturbed = Vec::new();
    for scenario in Scenario::all() {
        undisturbed.push((scenario, scenario.undisturbed(server).await));
    }
    let faults = choose(seed, count, &undisturbed);
    let table = Table {
        seed,
        versions: format!(
            "PostgreSQL {}, pgmig {}",
            server.major(),
            env!("CARGO_PKG_VERSION")
        ),
        rows: BTreeMap::new(),
        seen: BTreeSet::new(),
        missed: 0,
        impossible: None,
        wrong: Vec::new(),
    };
    let shared = Arc::new(Shared {
        table: Mutex::new(table),
        faults: Mutex::new(faults),
        undisturbed,
    });
    // The faults of a private server take longer, and one at a time.
    let team = [
        Takes::Any,
        Takes::Any,
        Takes::Private,
        Takes::Private,
        Takes::SmallDisk,
    ];
    // A fault waits more than it works: a long run takes several teams.
    let teams = crate::number("PGMIG_FAULTS_TEAMS", 1) as usize;
    let workers: Vec<_> = std::iter::repeat_n(team, teams)
        .flatten()
        .map(|takes| tokio::spawn(work(Arc::clone(&shared), takes, server)))
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    Arc::into_inner(shared).unwrap().table.into_inner().unwrap()
}

/// What the workers share.
#[derive(Debug)]
struct Shared {
    table: Mutex<Table>,
    /// What is still to happen.
    faults: Mutex<Vec<Fault>>,
    undisturbed: Vec<(Scenario, Undisturbed)>,
}

impl Shared {
    fn next(&self, takes: Takes) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().rposition(|it| it.deed.takes() == takes)?;
        Some(faults.remove(at))
    }

    fn expected(&self, scenario: Scenario) -> &Undisturbed {
        let found = self.undisturbed.iter().find(|(it, _)| *it == scenario);
        &found.unwrap().1
    }

    /// Leaves out what takes a server that is not to be had.
    fn give_up(&self, takes: Takes, why: String) {
        let mut faults = self.faults.lock().unwrap();
        let before = faults.len();
        faults.retain(|fault| fault.deed.takes() != takes);
        let count = before - faults.len();
        if count > 0 {
            eprintln!("{count} faults are not tried: {why}");
            self.table.lock().unwrap().impossible = Some((why, count));
        }
    }
}

async fn work(shared: Arc<Shared>, takes: Takes, server: &'static Server) {
    let private = match takes {
        Takes::Any => None,
        // With fsync, as it is by default: what the server says is committed must survive it.
        Takes::Private => Some(PrivateServer::start(&quick_recovery(server)).unwrap()),
        Takes::SmallDisk => {
            let mut settings = quick_recovery(server);
            settings.push(("max_wal_size", "64MB"));
            match PrivateServer::start_on_small_disk(400, &settings) {
                Ok(server) => Some(server),
                Err(error) => return shared.give_up(takes, error.to_string()),
            }
        }
    };
    while let Some(fault) = shared.next(takes) {
        let on = private.as_ref().map_or(On::Shared(server), On::Private);
        let outcome = fault.happen(on, shared.expected(fault.scenario)).await;
        let mut table = shared.table.lock().unwrap();
        table.note(&fault, outcome);
        // What a run that is ended early has seen is not lost.
        if table.runs().is_multiple_of(1_000) {
            println!("{table}");
        }
    }
}

/// One system call for all files before recovery, and not one for each: since 14.
fn quick_recovery(server: &Server) -> Vec<(&'static str, &'static str)> {
    match server.major() >= 14 {
        true => vec![("recovery_init_sync_method", "syncfs")],
        false => vec![],
    }
}

/// `count` faults, in an order that the seed determines: every kind at every point, over and over
/// with other bytes; a quarter of them while a statement waits, which has few points.
fn choose(seed: u64, count: usize, undisturbed: &[(Scenario, Undisturbed)]) -> Vec<Fault> {
    let mut random = random(seed);
    let mut chosen = Vec::new();
    let (mut traffic, mut waiting) = (Vec::new(), Vec::new());
    while chosen.len() < count {
        let queue = match chosen.len() % 4 {
            0 => &mut waiting,
            _ => &mut traffic,
        };
        if queue.is_empty() {
            *queue = round(undisturbed, chosen.len() % 4 == 0, &mut random);
        }
        chosen.extend(queue.pop());
    }
    chosen
}

/// Every kind of fault at every place, shuffled.
fn round(
    undisturbed: &[(Scenario, Undisturbed)],
    waiting: bool,
    random: &mut impl FnMut(u64) -> u64,
) -> Vec<Fault> {
    let mut round = Vec::new();
    for (scenario, expected) in undisturbed {
        let places: Vec<_> = match (waiting, scenario.start) {
            (false, _) => {
                let points = fault::points(expected, random).into_iter();
                points.map(Place::Traffic).collect()
            }
            (true, Start::Upgrade) => TABLES.map(Place::Waiting).to_vec(),
            // There is no table yet to be held.
            (true, Start::Fresh) => Vec::new(),
        };
        for deed in Deed::ALL {
            round.extend(places.iter().map(|place| Fault {
                scenario: *scenario,
                deed,
                place: *place,
            }));
        }
    }
    // Fisher and Yates.
    for last in (1..round.len()).rev() {
        round.swap(last, random(last as u64 + 1) as usize);
    }
    round
}
